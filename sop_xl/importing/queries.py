"""Reading the result of a query through SQLAlchemy.

Rows are streamed, nothing is ever committed, and neither passwords nor whole addresses appear in messages.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from urllib.parse import unquote

from sop_xl.importing.errors import SourceError
from sop_xl.importing.mapping import Place
from sop_xl.importing.settings import VARIABLE, expanded, sqlite_file
from sop_xl.importing.sources import Part

CHUNK = 10_000


def read_query(place: Place) -> Part:
    """The columns and rows a query gives; rows are numbered from 2, as if below a header.

    Raises:
        SourceError: a driver is missing, the database is out of reach, or it refuses the query.
    """
    from sqlalchemy import create_engine, text
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

    try:
        url = make_url(expanded(place.url))
    except (ArgumentError, ValueError):
        raise SourceError(
            "The url of the database is not well formed.",
            "It looks like postgresql://user:${PASSWORD}@host/name.",
        ) from None
    shown = url.render_as_string(hide_password=True).split("?")[0]
    secrets = _secrets(place.url, str(url.password or ""))
    file = sqlite_file(expanded(place.url), place.folder)
    if file is not None:
        if not file.is_file():
            raise SourceError(
                f"There is no database {file}.", "Check the url; its path begins at the mapping file."
            )
        url = url.set(database=str(file))
    try:
        engine = create_engine(url)
    except NoSuchModuleError:
        raise SourceError(
            f'The kind of database "{url.drivername}" is not known.', "Check the beginning of the url."
        ) from None
    except ImportError as error:
        raise SourceError(
            f"The driver for {url.drivername} is not installed ({error.name}).",
            f"Install it beside this package: pip install {error.name}.",
        ) from None
    except (SQLAlchemyError, ValueError, TypeError) as error:
        raise _refused(shown, error, secrets) from None
    name = f"query of {url.database or shown}" if file is None else f"query of {file.name}"
    try:
        with engine.connect().execution_options(stream_results=True, max_row_buffer=CHUNK) as connection:
            if file is not None:
                connection.execute(text("PRAGMA query_only = ON"))
            # A colon is a colon here: a query has no parameters of ours.
            result = connection.execute(text(re.sub(r"(?<![\\])(:\w)", r"\\\1", place.query)))
            if not result.returns_rows:
                raise SourceError("The query gives no rows to load.", "It must begin with SELECT or WITH.")
            header = [str(key) for key in result.keys()]  # noqa: SIM118 (keys() of a result, not of a dict)
            records: list[Sequence[object]] = []
            for chunk in result.partitions(CHUNK):
                records.extend(tuple(row) for row in chunk)
    except (DBAPIError, SQLAlchemyError, OSError) as error:
        raise _refused(shown, error, secrets) from None
    finally:
        engine.dispose()
    lines = list(itertools.islice(itertools.count(2), len(records)))
    return Part(name, header, records, lines)


def _secrets(url: str, password: str) -> list[str]:
    """Texts that may not be shown: the password as written and decoded, and every variable's value."""
    values = {password, unquote(password), *(expanded(f"${{{name}}}") for name in VARIABLE.findall(url))}
    return sorted((value for value in values if len(value) > 2), key=len, reverse=True)


def _refused(shown: str, error: Exception, secrets: list[str]) -> SourceError:
    reason = str(getattr(error, "orig", None) or error).strip().split("\n")[0]
    for secret in secrets:
        reason = reason.replace(secret, "***")
        shown = shown.replace(secret, "***")
    return SourceError(
        f"{shown} did not answer the query: {reason}", "Check the network, the sign-in and the query."
    )
