"""Functions for a LibreOffice whose Python is not the project's: requests on standard input, one a line.

``{"call": name, "arguments": [...]}`` is answered by ``{"result": ...}``. Ends with its standard input, so it never
outlives the program that started it.
"""

from __future__ import annotations

import json
import sys

from addin.libreoffice.streams import own_streams
from addin.libreoffice.values import evaluate


def main() -> None:
    """Answer until the input ends."""
    requests, answers = own_streams()
    for line in requests:
        request = json.loads(line)
        result = evaluate(request["call"], request["arguments"])
        print(json.dumps({"result": result}), file=answers, flush=True)


if __name__ == "__main__":
    main()
    sys.exit(0)
