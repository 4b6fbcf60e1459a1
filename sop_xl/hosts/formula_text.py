"""Formulas as people write them and as files hold them.

Excel shows ``XLOOKUP`` and stores ``_xlfn.XLOOKUP``; a caller that writes formulas through
xlwings must not need to know which host it is writing to.
"""

from __future__ import annotations

import re
from functools import lru_cache

from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token

from sop_xl.hosts.addresses import quote_sheet
from sop_xl.hosts.errors import HostError

MAX_FORMULA = 8192

_SHEETED = ("FILTER", "SORT")
_FUTURE = """
    ACOT ACOTH AGGREGATE ARABIC BASE BETA.DIST BETA.INV BINOM.DIST BINOM.DIST.RANGE BINOM.INV BITAND
    BITLSHIFT BITOR BITRSHIFT BITXOR BYCOL BYROW CEILING.MATH CHISQ.DIST CHISQ.DIST.RT CHISQ.INV
    CHISQ.INV.RT CHISQ.TEST CHOOSECOLS CHOOSEROWS COMBINA CONCAT CONFIDENCE.NORM CONFIDENCE.T COT COTH
    COVARIANCE.P COVARIANCE.S CSC CSCH DAYS DECIMAL DROP ERF.PRECISE ERFC.PRECISE EXPAND EXPON.DIST
    F.DIST F.DIST.RT F.INV F.INV.RT F.TEST FILTERXML FLOOR.MATH FORECAST.ETS FORECAST.ETS.CONFINT
    FORECAST.ETS.SEASONALITY FORECAST.ETS.STAT FORECAST.LINEAR FORMULATEXT GAMMA GAMMA.DIST GAMMA.INV
    GAMMALN.PRECISE GAUSS HSTACK HYPGEOM.DIST IFNA IFS ISFORMULA ISOMITTED ISOWEEKNUM LAMBDA LET
    LOGNORM.DIST LOGNORM.INV MAKEARRAY MAP MAXIFS MINIFS MODE.MULT MODE.SNGL MUNIT NEGBINOM.DIST
    NORM.DIST NORM.INV NORM.S.DIST NORM.S.INV NUMBERVALUE PDURATION PERCENTILE.EXC PERCENTILE.INC
    PERCENTRANK.EXC PERCENTRANK.INC PERMUTATIONA PHI POISSON.DIST QUARTILE.EXC QUARTILE.INC RANDARRAY
    RANK.AVG RANK.EQ REDUCE RRI SCAN SEC SECH SEQUENCE SHEET SHEETS SKEW.P SORTBY STDEV.P STDEV.S SWITCH
    T.DIST T.DIST.2T T.DIST.RT T.INV T.INV.2T T.TEST TAKE TEXTAFTER TEXTBEFORE TEXTJOIN TEXTSPLIT TOCOL
    TOROW UNICHAR UNICODE UNIQUE VALUETOTEXT VAR.P VAR.S VSTACK WEIBULL.DIST WRAPCOLS WRAPROWS XLOOKUP
    XMATCH XOR Z.TEST
"""
_NEW_FUNCTION = re.compile(
    r"(?<![\w.])("
    + "|".join(map(re.escape, sorted((*_FUTURE.split(), *_SHEETED), key=len, reverse=True)))
    + r")\(",
    re.IGNORECASE,
)
_PREFIX = re.compile(r"_xlfn\.(?:_xlws\.)?|_xlpm\.", re.IGNORECASE)
# Text in quotes and quoted sheet names are left alone by every rewrite.
_QUOTED = re.compile(r"(\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'!)")
_PARAMETERS = re.compile(r"(?<![\w.])(?:LET|LAMBDA)\(", re.IGNORECASE)


@lru_cache(maxsize=4096)
def to_file(formula: str) -> str:
    """The formula as the file holds it.

    Raises:
        HostError: longer than Excel allows, ``[@Col]``, or LET and LAMBDA without stored names.

    >>> to_file('=XLOOKUP(A1,B:B,C:C,"SORT(")')
    '=_xlfn.XLOOKUP(A1,B:B,C:C,"SORT(")'
    """
    if len(formula) > MAX_FORMULA:
        raise HostError(
            f"A formula has {len(formula):,} characters and Excel allows {MAX_FORMULA:,}.",
            "Split it over several cells.",
        )
    pieces = _QUOTED.split(formula)
    bare = "".join(pieces[::2])
    if "[@" in bare:
        raise HostError(
            f"The short form [@Column] stands in the formula {formula[:80]}.",
            "Write Table[[#This Row],[Column]], which every spreadsheet program reads.",
        )
    if _PARAMETERS.search(bare) and "_xlpm." not in bare:
        raise HostError(
            f"The formula {formula[:80]} uses LET or LAMBDA, whose variables a file stores as _xlpm.name.",
            "Write the variables with that prefix, or use helper cells.",
        )
    pieces[::2] = (_NEW_FUNCTION.sub(_prefixed, piece) for piece in pieces[::2])
    return "".join(pieces)


def _prefixed(match: re.Match[str]) -> str:
    name = match[1].upper()
    return f"_xlfn._xlws.{name}(" if name in _SHEETED else f"_xlfn.{name}("


def from_file(formula: str) -> str:
    """The formula as people read it.

    >>> from_file("=SUM(_xlfn._xlws.FILTER(A1:A3,B1:B3))")
    '=SUM(FILTER(A1:A3,B1:B3))'
    """
    return _PREFIX.sub("", formula) if "_xl" in formula else formula


def with_sheet_renamed(formula: str, old: str, new: str | None) -> str:
    """The formula after a sheet got another name, or was deleted (``new`` is None).

    Args:
        formula: text with or without the leading equals sign.
        old: the sheet's name so far.
        new: its name from now on; None replaces the references by ``#REF!``.

    >>> with_sheet_renamed('=SUM(Plan!A1:A3)&"Plan!"', "Plan", "Plan 2")
    '=SUM(\\'Plan 2\\'!A1:A3)&"Plan!"'
    >>> with_sheet_renamed("Plan!$A$1", "plan", None)
    '#REF!'
    """
    if "!" not in formula or old.replace("'", "''").lower() not in formula.lower():
        return formula
    equals = formula.startswith("=")
    tokens = Tokenizer(formula if equals else f"={formula}").items
    changed = "".join(
        _renamed_operand(token.value, old, new)
        if token.type == Token.OPERAND and token.subtype == Token.RANGE
        else token.value
        for token in tokens
    )
    return f"={changed}" if equals else changed


def _renamed_operand(operand: str, old: str, new: str | None) -> str:
    prefix, bang, cells = operand.rpartition("!")
    if not bang or "[" in prefix:
        return operand
    bare = prefix[1:-1].replace("''", "'") if prefix.startswith("'") else prefix
    ends = bare.split(":")
    if old.lower() not in [end.lower() for end in ends]:
        return operand
    if new is None:
        return "#REF!"
    ends = [new if end.lower() == old.lower() else end for end in ends]
    if len(ends) == 1:
        return f"{quote_sheet(new)}!{cells}"
    joined = ":".join(ends).replace("'", "''")
    return f"'{joined}'!{cells}"
