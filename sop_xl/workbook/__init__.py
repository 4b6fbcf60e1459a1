"""The standard workbook: its definition, and reading and writing it through xlwings."""
