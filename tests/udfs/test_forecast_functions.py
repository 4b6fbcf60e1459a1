"""The functions around the forecast: orientation, headers, starts per series, errors in their cells."""

import pytest

from udfs.cells import CellError
from udfs.registry import call

HISTORY = [112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118] * 3


def column(values):
    return [[value] for value in values]


class TestBand:
    def test_two_rows_per_series_and_two_columns_for_a_column(self):
        found = call("SOP_FORECAST_BAND", [[HISTORY, HISTORY[::-1]], 4])
        assert [len(row) for row in found] == [4] * 4
        point = call("SOP_FORECAST", [[HISTORY, HISTORY[::-1]], 4])
        for series in (0, 1):
            for low, middle, high in zip(
                found[2 * series], point[series], found[2 * series + 1], strict=True
            ):
                assert low <= middle <= high
        down = call("SOP_FORECAST_BAND", [column(HISTORY), 4])
        assert down == [list(pair) for pair in zip(*found[:2], strict=True)]

    def test_a_level_in_percent_is_refused(self):
        found = call("SOP_FORECAST_BAND", [[HISTORY], 4, 80])
        assert found.value == "#NUM!"
        assert "level is 80" in found.reason

    def test_a_blank_series(self):
        assert call("SOP_FORECAST_BAND", [[[None, None]]]).value == "#N/A"


class TestExplain:
    def test_a_header_and_a_row_per_series(self):
        header, first, second = call("SOP_FORECAST_EXPLAIN", [[HISTORY, [None] * 33 + [1, 2, 3]]])
        assert header == [
            "Class", "Method", "Reason", "WMAPE", "MASE", "Bias", "Trend per bucket", "Seasonal strength",
        ]  # fmt: skip
        assert first[:2] == ["SMOOTH", "COMBINATION"]
        assert "strong season" in first[2]
        assert first[3] < 0.02
        assert second[:2] == ["NEW", "SHORT"]
        assert second[3] == CellError("#N/A", "There is too little history or demand to say.")

    def test_a_column_is_one_series(self):
        assert call("SOP_FORECAST_EXPLAIN", [column(HISTORY)]) == call("SOP_FORECAST_EXPLAIN", [[HISTORY]])


class TestSeasonalIndices:
    def test_orientation_and_default(self):
        across = call("SOP_SEASONAL_INDICES", [[HISTORY]])
        assert sum(across[0]) == pytest.approx(12)
        assert call("SOP_SEASONAL_INDICES", [column(HISTORY)]) == column(across[0])
        assert sum(call("SOP_SEASONAL_INDICES", [[HISTORY], 12, "add"])[0]) == pytest.approx(0, abs=1e-9)

    def test_errors(self):
        assert call("SOP_SEASONAL_INDICES", [[[1, 2, 3]]]).value == "#N/A"
        assert call("SOP_SEASONAL_INDICES", [[[1, -2, 3, 4]], 2]).value == "#NUM!"
        assert call("SOP_SEASONAL_INDICES", [[HISTORY], 12, "RATIO"]).value == "#VALUE!"


class TestSmooth:
    # Tahoe Salt, Chopra and Meindl, Supply Chain Management, ch. 7: Winter's model.
    TAHOE = (8000, 13000, 23000, 34000, 10000, 18000, 23000, 38000, 12000, 13000, 32000, 41000)
    FACTORS = (0.47, 0.68, 1.17, 1.67)
    EXPECTED = (11940, 17579, 30930, 44928)

    def test_winters_across_and_down(self):
        rest = [0.05, 0.1, 0.1, 4, 1, 18439, 524]
        across = call("SOP_SMOOTH", [[list(self.TAHOE)], *rest, [list(self.FACTORS)], "MUL", 4])
        assert across[0] == pytest.approx(self.EXPECTED, abs=0.6)
        down = call("SOP_SMOOTH", [column(self.TAHOE), *rest, column(self.FACTORS), "mul", 4])
        assert down == column(across[0])

    def test_starts_per_series(self):
        found = call("SOP_SMOOTH", [[[1, 2], [3, 4]], 0, 0, None, 1, 1, column([10, 20]), column([1, 2])])
        assert found == column([13.0, 26.0])

    def test_errors_name_the_argument(self):
        assert call("SOP_SMOOTH", [[[1, 2]], 2]).value == "#NUM!"
        found = call("SOP_SMOOTH", [[[1, 2]], 0.1, None, None, 4])
        assert found.value == "#VALUE!"
        assert "gamma" in found.reason
        assert call("SOP_SMOOTH", [[[1, 2]], 0.1, 0.1, 0.1, 4]).value == "#N/A"


@pytest.mark.parametrize("method", ["ETS", "ARIMA", "EXCEL_ETS"])
def test_the_classical_methods_are_offered(method):
    found = call("SOP_FORECAST", [[HISTORY], 12, 12, method])
    assert found[0] == pytest.approx(HISTORY[:12], rel=0.05)
