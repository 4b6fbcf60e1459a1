"""The plan of record: published plans, scenarios, sign-offs and their history, in one database.

`place.find` says where the store of a workbook is, `store.open_store` opens it. `store.Store` has a port for
each kind of thing it keeps: ``plans``, ``scenarios``, ``signoffs``, ``history``. The room knows no workbook.
"""
