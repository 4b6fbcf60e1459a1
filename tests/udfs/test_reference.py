from udfs import reference
from udfs.registry import CATEGORIES, functions


def test_every_function_has_its_section_with_arguments_and_example():
    page = reference.reference_markdown()
    for entry in functions():
        section = page.split(f"\n### {entry.name}\n")[1].split("\n### ")[0]
        assert f"`{entry.signature}`" in section
        assert f"$ {entry.command}" in section
        for argument in entry.arguments:
            assert f"| `{argument.label}` |" in section
    assert page.endswith("```\n")


def test_table_rows_have_two_columns():
    for line in reference.reference_markdown().splitlines():
        if line.startswith("|"):
            assert line.replace("\\|", "").count("|") == 3


def test_categories_stand_in_the_order_of_the_process():
    assert [category for category, _ in reference.by_category()] == list(CATEGORIES)


def test_the_help_sheet_has_a_row_per_function_that_fits_in_cells():
    header, *rows = reference.help_rows()
    assert [row[1] for row in rows] == [entry.signature for entry in functions()]
    for row in rows:
        assert len(row) == len(header)
        assert all(isinstance(cell, str) and 0 < len(cell) < 32_767 for cell in row)
