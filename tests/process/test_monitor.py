"""Monitoring, against an independent calculation with pandas."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given as given_by
from hypothesis import settings
from hypothesis import strategies as st

from sop_xl.buckets import Horizon
from sop_xl.model import Family, PlanInput
from sop_xl.process import monitor

HORIZON = Horizon(date(2026, 11, 1))
MEASURES = tuple(monitor.FORECAST_STEPS.values())


def company(history: np.ndarray) -> PlanInput:
    """A plan input of two families that says nothing but what was sold and made."""
    rows, planned, past = len(history), len(HORIZON.planned), HORIZON.past
    empty = np.full((rows, planned), np.nan)
    given = dict.fromkeys(PlanInput.__dataclass_fields__, empty)
    given |= dict.fromkeys(("history", "history_value", "history_factor", "history_quantity"), history)
    given |= dict.fromkeys(("past_planned", "past_actual", "past_consensus"), np.full((rows, past), np.nan))
    families = tuple(Family(f"F{i}", demand_owner=f"Dan {i}", supply_owner=f"Sue {i}") for i in range(rows))
    return PlanInput(**{**given, "horizon": HORIZON, "families": families, "resources": (), "bill": ()})


def forecasts(history: np.ndarray, seed: int = 3) -> dict[tuple[str, int], np.ndarray]:
    """Published forecasts with errors and holes."""
    random = np.random.default_rng(seed)
    found = {}
    for number, measure in enumerate(MEASURES):
        for lag in monitor.LAGS:
            values = history * (1 + 0.05 * number + 0.1 * lag * random.standard_normal(history.shape))
            values[random.random(history.shape) < 0.2] = np.nan
            values[:, :3] = np.nan
            found[measure, lag] = values
    return found


HISTORY = np.random.default_rng(1).uniform(50, 150, (3, 30))
HISTORY[1, :22] = np.nan


def tidy(values: np.ndarray, name: str) -> pd.Series:
    frame = pd.DataFrame(values[:, -12:], index=[f"F{i}" for i in range(len(values))])
    return frame.stack().rename(name)


def test_accuracy_bias_and_signal_are_those_of_pandas():
    frozen = forecasts(HISTORY)
    found = {(line.family, line.lag): line for line in monitor.lag_accuracy(company(HISTORY), frozen)}
    assert len(found) == 12
    for lag in monitor.LAGS:
        both = pd.concat([tidy(HISTORY, "a"), tidy(frozen["consensus_demand", lag], "f")], axis=1).dropna()
        both["e"] = both.f - both.a
        for code, part in [*both.groupby(level=0), ("Total", both)]:
            line = found[code, lag]
            assert line.accuracy == pytest.approx(max(0, 1 - part.e.abs().sum() / part.a.sum()), rel=1e-12)
            assert line.bias == pytest.approx(part.e.sum() / part.a.sum(), rel=1e-12)
            if code == "Total":
                assert line.buckets == part.index.get_level_values(1).nunique()
            else:
                assert line.buckets == len(part)
                assert line.signal == pytest.approx(part.e.sum() / part.e.abs().mean(), rel=1e-12)


def test_value_added_is_that_of_pandas_on_common_cells():
    frozen = forecasts(HISTORY)
    found = monitor.value_added(company(HISTORY), frozen)
    for lag in monitor.LAGS:
        columns = [tidy(HISTORY, "a"), tidy(np.roll(HISTORY, 12, axis=1), monitor.NAIVE)]
        columns += [tidy(frozen[m, lag], step) for step, m in monitor.FORECAST_STEPS.items()]
        common = pd.concat(columns, axis=1).dropna()
        wmape = common.drop(columns="a").sub(common.a, axis=0).abs().sum() / common.a.sum()
        lines = [line for line in found if line.lag == lag]
        assert [line.step for line in lines] == list(wmape.index)
        assert [line.wmape for line in lines] == pytest.approx(wmape.to_numpy(), rel=1e-12)
        assert [line.added for line in lines][1:] == pytest.approx(-wmape.diff().to_numpy()[1:], abs=1e-12)
        assert {line.pairs for line in lines} == {len(common)}


@settings(max_examples=25)
@given_by(st.integers(0, 10_000), st.sets(st.sampled_from(MEASURES), min_size=1))
def test_the_parts_add_up_whatever_was_published(seed, published):
    frozen = forecasts(HISTORY, seed)
    frozen = {k: v if k[0] in published else np.full_like(v, np.nan) for k, v in frozen.items()}
    for lag in monitor.LAGS:
        lines = [line for line in monitor.value_added(company(HISTORY), frozen) if line.lag == lag]
        assert [line.step for line in lines[1:]] == [
            s for s, m in monitor.FORECAST_STEPS.items() if m in published
        ]
        assert sum(line.added for line in lines[1:]) == pytest.approx(lines[-1].against_naive, abs=1e-9)


def test_nothing_published_is_no_error():
    frozen = {key: np.full_like(values, np.nan) for key, values in forecasts(HISTORY).items()}
    assert monitor.lag_accuracy(company(HISTORY), frozen) == []
    assert monitor.value_added(company(HISTORY), frozen) == []


def test_nothing_sold_is_not_defined():
    nothing = np.zeros((1, 30))
    lines = monitor.lag_accuracy(company(nothing), dict.fromkeys(forecasts(nothing), nothing + 1))
    assert all(np.isnan(line.accuracy) and np.isnan(line.bias) for line in lines)
    assert monitor.value_added(company(nothing), dict.fromkeys(forecasts(nothing), nothing + 1)) == []


@pytest.mark.parametrize(("error", "word"), [(10.0, "high"), (-10.0, "low")])
def test_a_forecast_that_errs_one_way_is_told_to_its_owner(error, word):
    given = company(HISTORY[:1])
    frozen = dict.fromkeys(forecasts(HISTORY[:1]), HISTORY[:1] + error)
    (alert,) = monitor.signal_alerts(given, monitor.lag_accuracy(given, frozen), 1)
    assert (alert.level, alert.subject, alert.owner) == ("RED", "F0", "Dan 0")
    assert alert.value == pytest.approx(np.sign(error) * 12)
    assert f"too {word}" in alert.what


def test_a_signal_at_its_limit_is_no_alert():
    # Twelve equal errors, eight of them up and four down: the running sum is 4 of the mean error.
    errors = np.array([[1.0] * 8 + [-1.0] * 4])
    history = np.full((1, 30), 100.0)
    given = company(history)
    for more, alerts in ((0.0, 0), (1.0, 1)):
        forecast = history.copy()
        forecast[:, -12:] += errors
        forecast[0, -1] += 1.5 * more
        frozen = dict.fromkeys(forecasts(history), forecast)
        assert len(monitor.signal_alerts(given, monitor.lag_accuracy(given, frozen), 1)) == alerts


@pytest.mark.parametrize(
    ("made", "level"),
    [
        (98, ""),
        (102, ""),
        (97.9, "AMBER"),
        (102.1, "AMBER"),
        (95, "AMBER"),
        (105, "AMBER"),
        (94.9, "RED"),
        (106, "RED"),
    ],
)
def test_too_much_is_a_miss_as_well(made, level):
    given = company(HISTORY[:1])
    given = replace(given, past_planned=np.array([[0, 0, 100.0]]), past_actual=np.array([[0, 0, made]]))
    alerts = monitor.adherence_alerts(given)
    assert [(alert.level, alert.owner, alert.value) for alert in alerts] == (
        [(level, "Sue 0", pytest.approx(made / 100))] if level else []
    )


def test_production_that_is_not_known_or_not_planned_is_no_alert():
    given = company(HISTORY[:1])
    for planned, made in ((np.nan, 5.0), (100.0, np.nan), (0.0, 5.0)):
        known = replace(given, past_planned=np.array([[planned] * 3]), past_actual=np.array([[made] * 3]))
        assert monitor.adherence_alerts(known) == []


@pytest.mark.parametrize(
    ("first", "last", "now"),
    [
        (date(2026, 11, 1), date(2026, 11, 30), True),
        (date(2026, 11, 24), None, True),
        (None, date(2026, 11, 24), True),
        (date(2026, 11, 25), None, False),
        (None, date(2026, 11, 23), False),
        (None, None, False),
    ],
)
def test_assumptions_are_watched_within_their_window(first, last, now):
    row = {"Id": "A1", "Family": None, "From": first, "To": last, "Owner": "Ann", "Trigger": "price over 5"}
    alerts = monitor.assumption_alerts([row], date(2026, 11, 24))
    assert [(a.level, a.owner, "price over 5" in a.what) for a in alerts] == (
        [("AMBER", "Ann", True)] if now else []
    )


def test_actions_are_late_after_their_day():
    rows = [
        {"Id": f"X{day}", "Action": "Call", "Owner": None, "Due": date(2026, 11, day)} for day in (22, 24, 25)
    ]
    rows.append({"Id": "X0", "Action": "Call", "Owner": None, "Due": None})
    (alert,) = monitor.action_alerts(rows, date(2026, 11, 24))
    assert (alert.subject, alert.owner, alert.value) == ("X22", "nobody", 2)
