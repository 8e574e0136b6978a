"""The schema on the terminal shows each column with its kind and why."""

import pandas as pd
import pytest

from flows.console.schema_table import schema_table
from greenlightning.tables import infer_schema


def test_each_column_has_a_row_and_markup_in_names_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    frame = pd.DataFrame({"[bold]x": [1.5, 2.5] * 5, "label": [True, False] * 5})
    schema_table(infer_schema(frame))
    out = capsys.readouterr().out
    assert "[bold]x" in out and "numeric" in out
    assert "label, classification" in out
