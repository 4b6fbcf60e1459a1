"""The meeting pack: every number ties to the workbook, every page can be read, whatever the plan looks like."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from sop_xl.buckets import Horizon
from sop_xl.commands.cycle import Cycle
from sop_xl.commands.pack import QUOTED, SHARED, meeting_of
from sop_xl.hosts.session import open_book
from sop_xl.model import Family, Measure, Measures, Plan, PlanInput
from sop_xl.pack.capacity import said_of
from sop_xl.pack.compose import AGENDA, content_of
from sop_xl.pack.content import Cover
from sop_xl.pack.decisions import open_questions
from sop_xl.pack.meeting import Meeting
from sop_xl.pack.slides.deck import draw
from sop_xl.pack.words import day_of, money, number, percent, signed, tick_of
from sop_xl.process import planning
from sop_xl.process.gaps import find_gaps
from sop_xl.workbook.contents import contents
from sop_xl.workbook.executive_page import HEADERS
from sop_xl.workbook.read import Workbook
from sop_xl.workbook.write import write_table
from tests.pack.reading import boxes, charts, drawn, sizes, slides_of, tables, texts, title_of
from tests.process.test_planning import inputs, plan_input
from tests.sample import SampleCompany
from tests.tiny import (
    cells,
    done,
    fill,
    leftovers,
    planned,
    planning_values,
    sop,
    table_rows,
    tables_of,
    tiny_company,
)

DECISIONS = [
    {"Id": "D1", "Question": "Buy the second can filler?", "Options with money": "Now 1.9 M EUR, later 2.1 M EUR",
     "Decided by": "Executive", "Due": date(2026, 12, 1), "State": "OPEN"},
    {"Id": "D2", "Question": "Which carrier?", "Decision": "The cheaper one", "Date": date(2026, 10, 20),
     "State": "DONE"},
]  # fmt: skip
ACTIONS = [
    {"Id": "A1", "Action": "Ask for offers", "Owner": "R. Okafor", "Due": date(2020, 1, 1), "State": "OPEN"},
    {"Id": "A2", "Action": "Long done", "Owner": "R. Okafor", "Due": date(2026, 1, 1), "State": "DONE"},
]


@pytest.fixture(scope="module")
def workbook(sample: SampleCompany, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample company after a cycle, with decisions and actions."""
    path = sample.copy(sample.planned, tmp_path_factory.mktemp("pack"))
    with open_book(path) as session:
        book = Workbook.of(session.book)
        write_table(book, "tblDecisions", cells("tblDecisions", DECISIONS))
        write_table(book, "tblActions", cells("tblActions", ACTIONS))
        session.save(keep_read_values=True)
    return path


@pytest.fixture(scope="module")
def slides(workbook: Path) -> list[Any]:
    """The pack that the command line makes of it."""
    said = done("pack", workbook, "--by", "Ann")
    return slides_of(Path(said["data"]["pack"]))


@pytest.fixture(scope="module")
def values(workbook: Path) -> dict[tuple[str, str, str, str], Any]:
    """Every planning cell of the workbook."""
    return planning_values(workbook)


@pytest.fixture(scope="module")
def meeting(workbook: Path) -> Meeting:
    """What the pack is made from."""
    with open_book(workbook, read_only=True) as session:
        return meeting_of(Cycle(session.book), "Ann")


def page(slides: list[Any], section: str, which: int = 0) -> Any:
    """A page of a section; the section stands above its title."""
    return pages(slides, section)[which]


def pages(slides: list[Any], section: str) -> list[Any]:
    """All pages of a section."""
    return [s for s in slides if any(x.name == "Section" and x.text_frame.text == section for x in s.shapes)]


def close(found: list[float | None], wanted: list[Any]) -> None:
    assert len(found) == len(wanted)
    for mine, theirs in zip(found, wanted, strict=True):
        if theirs in (None, ""):
            assert mine is None
        else:
            assert mine == pytest.approx(theirs, rel=1e-12, abs=1e-9)


def test_every_chart_of_a_family_holds_the_cells_of_the_sheets(
    slides: list[Any], values: dict[tuple[str, str, str, str], Any], meeting: Meeting
) -> None:
    horizon = meeting.horizon
    ends = [f"{bucket.end}" for bucket in horizon.buckets]
    closed = ends[: horizon.past]

    def row(view: str, code: str, key: str) -> list[Any]:
        return [values[view, code, key, end] for end in ends]

    for i, family in enumerate(meeting.plan.given.families):
        flow, stock = charts(page(slides, "Families", i))
        assert flow.categories == [tick_of(bucket, horizon) for bucket in horizon.buckets]
        close(flow.series["Demand"], row("Supply", family.code, "demand"))
        close(flow.series["Demand last year"], row("Demand", family.code, "last_year"))
        made = [
            values["Supply", family.code, "actual_production" if end in closed else "production_plan", end]
            for end in ends
        ]
        close(flow.series["Production"], made)
        keys = (
            ("backlog", "target_backlog")
            if family.make == "MTO"
            else ("projected_inventory", "target_inventory")
        )
        for name, key in zip(stock.series, keys, strict=True):
            close(stock.series[name], row("Supply", family.code, key))


def test_charts_of_capacity_and_money_hold_the_cells_of_the_sheets(
    slides: list[Any], values: dict[tuple[str, str, str, str], Any], meeting: Meeting
) -> None:
    ends = [f"{bucket.end}" for bucket in meeting.horizon.planned]
    found = charts(page(slides, "Capacity"))
    assert {chart.heading.split(",")[0] for chart in found} == {r.code for r in meeting.plan.given.resources}
    for chart in found:
        code = chart.heading.split(",")[0]
        close(chart.series["Load"], [values["Capacity", code, "load", end] for end in ends])
        close(chart.series["Capacity"], [values["Capacity", code, "capacity", end] for end in ends])
    (revenue,) = charts(page(slides, "Financials"))
    for name, key in (("Plan", "revenue"), ("Budget", "budget_revenue"), ("Last year", "last_year_revenue")):
        close(revenue.series[name], [values["Finance", "Total", key, end] for end in ends])
    (gaps,) = charts(page(slides, "Financials", 1))
    for code, gap in zip(gaps.categories, gaps.series["Gap to budget"], strict=True):
        assert gap == pytest.approx(sum(values["Finance", code, "gap_to_budget", end] for end in ends[:12]))


def test_what_is_drawn_is_what_is_embedded(slides: list[Any]) -> None:
    count = 0
    for slide in slides:
        for shown, chart in zip(drawn(slide), charts(slide), strict=True):
            assert shown.keys() == chart.series.keys()
            for name, series in shown.items():
                close(series, chart.series[name])
                count += 1
    assert count > 40


def test_the_table_of_families_is_the_executive_page(slides: list[Any], workbook: Path) -> None:
    with open_book(workbook, read_only=True) as session:
        corner = session.book.names["Executive_Families"].refers_to_range
        wide = corner.resize(9, len(HEADERS)).options(ndim=2).value
    wanted_columns = (
        "Family", "Name", "Unit", "Demand", "Against last year", "Production", "Shipped", "Lowest inventory",
        "Lowest days of supply", "Revenue", "Margin", "Gap to budget", "Gap",
    )  # fmt: skip
    cells = [[line[HEADERS.index(header)] for header in wanted_columns] for line in wide]
    (rows,) = tables(page(slides, "All families"))
    assert len(rows) == 10
    shown: tuple[tuple[int, Callable[[Any], str]], ...] = (
        (3, number),
        (4, lambda v: signed(percent(v))),
        (5, number),
        (6, percent),
        (7, number),
        (8, lambda v: number(v, 1)),
        (9, lambda v: number(v / 1000)),
        (10, lambda v: number(v / 1000)),
        (11, lambda v: signed(number(v / 1000))),
        (12, lambda v: signed(percent(v))),
    )
    for row, line in zip(rows[1:], cells, strict=True):
        assert row[0] == line[0]
        for column, text in shown:
            wanted = "–" if line[column] in (None, "") else text(line[column])
            if line[0] == "Total" and column in (11, 12):
                continue
            assert row[column - 1] == ("" if line[0] == "Total" and column < 9 else wanted), (row[0], column)
    assert rows[-1][10] == number(cells[-1][11] / 1000)


def test_money_ties_to_the_sheet_finance(
    slides: list[Any], values: dict[tuple[str, str, str, str], Any], meeting: Meeting
) -> None:
    (rows,) = tables(page(slides, "Financials"))
    years = [name for name, _ in meeting.horizon.years()]
    assert rows[0] == ["k EUR", "Next 12 months", *years]
    keys = {
        "Revenue": "revenue",
        "Budget revenue": "budget_revenue",
        "Cost of goods sold": "cogs",
        "Margin": "margin",
        "Revenue of last year": "last_year_revenue",
        "Inventory value at the end": "inventory_value",
    }
    texts_of = {row[0]: row[1:] for row in rows}
    ends = [f"{bucket.end}" for bucket in meeting.horizon.planned][:12]
    for label, key in keys.items():
        months = [values["Finance", "Total", key, end] for end in ends]
        first = months[-1] if key == "inventory_value" else sum(v for v in months if v not in (None, ""))
        wanted = [first, *(values["Finance", "Total", key, year] for year in years)]
        assert texts_of[label] == ["–" if v in (None, "") else number(v / 1000) for v in wanted], label
    gaps = [values["Finance", "Total", "gap_to_budget", name] for name in years]
    assert texts_of["Gap to budget"][1:] == [signed(number(gap / 1000)) for gap in gaps]
    ratios = [values["Finance", "Total", "margin_ratio", year] for year in years]
    assert texts_of["Margin in % of revenue"][1:] == [percent(ratio) for ratio in ratios]


def test_measures_gaps_and_overloads_are_those_of_the_workbook(slides: list[Any], workbook: Path) -> None:
    found = tables_of(workbook, "tblKPIs", "tblGaps", "tblCapacityCheck")
    rows = [row for slide in pages(slides, "KPIs") for table in tables(slide) for row in table[1:]]
    lights = {"GREEN": "On target", "AMBER": "Watch", "RED": "Act", "NOT DEFINED": "Not defined"}
    for row, kpi in zip(rows, found["tblKPIs"], strict=True):
        show = percent if kpi["Unit"] == "fraction" else (lambda v: number(v, 1))
        assert row[0].startswith(kpi["Measure"])
        assert row[1] == ("–" if kpi["Value"] is None else show(kpi["Value"]))
        assert row[2][2:] == ("–" if kpi["Target"] is None else show(kpi["Target"]))
        assert row[3] == lights[kpi["Status"]]
        assert row[4:] == [kpi["Basis"], kpi["Definition"]]
    (asked,) = tables(page(slides, "Decisions required"))
    ids = {row[0].split(" ")[0]: row for row in asked[1:]}
    for gap in found["tblGaps"]:
        if gap["Kind"] == "budget":
            assert gap["What"] in ids[gap["Id"]][1]
            assert ids[gap["Id"]][3] == money(gap["Value"], "EUR")
    over = [row for row in found["tblCapacityCheck"] if row["Status"] == "OVER"]
    said = texts(page(slides, "Capacity"))
    assert over
    for row in over:
        assert f"{row['Resource']} is overloaded" in said
        assert f"{number(row['Hours short'])} h short" in said
        assert f"{percent(row['Peak load'])} in {row['Peak bucket']:%b %Y}" in said


def test_decisions_and_actions_are_quoted(slides: list[Any]) -> None:
    (asked,) = tables(page(slides, "Decisions required"))
    assert asked[1] == [
        "D1",
        "Buy the second can filler?",
        "Now 1.9 M EUR, later 2.1 M EUR",
        "–",
        "Executive",
        "2026-12-01",
    ]
    assert not any(row[0] == "D2" for row in asked)
    last = page(slides, "Actions")
    assert tables(last)[0][1:] == [["A1", "Ask for offers", "R. Okafor", "2020-01-01", "Late", "–"]]
    assert title_of(last) == "One action is open, 1 of them late"


def test_the_summary_says_what_the_plan_says(slides: list[Any], meeting: Meeting) -> None:
    plan, given = meeting.plan, meeting.plan.given
    (rows,) = tables(page(slides, "Executive summary"))
    said = {row[0]: row[1:] for row in rows}
    revenue = float(np.nansum(plan.revenue[:, :12]))
    gap = float(np.nansum((plan.revenue - given.budget_revenue)[:, :12]))
    assert f"Revenue of the next 12 months is {money(revenue, 'EUR')}" in said["Money"][0]
    assert f"{money(-gap, 'EUR')} below budget" in said["Money"][0]
    assert said["Money"][1] == "Act"
    line2 = [r.code for r in given.resources].index("LINE2")
    assert said_of(meeting, line2) in said["Capacity"][0]
    short = [
        f.code for f, stock in zip(given.families, plan.projected_inventory, strict=True) if stock.min() < 0
    ]
    assert short
    assert all(code in said["Supply"][0] for code in short)
    both = ~np.isnan(given.previous_demand)
    moved = float(
        np.nansum(
            ((plan.consensus_demand - given.previous_demand) * given.of_families("price")[:, None])[both]
        )
    )
    assert f"Demand at price: {signed(money(moved, 'EUR'))}" in texts(page(slides, "Executive summary"))


def test_the_agenda_knows_its_pages(slides: list[Any]) -> None:
    agenda, _ = tables(page(slides, "Agenda"))
    assert [row[1] for row in agenda[1:]] == [point.section for point in AGENDA]
    for _, section, _, at in agenda[1:]:
        assert slides.index(page(slides, section)) + 1 == int(at)


def readable(slides: list[Any], imprint: str) -> None:
    """Nothing is cut off, too small or without its version."""
    for slide in slides:
        foot = [shape.text_frame.text for shape in slide.placeholders if shape.placeholder_format.type == 15]
        assert foot == [imprint]
        assert min(size for size, _ in sizes(slide)) >= 10
        ids = [shape.shape_id for shape in slide.shapes]
        assert len(set(ids)) == len(ids)
        assert title_of(slide)
        for name, left, top, right, bottom in boxes(slide):
            assert left >= -0.001, (title_of(slide), name)
            assert top >= -0.001, (title_of(slide), name)
            assert right <= 13.334, (title_of(slide), name)
            assert bottom <= 7.501, (title_of(slide), name)
        for shape in slide.shapes:
            if shape.has_table or shape.has_chart:
                name, _, top, _, bottom = next(box for box in boxes(slide) if box[0] == shape.name)
                assert bottom <= 6.661, (title_of(slide), name, bottom)
                assert top > 1.36


def test_every_page_can_be_read_and_says_which_plan_it_is(slides: list[Any], meeting: Meeting) -> None:
    foot = next(
        shape.text_frame.text for shape in slides[0].placeholders if shape.placeholder_format.type == 15
    )
    assert foot.startswith(
        "Halvermoor Coffee Works (generated sample)   |   S&OP 2026-11   |   version none, DRAFT"
    )
    assert datetime.strptime(foot.rsplit("|", 1)[1].strip(), "%Y-%m-%d %H:%M")
    readable(slides, foot)


def test_a_missed_margin_asks_for_as_much_margin_and_a_missed_quantity_for_as_many_units(
    meeting: Meeting,
) -> None:
    given, plan = meeting.plan.given, meeting.plan
    none, first = np.full(given.shape, np.nan), given.families[0]
    for budget, units in (
        ({"budget_margin": plan.margin[0] * 1.5}, plan.margin[0].sum() / 2 / (first.price - first.unit_cost)),
        ({"budget_quantity": plan.constrained_demand[0] * 1.5}, plan.constrained_demand[0].sum() / 2),
    ):
        missed = {
            name: np.where(np.arange(len(none))[:, None] == 0, row, none) for name, row in budget.items()
        }
        budgets = {f"budget_{name}": none for name in ("revenue", "margin", "quantity")}
        other = planning.build(replace(given, **(budgets | missed)))
        asked = open_questions(replace(meeting, plan=other, gaps=find_gaps(other)))
        (question,) = [one for one in asked if one.short.startswith(f"How to close the gap of {first.code} ")]
        assert question.options.lower().startswith(f"sell {number(units)} cases more")


def pack_of(meeting: Meeting, plan: Plan) -> tuple[list[Any], Meeting]:
    """The pack of another plan of the same company."""
    other = replace(meeting, plan=plan, views=contents(plan), gaps=find_gaps(plan))
    found = slides_of(draw(content_of(other))[0])
    readable(found, other.cover.imprint)
    return found, other


def many(given: PlanInput, count: int) -> PlanInput:
    """The same company with other families, made of the first ones again and again."""
    rows, order = len(given.families), np.arange(count) % len(given.families)
    families = tuple(
        replace(
            given.families[f],
            code=f"FAMILY {i:02d}",
            name="Something with a rather long name to be written " * 2,
        )
        for i, f in enumerate(order)
    )
    arrays = {
        name: value[order]
        for name in PlanInput.__dataclass_fields__
        if isinstance(value := getattr(given, name), np.ndarray)
        and value.ndim == 2
        and value.shape[0] == rows
        and name not in ("capacity", "demonstrated", "overtime", "subcontract")
    }
    bill = tuple(line for line in given.bill if line.family < count)
    return replace(given, families=families, bill=bill, **arrays)


def test_overrides_and_changes_are_told(meeting: Meeting) -> None:
    given = meeting.plan.given
    typed = given.sales_override.copy()
    typed[3, 3:5] = 90000.0
    found, other = pack_of(meeting, planning.build(replace(given, sales_override=typed)))
    assert "Sales override in two months." in texts(page(found, "Families", 3))
    said = texts(page(found, "Executive summary"))
    assert "Typed by hand: two overrides of demand, no overrides of production." in said
    change = other.plan.consensus_demand - other.plan.given.previous_demand
    assert f"ICED: {signed(number(float(np.nansum(change[3]))))} cases" in said


@pytest.mark.parametrize("count", [1, 60])
def test_one_and_sixty_families(meeting: Meeting, count: int) -> None:
    given = many(meeting.plan.given, count)
    found, other = pack_of(meeting, planning.build(given))
    assert len(pages(found, "Families")) == count
    overview = pages(found, "All families")
    codes = [
        row[0] for slide in overview for rows in tables(slide) for row in rows if row[0].startswith("FAMILY ")
    ]
    assert codes == [family.code for family in other.plan.given.families]


def test_without_prices_budget_resources_forecast(meeting: Meeting) -> None:
    given = meeting.plan.given
    nothing = np.full(given.shape, np.nan)
    bare = replace(
        given,
        families=tuple(replace(f, price=np.nan, unit_cost=np.nan, unit="") for f in given.families),
        budget_revenue=nothing,
        budget_margin=nothing,
        previous_demand=nothing,
        previous_revenue=nothing,
        baseline=np.where(np.arange(given.shape[0])[:, None] == 2, np.nan, given.baseline),
        resources=(),
        bill=(),
        capacity=np.zeros((0, given.shape[1])),
        demonstrated=np.zeros((0, given.shape[1])),
        overtime=np.zeros((0, given.shape[1])),
        subcontract=np.zeros((0, given.shape[1])),
    )
    found, _ = pack_of(meeting, planning.build(bare))
    assert title_of(page(found, "Financials")) == "The plan has no value yet: no family has a price"
    assert "no resources are given" in title_of(page(found, "Capacity"))
    assert "no forecast yet for 19 months" in title_of(page(found, "Families", 2))
    assert "No earlier plan is published" in texts(page(found, "Executive summary"))
    assert "nan" not in " ".join(map(texts, found)).lower().replace("finan", "")


@pytest.mark.parametrize("kind", ["week", "quarter", "month"])
def test_other_buckets_and_the_longest_horizon(meeting: Meeting, kind: Any) -> None:
    horizon = Horizon(date(2026, 11, 1), length=36, kind=kind)
    rows, count = 2, 37
    random = np.random.default_rng(5)
    families = (Family("A", "Alpha", "t", price=900.0, unit_cost=500.0), Family("B", make="MTO", price=3.0))
    given = plan_input(
        families,
        horizon,
        baseline=random.uniform(1e5, 2e6, (rows, count)),
        proposed_production=random.uniform(1e5, 2e6, (rows, count)),
        budget_revenue=random.uniform(1e8, 2e9, (rows, count)),
        history=random.uniform(1e5, 2e6, (rows, 60)),
        history_value=random.uniform(1e5, 2e6, (rows, 60)),
    )
    found, other = pack_of(meeting, planning.build(given))
    flow, stock = charts(page(found, "Families"))
    assert len(flow.categories) == len(stock.categories) == 40
    first = {"week": "the week to 1 Nov 2026", "quarter": "Q4 2026", "month": "Nov 2026"}[kind]
    assert day_of(horizon.planned[0], horizon) == first
    money_rows, *_ = tables(page(found, "Financials"))
    assert money_rows[0][1].startswith(f"Next {other.count} ")


@given(inputs())
@settings(max_examples=25)
def test_whatever_is_planned_can_be_said(nothing_measured: Measures, given: PlanInput) -> None:
    plan = planning.build(given)
    cover = Cover("Tea & Sons", "2026-11", "none", "DRAFT", "", datetime(2026, 11, 24), "Ann")
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in (*QUOTED, *SHARED)}
    meeting = Meeting(cover, "EUR", plan, contents(plan), find_gaps(plan), nothing_measured, rows)
    said = f"{content_of(meeting).pages}".replace("Finan", "")
    texts_ = re.findall(r"(?:text|title|note|label)='([^']*)'", said)
    assert len(texts_) > 20
    assert not [text for text in texts_ if re.search(r"\b(nan|inf)\b", text)]


@pytest.fixture(scope="module")
def nothing_measured() -> Measures:
    """Measures of a company without any record."""
    keys = ("on_time", "fill_rate", "otif")
    return Measures(
        tuple(Measure(key, key, float("nan"), 0.9, "fraction", "Not defined", "") for key in keys)
    )


def test_a_plan_that_was_never_calculated_says_so(tmp_path: Path) -> None:
    path = tiny_company(tmp_path / "plan.xlsx")
    found = slides_of(Path(done("pack", path)["data"]["pack"]))
    assert "Three families are without a forecast" in texts(page(found, "Executive summary"))


def test_the_workbook_is_only_read_and_the_pack_before_is_kept(tmp_path: Path) -> None:
    path = planned(tmp_path)
    before = path.read_bytes()
    first = Path(done("pack", path)["data"]["pack"])
    assert first.name == "plan_pack_2026-11.pptx"
    old = first.read_bytes()
    done("pack", path)
    assert path.read_bytes() == before
    assert (tmp_path / "plan_pack_2026-11.bak.pptx").read_bytes() == old
    assert leftovers(tmp_path) == []


def test_refusals_write_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = planned(tmp_path)
    before = path.read_bytes()
    said = sop("pack", path, "--output", path)
    assert said.code == 1
    assert "does not end in .pptx" in said.err
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("PROGRAMFILES", raising=False)
    said = sop("pack", path, "--pdf")
    assert said.code == 1
    assert "A PDF needs LibreOffice" in said.err
    assert "libreoffice-impress" in said.err
    assert [file.name for file in tmp_path.iterdir()] == ["plan.xlsx"]
    assert path.read_bytes() == before


def test_an_input_with_errors_makes_no_pack(tmp_path: Path) -> None:
    path = planned(tmp_path)
    rows = table_rows(path, "tblBudget")
    fill(path, {"tblBudget": [{**rows[0], "Family": "NOBODY"}]})
    said = sop("pack", path)
    assert said.code == 1
    assert "NOBODY" in said.out
    assert not list(tmp_path.glob("*.pptx"))


@pytest.mark.libreoffice
def test_as_pdf(tmp_path: Path) -> None:
    path = planned(tmp_path)
    said = sop("pack", path, "--output", tmp_path / "meeting.pptx", "--pdf")
    if "presentations may be missing" in said.err and os.environ.get("SOP_REQUIRE_LIBREOFFICE") != "1":
        pytest.skip("LibreOffice without Impress (Debian and Ubuntu: apt-get install libreoffice-impress)")
    assert said.code == 0, said.err
    pages = (tmp_path / "meeting.pdf").read_bytes()
    assert pages.startswith(b"%PDF")
    assert leftovers(tmp_path) == []
