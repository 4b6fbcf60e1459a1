"""What the functions of mix and cleaning add to the core: ranges, orientation, empty cells."""

import pytest

from sop_xl.demand.reconcile import METHODS
from udfs.registry import call, lookup

NODES = [["All", None], ["North", "All"], ["South", "All"]]


def column(values):
    return [[value] for value in values]


class TestReconcile:
    def test_the_words_are_those_of_the_core(self):
        assert lookup("SOP_RECONCILE").arguments[2].words == METHODS

    def test_the_total_may_stand_anywhere_and_blank_is_empty(self):
        nodes = [["North", "All"], ["South", "All"], ["All", "  "]]
        assert call("SOP_RECONCILE", [nodes, column([60, 40, 110]), "bottom_up"]) == column([60, 40, 100])

    def test_least_squares_by_default(self):
        assert call("SOP_RECONCILE", [NODES, column([112, 60, 40])]) == column([106.0, 63.0, 43.0])

    def test_several_buckets_and_residuals_with_gaps(self):
        base = [[112, 100], [60, 60], [40, 40]]
        found = call("SOP_RECONCILE", [NODES, base, "WLS_VAR", [[2, -2], [1, None], [3, -3]]])
        assert found[0] == pytest.approx([112 - 12 * 4 / 14, 100])
        for bucket in range(2):
            assert found[0][bucket] == pytest.approx(found[1][bucket] + found[2][bucket])

    def test_numbers_are_names(self):
        found = call("SOP_RECONCILE", [[[1, None], ["2", 1], [3.0, "1"]], column([0, 5, 6]), "BOTTOM_UP"])
        assert found == column([11, 5, 6])

    def test_a_third_column_is_another_way_of_adding_up(self):
        nodes = [["Tea", None, None], ["Green", "Tea", ""], ["Black", "Tea", None]]
        beside = [*nodes, ["North", None, "Tea"], ["South", None, "Tea"]]
        found = call("SOP_RECONCILE", [beside, column([100, 30, 50, 70, 50]), "OLS"])
        assert [row[0] for row in found] == pytest.approx([100, 40, 60, 60, 40])
        cells = [*beside, ["GN", "Green", "North"], ["GS", "Green", "South"], ["BN", "Black", "North"]]
        found = call("SOP_RECONCILE", [cells, column([0, 0, 0, 0, 0, 1, 2, 3]), "BOTTOM_UP"])
        assert found == column([6, 3, 3, 4, 2, 1, 2, 3])

    @pytest.mark.parametrize(
        ("arguments", "reason"),
        [
            ([[["All"], ["A"]], column([1, 2])], "nodes has one column. Give two columns"),
            ([[["All", None], ["A", "B"]], column([1, 2])], "Row 2 of nodes has the parent B"),
            ([[["All", True], ["A", "All"]], column([1, 2])], "nodes (row 1, column 2) is TRUE"),
            ([NODES, column([1, 2])], "base has 2 rows, nodes has 3"),
            ([NODES, column([1, None, 2])], "base (row 2, column 1) is empty"),
            ([NODES, column([1, 2, 3]), "SIDEWAYS"], "Use one of BOTTOM_UP, TOP_DOWN"),
            ([NODES, column([1, 2, 3]), "MINT_SHRINK"], "needs residuals"),
        ],
    )
    def test_the_reason_names_the_place(self, arguments, reason):
        found = call("SOP_RECONCILE", arguments)
        assert found.value == "#VALUE!"
        assert reason in found.reason


class TestClean:
    def test_a_column_stays_a_column(self):
        history = column([10, 10, 10, 90, 10, 10, 10, 10])
        assert call("SOP_CLEAN", [history, 1]) == column([10.0] * 8)

    def test_open_ends_stay_empty_and_gaps_are_filled(self):
        found = call("SOP_CLEAN", [[[None, 4, None, 6, 5, None], [1, 1, 1, 1, 1, 1]], 1])
        assert found == [[None, 4.0, 5.0, 6.0, 5.0, None], [1.0] * 6]

    def test_a_threshold_of_zero_is_refused(self):
        found = call("SOP_CLEAN", [[[1, 2, 3]], 12, 0])
        assert (found.value, found.reason) == (
            "#VALUE!",
            "threshold is 0.0. Give a number above 0; 8 is usual.",
        )

    def test_a_row_without_numbers(self):
        assert call("SOP_CLEAN", [[[1, 2], [None, None]]]).value == "#N/A"
