"""One command of the menu: ``python -m addin.libreoffice.run_command NAME DOCUMENT [FILE]``.

LibreOffice starts this and answers, over the standard streams, what the command asks of its workbooks.
"""

from __future__ import annotations

import sys

import xlwings as xw

from addin.libreoffice.streams import own_streams
from addin.ribbon_commands import run
from sop_xl.hosts.calc_engine import calc_app
from sop_xl.hosts.calc_link import StreamLink


def main(arguments: list[str]) -> None:
    """Run the command on the document that LibreOffice knows under the number."""
    name, number, path = arguments
    answers, requests = own_streams()
    link = StreamLink(answers, requests)
    app = calc_app(link)
    book = app.impl.books.numbered(int(number))
    message: list[tuple[str, str]] = []
    book.ask("begin")
    try:
        run(
            name,
            path.encode("utf-16-be").hex(),
            book=xw.Book(impl=book),
            tell=lambda text, mode: message.append((text, mode)),
        )
    finally:
        book.ask("end")
    # Only when the workbook shows again what was written into it.
    for text, mode in message:
        link.request("tell", text=text, mode=mode)


if __name__ == "__main__":
    main(sys.argv[1:])
