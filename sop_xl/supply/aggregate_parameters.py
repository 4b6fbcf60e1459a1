"""The parameters of an aggregate plan: what they are called, what they mean, and how they fit together.

`PARAMETERS` is the one list of them: reading, refusing and the help follow from it.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from sop_xl.errors import ArgumentError
from sop_xl.supply.linear_program import LARGEST
from sop_xl.supply.shapes import Array, numbers, place, series, size

SMALLEST = 1e-9
"""What one worker makes, and the hours of a unit, are zero or at least this."""


class ParameterError(ArgumentError):
    """A parameter, or several together, are not what they must be; ``names`` says which."""

    def __init__(self, names: tuple[str, ...], message: str, remedy: str) -> None:
        super().__init__(message, remedy)
        self.names = names


@dataclass(frozen=True)
class Parameter:
    """One parameter: its name and unit, what it means and what holds when it is not given.

    kind: one number; numbers per bucket (one for all, or one for each); a word; TRUE or FALSE.
    default: None where the parameter has no value unless given.
    """

    name: str
    unit: str
    help: str
    kind: Literal["number", "buckets", "word", "flag"] = "number"
    default: float | str | bool | None = 0.0
    words: tuple[str, ...] = ()


PARAMETERS = (
    Parameter("opening_inventory", "units", "On hand before the first bucket."),
    Parameter("ending_inventory", "units", "Least inventory after the last bucket."),
    Parameter("opening_workers", "workers", "Workforce before the first bucket."),
    Parameter("opening_backlog", "units", "Overdue before the first bucket."),
    Parameter("ending_backlog", "units", "Most backlog after the last bucket; needs backlog_cost."),
    Parameter(
        "hours_per_unit", "hours", "Labour in a unit; needed with hours per worker and for overtime.",
        default=None,
    ),
    Parameter("hours_per_worker", "hours", "Regular hours of one worker in a bucket.", "buckets", None),
    Parameter(
        "hours_per_worker_day", "hours", "Regular hours of one worker in a day; × working_days.", "buckets", None
    ),
    Parameter("units_per_worker", "units", "Regular output of one worker in a bucket.", "buckets", None),
    Parameter(
        "units_per_worker_day", "units", "Regular output of one worker in a day; × working_days.", "buckets", None
    ),
    Parameter("worker_cost", "money", "One worker for a bucket, busy or not.", default=None),
    Parameter("worker_cost_day", "money", "One worker for a day, busy or not; × working_days.", default=None),
    Parameter(
        "overtime_hours_per_worker", "hours", "Most overtime of one worker in a bucket; 0 is none.", "buckets"
    ),
    Parameter("overtime_cost_hour", "money", "One hour of overtime."),
    Parameter("hire_cost", "money", "Hiring one worker."),
    Parameter("layoff_cost", "money", "Laying off one worker."),
    Parameter("holding_cost", "money", "One unit in inventory for a bucket."),
    Parameter(
        "backlog_cost", "money", "One unit overdue at the end of a bucket; not given: no backlog allowed.",
        default=None,
    ),
    Parameter("material_cost", "money", "Material in a unit made in regular time or overtime."),
    Parameter(
        "subcontract_cost", "money", "One unit bought, material included; not given: nothing is bought.",
        default=None,
    ),
    Parameter("subcontract_limit", "units", "Most units bought in a bucket; not given: no limit.", "buckets", None),
    Parameter("max_inventory", "units", "Most inventory after a bucket; not given: no limit.", "buckets", None),
    Parameter(
        "holding_basis", "word", "Inventory that is charged: after the bucket, or the mean of before and after.",
        "word", "ENDING", ("ENDING", "AVERAGE"),
    ),
    Parameter("integer_workers", "TRUE or FALSE", "Whether there are only whole workers.", "flag", False),
    Parameter(
        "strategy", "word", "Least cost; one workforce for all buckets; a workforce that follows demand.",
        "word", "OPTIMAL", ("OPTIMAL", "LEVEL", "CHASE"),
    ),
)  # fmt: skip

_BY_NAME = {parameter.name: parameter for parameter in PARAMETERS}
_OUTPUT = ("hours_per_worker", "hours_per_worker_day", "units_per_worker", "units_per_worker_day")


@dataclass(frozen=True)
class Terms:
    """What a plan has to meet and what it costs; arrays are (buckets,).

    output: units of one worker in regular time. overtime_output: units of one worker in overtime at most.
    worker_cost: per worker. overtime_cost: per unit made in overtime, without material.
    subcontract_limit: 0 where nothing may be bought. backlog_cost: None where none is allowed.
    """

    demand: Array
    opening_inventory: float
    ending_inventory: float
    opening_workers: float
    opening_backlog: float
    ending_backlog: float
    output: Array
    overtime_output: Array
    hours_per_unit: float
    worker_cost: Array
    overtime_cost: float
    hire_cost: float
    layoff_cost: float
    holding_cost: float
    backlog_cost: float | None
    material_cost: float
    subcontract_cost: float
    subcontract_limit: Array
    max_inventory: Array
    holding_basis: str
    integer_workers: bool
    strategy: str


def parameter_name(text: str) -> str:
    """The parameter that a text means: capitals, spaces and hyphens do not matter.

    Raises:
        ParameterError: there is no such parameter.

    >>> parameter_name(" Opening inventory")
    'opening_inventory'
    """
    name = "_".join(text.replace("-", " ").replace("_", " ").lower().split())
    if name in _BY_NAME:
        return name
    near = difflib.get_close_matches(name, _BY_NAME, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(_BY_NAME)}."
    raise ParameterError((), f"{text.strip()[:60]!r} is no parameter.", hint)


def read_terms(
    demand: ArrayLike, parameters: Mapping[str, object], working_days: ArrayLike | None = None
) -> Terms:
    """The terms of a plan from its parameters.

    Args:
        demand: units per bucket, shape (buckets,), not negative.
        parameters: name and value; a value is a number, a word, TRUE or FALSE, or numbers per bucket. None is
            not given.
        working_days: days per bucket, one number or shape (buckets,), not negative.
    Returns:
        The `Terms`, complete and free of contradictions.
    Raises:
        ParameterError: an unknown name, a value of another kind or size, two that contradict each other, one
            that is needed and not given.
        ArgumentError: demand or working days are not what they must be.

    >>> read_terms([10, 10], {"units_per_worker": 5}).output
    array([5., 5.])
    """
    demand = series(demand, "demand", negative=False)
    if demand.ndim != 1:
        raise ArgumentError(
            f"demand is {size(demand)}.", "Plan one family at a time: give one row of buckets."
        )
    if (demand > LARGEST).any():
        raise ArgumentError(
            f"demand is {demand[demand > LARGEST][0]:g} {place(demand > LARGEST)}.",
            f"At most {LARGEST:g} can be planned: choose larger units.",
        )
    count = len(demand)
    days = None if working_days is None else _days(working_days, count)
    given: dict[str, object] = {}
    for text, value in parameters.items():
        name = parameter_name(text)
        if name in given:
            raise ParameterError((name,), f"{name} is given twice.", "Give it once.")
        if value is not None:
            given[name] = _value(_BY_NAME[name], value, count)

    def number(name: str) -> float:
        return float(given.get(name, _BY_NAME[name].default))  # type: ignore[arg-type]

    def buckets(name: str, default: float) -> Array:
        return np.broadcast_to(np.asarray(given.get(name, default), dtype=np.float64), (count,))

    def by_day(name: str) -> Array:
        if days is None:
            raise ParameterError((name,), f"{name} needs working_days.", "Give the working days per bucket.")
        return buckets(name, 0.0) * days

    unit_hours = number("hours_per_unit") if "hours_per_unit" in given else 0.0
    if "hours_per_unit" in given and unit_hours < SMALLEST:
        raise ParameterError(
            ("hours_per_unit",), f"hours_per_unit is {unit_hours:g}.", "Give hours above zero."
        )
    output = _output(given, unit_hours, buckets, by_day)
    overtime = buckets("overtime_hours_per_worker", 0.0)
    if overtime.any() and not unit_hours:
        raise ParameterError(
            ("overtime_hours_per_worker",), "overtime_hours_per_worker needs hours_per_unit.",
            "Give the hours of one unit.",
        )  # fmt: skip
    _refuse_both(given, "worker_cost", "worker_cost_day")
    if number("ending_backlog") > 0 and "backlog_cost" not in given:
        raise ParameterError(
            ("ending_backlog",),
            f"ending_backlog is {number('ending_backlog'):g}, but without backlog_cost no backlog is allowed.",
            "Give a backlog_cost (0 if it costs nothing), or no ending_backlog.",
        )
    buys = "subcontract_cost" in given
    return Terms(
        demand=demand,
        opening_inventory=number("opening_inventory"),
        ending_inventory=number("ending_inventory"),
        opening_workers=number("opening_workers"),
        opening_backlog=number("opening_backlog"),
        ending_backlog=number("ending_backlog"),
        output=output,
        overtime_output=overtime / unit_hours if unit_hours else np.zeros(count),
        hours_per_unit=unit_hours,
        worker_cost=by_day("worker_cost_day") if "worker_cost_day" in given else buckets("worker_cost", 0.0),
        overtime_cost=number("overtime_cost_hour") * unit_hours,
        hire_cost=number("hire_cost"),
        layoff_cost=number("layoff_cost"),
        holding_cost=number("holding_cost"),
        backlog_cost=number("backlog_cost") if "backlog_cost" in given else None,
        material_cost=number("material_cost"),
        subcontract_cost=number("subcontract_cost") if buys else 0.0,
        subcontract_limit=buckets("subcontract_limit", math.inf) if buys else np.zeros(count),
        max_inventory=buckets("max_inventory", math.inf),
        holding_basis=str(given.get("holding_basis", "ENDING")),
        integer_workers=bool(given.get("integer_workers", False)),
        strategy=str(given.get("strategy", "OPTIMAL")),
    )


def _output(given: dict[str, object], unit_hours: float, buckets, by_day) -> Array:  # type: ignore[no-untyped-def]
    ways = [name for name in _OUTPUT if name in given]
    if not ways:
        raise ParameterError(
            (), "The parameters do not say what a worker makes.", f"Give one of {_list(_OUTPUT)}."
        )
    _refuse_both(given, *ways)
    (way,) = ways
    output: Array = by_day(way) if way.endswith("_day") else buckets(way, 0.0)
    if way.startswith("hours"):
        if not unit_hours:
            raise ParameterError((way,), f"{way} needs hours_per_unit.", "Give the hours of one unit.")
        output = output / unit_hours
    if not output.any():
        raise ParameterError(
            (way,), f"{way} is zero in every bucket.", "Give what one worker works or makes."
        )
    if output.max() > LARGEST or output[output > 0].min() < SMALLEST:
        raise ParameterError(
            (way,), f"By {way} one worker makes {output[output > 0].min():g} to {output.max():g} units.",
            f"Check the units: between {SMALLEST:g} and {LARGEST:g} was expected.",
        )  # fmt: skip
    return output


def _refuse_both(given: dict[str, object], *names: str) -> None:
    found = tuple(name for name in names if name in given)
    if len(found) > 1:
        raise ParameterError(found, f"{_list(found, 'and')} contradict each other.", "Give only one of them.")


def _value(parameter: Parameter, value: object, count: int) -> object:
    name = parameter.name
    if isinstance(value, list | tuple):
        if len(value) > 1 and parameter.kind != "buckets":
            raise ParameterError((name,), f"{name} has {len(value)} values.", "Give one value.")
        odd = [cell for cell in value if isinstance(cell, bool | str)]
        if odd:
            raise ParameterError((name,), f"{name} holds {_shown(odd[0])}.", "Numbers were expected.")
    if parameter.kind == "word":
        word = value.strip().upper() if isinstance(value, str) else value
        if word not in parameter.words:
            raise ParameterError(
                (name,), f"{name} is {_shown(value)}.", f"Use one of {', '.join(parameter.words)}."
            )
        return word
    if parameter.kind == "flag":
        word = value.strip().upper() if isinstance(value, str) else value
        if word in ("TRUE", "FALSE"):
            return word == "TRUE"
        if isinstance(word, bool | int | float) and word in (0, 1):
            return bool(word)
        raise ParameterError((name,), f"{name} is {_shown(value)}.", "Use TRUE or FALSE.")
    if isinstance(value, bool | str):
        raise ParameterError((name,), f"{name} is {_shown(value)}.", "A number was expected.")
    try:
        array = numbers(value, name, negative=False)  # type: ignore[arg-type]
    except ArgumentError as refusal:
        raise ParameterError((name,), refusal.message, refusal.remedy) from None
    if (array > LARGEST).any():
        raise ParameterError(
            (name,), f"{name} is {array[array > LARGEST].flat[0]:g}.",
            f"At most {LARGEST:g} can be planned: choose larger units.",
        )  # fmt: skip
    if array.size == 1:
        return array.reshape(())
    if parameter.kind == "number":
        raise ParameterError((name,), f"{name} has {array.size} values.", "Give one value.")
    if array.shape != (count,):
        raise ParameterError(
            (name,),
            f"{name} has {array.size} values for {count} buckets.",
            "Give one, or one for each bucket.",
        )
    return array


def _days(value: ArrayLike, count: int) -> Array:
    days = numbers(value, "working_days", negative=False)
    if days.size not in (1, count) or days.ndim > 1:
        raise ArgumentError(
            f"working_days is {size(days)} for {count} buckets.", "Give one number, or one for each bucket."
        )
    if (days > 366).any():
        raise ArgumentError(f"working_days is {days[days > 366].flat[0]:g}.", "Give the days of one bucket.")
    return np.broadcast_to(days.reshape(()) if days.size == 1 else days, (count,))


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    return f'the text "{value[:40]}"' if isinstance(value, str) else str(value)[:40]


def _list(names: tuple[str, ...], last: str = "or") -> str:
    return f"{', '.join(names[:-1])} {last} {names[-1]}"
