"""A site's rows take the form of the structure's schema without being written."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from greenlightning.errors import InputError
from tasks.core.workspace import Workspace
from tasks.data.ingestion import land, site_content
from tasks.data.schemas import Declared, schema_of

TABLE = pd.DataFrame({"x": [n * 3 % 20 for n in range(20)], "city": ["Rome", "Oslo"] * 10, "label": [0, 1] * 10})


def test_a_sites_rows_have_the_id_that_landing_would_give_them(tmp_path: Path) -> None:
    TABLE.to_csv(tmp_path / "site.csv", index=False)
    landed = land.fn(tmp_path / "site.csv", "shop")
    content, batch_id, _ = site_content(tmp_path / "site.csv", schema_of("shop"))
    assert batch_id == landed.id
    pd.testing.assert_frame_equal(content.frame, landed.content.frame, check_dtype=False)


def test_rows_without_labels_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    TABLE.to_csv(tmp_path / "site.csv", index=False)
    land.fn(tmp_path / "site.csv", "shop").path.unlink()
    TABLE.drop(columns="label").to_csv(tmp_path / "new.csv", index=False)
    with pytest.raises(InputError, match=r"new\.csv has no label column 'label'"):
        land.fn(tmp_path / "new.csv", "shop")
    assert list(Workspace.current().incoming("shop").iterdir()) == []


def test_notes_say_what_was_put_in_order_and_left_out(tmp_path: Path) -> None:
    TABLE.to_csv(tmp_path / "a.csv", index=False)
    land.fn(tmp_path / "a.csv", "shop")
    TABLE.assign(new=1)[["city", "x", "new", "label"]].head(10).to_csv(tmp_path / "b.csv", index=False)
    notes = land.fn(tmp_path / "b.csv", "shop").notes
    assert "columns put in the order of the schema" in notes
    assert "column 'new' left out: the schema does not know it" in notes
    with pytest.raises(InputError, match="which the schema does not know"):
        land.fn(tmp_path / "b.csv", "shop", Declared(extra_columns="refuse"))


def test_an_identifier_that_does_not_name_each_row_is_noted(tmp_path: Path) -> None:
    file = tmp_path / "trips.csv"
    file.write_text("trip,line,a,label\n" + "".join(f"{n},7,{n % 5},{'xy'[n % 2]}\n" for n in range(30)))
    landed = land.fn(file, "trips", Declared(identifiers=("trip", "line")))
    assert landed.notes == ("identifier 'line' does not name each row: 1 value in 30 rows",)


def test_a_first_file_says_which_columns_are_not_learnt_though_nobody_asked(tmp_path: Path) -> None:
    texts = [f"a film about {n}" for n in range(20)]
    table = TABLE.assign(title=texts, notes=None, branch=texts)
    table.to_csv(tmp_path / "a.csv", index=False)
    notes = land.fn(tmp_path / "a.csv", "shop", Declared(ignore=("branch",))).notes
    assert notes == ("not learnt: 'title' (another text in each row), 'notes' (no cell has a value)",)
    table.assign(x=7).to_csv(tmp_path / "b.csv", index=False)
    assert not any("not learnt" in note for note in land.fn(tmp_path / "b.csv", "shop").notes)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("blank", ["", "  ", None])
def test_a_first_file_says_which_rows_have_no_label(tmp_path: Path, blank: str | None, suffix: str) -> None:
    frame = TABLE.assign(label=["no", blank, "yes", blank] * 5)
    write = frame.to_csv if suffix == "csv" else frame.to_parquet
    write(tmp_path / f"a.{suffix}", index=False)
    notes = land.fn(tmp_path / f"a.{suffix}", "shop").notes
    line = "10 of 20 rows have no label (the first is row 2): fill in the label, or leave the row out"
    assert line in notes


def test_a_first_file_says_which_column_mixes_formats_of_dates(tmp_path: Path) -> None:
    days = pd.date_range("2024-01-01", periods=20)
    mixed = [*days[:15].strftime("%d.%m.%Y"), *days[15:].strftime("%Y-%m-%d")]
    TABLE.assign(day=mixed, when=days).to_csv(tmp_path / "a.csv", index=False)
    notes = [note for note in land.fn(tmp_path / "a.csv", "shop").notes if "dates" in note]
    assert notes == [
        "column 'day' is identifier; not read as dates: most are dates like 01.01.2024 (%d.%m.%Y), "
        "and '2024-01-16' is not"
    ]


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ([1.5 * n for n in range(40)], ["the task is regression: 40 different numbers with fractions in 40 rows"]),
        ([0, 1] * 20, []),
        (["2026-01-31", "2026-02-28"] * 20, ["the labels look like dates, such as '2026-01-31'"]),
    ],
)
def test_a_first_file_says_why_its_labels_are_a_regression_or_may_be_none(
    labels: list[Any], told: list[str], tmp_path: Path
) -> None:
    frame = pd.DataFrame({"x": [n * 3 % 40 for n in range(40)], "label": labels})
    frame.to_csv(tmp_path / "a.csv", index=False)
    notes = [
        note for note in land.fn(tmp_path / "a.csv", "d").notes if note.startswith(("the task", "the labels"))
    ]
    assert [note[: len(line)] for note, line in zip(notes, told, strict=True)] == told
