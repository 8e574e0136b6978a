"""A careless site is told what is wrong with its file, by row and column, and what is odd about it."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from greenlightning.errors import InputError
from greenlightning.federation import SigningKey, publish
from tasks.federation.sending import Sending
from tasks.federation.site_rows import check_complete
from tasks.federation.sites import contribute_rows
from tests.helpers.federation.published_table import TABLE, in_files, publication


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """What a coordinator published who has learnt the labels "buys" and "leaves"."""
    publication(tmp_path / "publication")
    return tmp_path / "publication"


def notes(table: pd.DataFrame, publication: Path) -> tuple[str, ...]:
    folder = publication.parent
    table.to_csv(folder / "south.csv", index=False)
    shutil.rmtree(folder / "sent", ignore_errors=True)
    return contribute_rows(folder / "south.csv", Sending(publication, "south", folder / "sent")).notes


def spoilt(column: str, value: object, *rows: int) -> pd.DataFrame:
    table = TABLE.astype({column: object})
    table.loc[list(rows), column] = value
    return table


@pytest.mark.parametrize(
    ("column", "value", "rows", "said"),
    [
        ("outcome", None, (4,), "Row 5 of south.csv has no label. Fill it in, or leave the row out"),
        ("outcome", "  ", (4, 599), "Row 5 of south.csv has no label, nor have 1 more"),
        ("outcome", "", (599,), "Row 600 of south.csv has no label"),
        (
            "size",
            "inf",
            (7,),
            "Row 8, column 'size' of south.csv is infinite. Leave the cell empty",
        ),
        ("size", "high", (7,), "Row 8, column 'size' of south.csv holds 'high', not a number"),
    ],
)
def test_the_first_row_that_does_not_do_is_named_and_nothing_is_sent(
    published: Path, column: str, value: object, rows: tuple[int, ...], said: str
) -> None:
    with pytest.raises(InputError) as found:
        notes(spoilt(column, value, *rows), published)
    assert str(found.value).startswith(said)
    assert list((published.parent / "sent").iterdir()) == []


@pytest.mark.parametrize(("column", "value"), [("outcome", None), ("size", np.inf)])
@pytest.mark.parametrize("row", [0, 99, 100, 599])
def test_rows_of_many_files_are_named_by_their_file(published: Path, column: str, value: object, row: int) -> None:
    table = TABLE.copy()
    table.loc[row, column] = value
    folder = in_files(published.parent / "table", table=table)
    with pytest.raises(InputError, match=rf"Row {row % 100 + 1}[ ,].*of part-{row // 100}\.parquet"):
        contribute_rows(folder, Sending(published, "south", published.parent / "sent"))


def test_a_sound_file_is_nothing_to_wonder_at(published: Path) -> None:
    assert notes(TABLE, published) == ()


def test_labels_that_are_spelt_otherwise_are_told_to_the_site_which_alone_can_mend_them(published: Path) -> None:
    [told] = notes(TABLE.assign(outcome=TABLE["outcome"].str.title()), published)
    assert told.startswith("labels 'Buys', 'Leaves' are unknown to the coordinator, who knows 'buys', 'leaves'")


def test_a_coordinator_who_has_learnt_nothing_knows_no_labels_to_compare_with(tmp_path: Path) -> None:
    publish(publication(tmp_path / "learnt"), tmp_path / "publication", SigningKey.generate())
    assert notes(TABLE.assign(outcome="new"), tmp_path / "publication") == ()


def test_a_column_without_values_and_one_in_another_unit_are_told(published: Path) -> None:
    assert notes(TABLE.assign(size=None), published) == ("column 'size' has no value in any row",)
    [told] = notes(TABLE.assign(size=TABLE["size"] * 2.54 + 100), published)
    assert told.startswith("half of the values of column 'size' are far from those that the recipe was made of")


def test_a_file_that_was_appended_to_itself_is_noticed_and_one_row_that_is_there_twice_is_not(
    published: Path,
) -> None:
    assert notes(pd.concat([TABLE, TABLE]), published) == (
        "each row is there twice or more: was a file appended to itself?",
    )
    assert notes(pd.concat([TABLE, TABLE[:1]]), published) == ()


def test_a_label_column_of_another_name_is_told_without_an_option_that_is_not_there(published: Path) -> None:
    with pytest.raises(InputError, match=r"no label column 'outcome' .*Call it 'outcome' in the file"):
        notes(TABLE.rename(columns={"outcome": "Outcome"}), published)


def test_the_first_row_in_the_order_of_the_file_is_named() -> None:
    frame = pd.DataFrame({"a": [1.0, np.inf], "b": [np.inf, 1.0]})
    with pytest.raises(InputError, match="Row 11, column 'b' of x is infinite"):
        check_complete(frame, np.array(["u", "v"]), "x", before=10)
