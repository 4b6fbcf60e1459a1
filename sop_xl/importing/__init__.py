"""Files and queries become rows of the workbook's tables, by a saved mapping.

:func:`read_mapping` reads a mapping file and reports all its errors at once; :func:`extract` gives the
rows, the lines that could not be read, and the totals of both sides. Workbooks are left to the commands.
"""

from sop_xl.importing.errors import MappingError, Problem, SourceError
from sop_xl.importing.extract import extract
from sop_xl.importing.mapping import Mapping, TableMapping
from sop_xl.importing.reading import read_mapping
from sop_xl.importing.results import Counts, Import, Rejected, TableImport, Tie

__all__ = [
    "Counts",
    "Import",
    "Mapping",
    "MappingError",
    "Problem",
    "Rejected",
    "SourceError",
    "TableImport",
    "TableMapping",
    "Tie",
    "extract",
    "read_mapping",
]
