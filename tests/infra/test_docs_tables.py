"""The tables of the documentation that are read from the code."""

import re

from greenlightning import errors
from infra.docs_tables import ROOT, errors_table, on_page_markdown, parameters_table


def test_every_class_of_errors_that_is_raised_is_listed_with_cause_and_remedy() -> None:
    table = errors_table()
    assert "| Dataset … has no champion yet | Run: greenlightning train --dataset … |" in table
    raised = set(errors.__all__) - {"GreenLightningError"}
    assert {line.removeprefix("### ") for line in table.splitlines() if line.startswith("### ")} == raised


def test_every_field_of_a_form_is_listed_with_type_default_and_meaning() -> None:
    table = parameters_table()
    assert "| `dataset` | string | required | dataset, experiment and model name |" in table
    assert "| `settle_tolerance` | number | `0.01` | flip rate under which the gates count as still |" in table
    assert "### retrain\n" in table and "### Learning (group)\n" in table


def test_a_page_gets_the_table_that_it_asks_for() -> None:
    assert on_page_markdown("before\n<!-- table: errors -->\nafter") == f"before\n{errors_table()}\nafter"


def test_the_reference_of_files_names_every_format() -> None:
    page = (ROOT / "docs" / "reference" / "files.md").read_text()
    code = "".join(file.read_text() for file in (ROOT / "greenlightning").rglob("*.py"))
    written = set(re.findall(r'"(greenlightning-\w+/\d)"', code))
    assert len(written) > 5
    assert [name for name in written if f"`{name}`" not in page] == []
