"""A dataset's schema is learnt from its first file, shown, edited as YAML, and followed by every later file."""

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet
import pytest
import yaml

from greenlightning.errors import InputError, NothingServedError
from greenlightning.tables import Column, Kind, TableSchema
from tasks.data.batch_files import read_content
from tasks.data.batch_index import pointer_path
from tasks.data.ingestion import land
from tasks.data.pointers.sealed import read_text, write_sealed
from tasks.data.schemas import (
    Declared,
    check_label,
    frozen_schema,
    known_schema,
    read_options,
    redeclared,
    save_schema,
    schema_of,
    schema_path,
    time_of,
)
from tasks.data.versioning import version_batch

ROWS = 40
TABLE = pd.DataFrame(
    {
        "id": [f"c{number}" for number in range(ROWS)],
        "age": [30, None] * 20,
        "city": ["Rome", "Oslo"] * 20,
        "vip": [True, False] * 20,
        "day": pd.date_range("2024-01-01", periods=ROWS),
        "label": ["stays", "goes"] * 20,
    }
)


def csv(folder: Path, frame: pd.DataFrame, name: str = "base.csv") -> Path:
    frame.to_csv(folder / name, index=False)
    return folder / name


def test_the_first_file_gives_the_schema_and_a_batch_of_typed_columns(tmp_path: Path) -> None:
    batch = land.fn(csv(tmp_path, TABLE), "shop", Declared(time="day"))
    schema = schema_of("shop")
    kinds = {column.name: str(column.kind) for column in schema.columns}
    assert kinds == {
        "id": "identifier",
        "age": "numeric",
        "city": "categorical",
        "vip": "boolean",
        "day": "datetime",
    }
    assert (schema.time, schema.task, schema.identifier) == ("day", "classification", "id")
    found = read_content(batch.path)
    assert found.frame["city"].tolist() == TABLE["city"].tolist()
    assert found.frame["vip"].tolist() == [1.0, 0.0] * 20
    assert found.frame["day"].tolist() == TABLE["day"].tolist()
    assert found.frame["age"].isna().tolist() == TABLE["age"].isna().tolist()
    assert found.y.tolist() == TABLE["label"].tolist()


def test_the_content_that_landing_hands_on_is_that_of_its_file(tmp_path: Path) -> None:
    batch = land.fn(csv(tmp_path, TABLE), "shop")
    on_disk = read_content(batch.path)
    pd.testing.assert_frame_equal(batch.content.frame, on_disk.frame)


def test_csv_and_parquet_of_one_table_are_one_batch(tmp_path: Path) -> None:
    first = land.fn(csv(tmp_path, TABLE), "shop")
    TABLE[TABLE.columns[::-1]].to_parquet(tmp_path / "again.parquet")
    assert land.fn(tmp_path / "again.parquet", "shop").id == first.id


def test_a_declared_column_is_left_out_of_the_batch(tmp_path: Path) -> None:
    batch = land.fn(csv(tmp_path, TABLE), "shop", Declared(ignore=("city",)))
    assert "city" not in read_content(batch.path).features
    assert schema_of("shop").of_kind(Kind.IGNORED) == ("city",)


def test_an_edited_yaml_is_what_later_files_follow(tmp_path: Path) -> None:
    version_batch.fn(land.fn(csv(tmp_path, TABLE), "shop"))
    text = schema_path("shop").read_text()
    schema_path("shop").write_text(text.replace("name: city\n  kind: categorical", "name: city\n  kind: ignored"))
    later = land.fn(csv(tmp_path, TABLE.head(20), "later.csv"), "shop")
    assert "city" not in read_content(later.path).features


def test_a_column_that_the_champion_reads_is_stored_though_it_is_ignored_now(tmp_path: Path) -> None:
    whole = land.fn(csv(tmp_path, TABLE), "shop")
    save_schema("shop", redeclared(schema_of("shop"), Declared(ignore=("city", "age"))))
    read = (Column("age", Kind.NUMERIC), Column("city", Kind.CATEGORICAL), Column("gone", Kind.NUMERIC))
    assert land.fn(tmp_path / "base.csv", "shop", read=read).id == whole.id
    assert schema_of("shop").of_kind(Kind.IGNORED) == ("age", "city")
    later = land.fn(csv(tmp_path, TABLE.drop(columns="age"), "later.csv"), "shop", read=read)
    assert read_content(later.path).features == ("id", "city", "vip", "day")


def test_a_schema_is_parsed_once_while_its_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load, parsed = yaml.load, []
    monkeypatch.setattr(yaml, "load", lambda *given, **more: parsed.append(1) or load(*given, **more))
    land.fn(csv(tmp_path, TABLE), "once")
    land.fn(csv(tmp_path, TABLE.head(30), "later.csv"), "once")
    assert len(parsed) == 1
    save_schema("once", redeclared(schema_of("once"), Declared(ignore=("city",))))
    assert schema_of("once").of_kind(Kind.IGNORED) == ("city",)


def test_a_damaged_yaml_is_one_line(tmp_path: Path) -> None:
    land.fn(csv(tmp_path, TABLE), "shop")
    schema_path("shop").write_text("columns: [")
    with pytest.raises(InputError, match=r"shop\.yaml is not YAML"):
        known_schema("shop")


def test_until_a_batch_is_versioned_other_columns_start_the_schema_again(tmp_path: Path) -> None:
    land.fn(csv(tmp_path, TABLE.rename(columns={"age": "aeg"})), "shop")
    version_batch.fn(land.fn(csv(tmp_path, TABLE), "shop"))
    assert "age" in schema_of("shop").names
    with pytest.raises(InputError, match="lacks column 'age'"):
        land.fn(csv(tmp_path, TABLE.rename(columns={"age": "aeg"})), "shop")


def test_a_label_that_no_batch_was_read_with_is_refused_with_the_columns_that_there_are(tmp_path: Path) -> None:
    """Whether the batch waits or is versioned, and whether the name is that of no column or of a feature."""
    batch = land.fn(csv(tmp_path, TABLE.rename(columns={"label": "end"})), "shop", Declared(label="end"))
    for _ in range(2):
        check_label("shop", schema_of("shop"))
        for name in ("edn", "age"):
            wrong = redeclared(schema_of("shop"), Declared(label=name))
            with pytest.raises(InputError) as refused:
                check_label("shop", wrong)
            line = str(refused.value)
            assert (
                f"shop.yaml names the label '{name}'" in line and "(columns: end, id, age, city, vip, …)" in line
            )
            assert "--label end" in line
        if batch.path.exists():
            assert version_batch.fn(batch).label == "end"


def test_batches_that_do_not_say_their_label_leave_it_to_the_next_file(tmp_path: Path) -> None:
    """Those of earlier releases; and they keep their bytes when they are ingested again."""
    ref = version_batch.fn(land.fn(csv(tmp_path, TABLE), "shop"))
    pointer = pointer_path("shop", ref.id)
    content = read_text(pointer)
    del content["meta"]["label"]
    write_sealed(pointer, content)
    check_label("shop", redeclared(schema_of("shop"), Declared(label="edn")))
    assert b'"label"' not in provenance_bytes(land.fn(tmp_path / "base.csv", "shop").path)


def provenance_bytes(path: Path) -> bytes:
    metadata: dict[bytes, bytes] = pyarrow.parquet.read_schema(path).metadata
    return metadata[b"greenlightning"]


def test_declaring_again_changes_one_column_and_keeps_the_rest(tmp_path: Path) -> None:
    land.fn(csv(tmp_path, TABLE), "shop")
    known = schema_of("shop")
    changed = redeclared(known, Declared(categorical=("age",), time="day"))
    save_schema("shop", changed)
    assert schema_of("shop") == changed
    assert changed.of_kind(Kind.CATEGORICAL) == ("age", "city")


def test_a_later_file_may_name_its_label_otherwise(tmp_path: Path) -> None:
    version_batch.fn(land.fn(csv(tmp_path, TABLE), "shop"))
    renamed = csv(tmp_path, TABLE.head(20).rename(columns={"label": "verdict"}), "later.csv")
    with pytest.raises(InputError, match=r"later\.csv has no label column 'label'"):
        land.fn(renamed, "shop")
    assert land.fn(renamed, "shop", Declared(label="verdict")).content.y.tolist() == ["stays", "goes"] * 10
    assert schema_of("shop").label == "label"


def test_the_holdout_has_the_schema_of_its_dataset() -> None:
    assert schema_path("shop.holdout") == schema_path("shop")


def test_a_dataset_without_a_file_has_no_schema() -> None:
    with pytest.raises(NothingServedError, match="'shop' has no schema yet"):
        frozen_schema("shop", None)


def test_files_are_read_with_the_columns_that_are_declared_or_known(tmp_path: Path) -> None:
    declared = Declared(label="kind", identifiers=("index",), time="day")
    options = read_options("d", declared)
    assert (options.label, options.keep, time_of("d", declared)) == ("kind", ("index", "day"), "day")
    land.fn(csv(tmp_path, TABLE), "d", Declared(time="day"))
    assert read_options("d", Declared()).keep == ("id", "age", "city", "vip", "day")
    assert time_of("d", Declared()) == "day"


def test_a_column_that_counts_rows_is_kept_where_it_is_declared(tmp_path: Path) -> None:
    counted = TABLE.drop(columns="id").set_axis(list(range(7, 47))).rename_axis("index")
    counted.reset_index().to_csv(tmp_path / "a.csv", index=False)
    counted.to_parquet(tmp_path / "a.parquet")
    for number, name in enumerate(("a.csv", "a.parquet")):
        land.fn(tmp_path / name, f"d{number}", Declared(identifiers=("index",)))
        assert schema_of(f"d{number}").identifier == "index"
        land.fn(tmp_path / name, f"e{number}")
        assert "index" not in schema_of(f"e{number}").names


def test_a_file_in_another_unit_is_refused_and_one_without_units_is_taken(tmp_path: Path) -> None:
    def parcels(name: str, unit: str) -> Path:
        rows = "".join(f"{number} {unit},{'late' if number % 2 else 'on time'}\n" for number in range(20))
        (tmp_path / name).write_text(f"weight,label\n{rows}")
        return tmp_path / name

    land.fn(parcels("first.csv", "kg"), "parcels")
    assert schema_of("parcels").columns[0].reason == "numbers, in kg"
    land.fn(parcels("bare.csv", ""), "parcels")
    with pytest.raises(InputError, match=r"Column 'weight' of grams.csv is in 'g', and it was in 'kg' before"):
        land.fn(parcels("grams.csv", "g"), "parcels")


def test_until_a_batch_is_versioned_a_column_that_was_empty_is_looked_at_again(tmp_path: Path) -> None:
    land.fn(csv(tmp_path, TABLE.assign(age=None)), "shop", Declared(categorical=("city",)))
    batch = land.fn(csv(tmp_path, TABLE, "mended.csv"), "shop")
    assert schema_of("shop").columns[1].kind is Kind.NUMERIC
    version_batch.fn(batch)
    land.fn(csv(tmp_path, TABLE.assign(age=None), "first.csv"), "other")
    version_batch.fn(land.fn(csv(tmp_path, TABLE.assign(age=None), "first.csv"), "other"))
    land.fn(csv(tmp_path, TABLE, "second.csv"), "other")
    assert schema_of("other").columns[1].kind is Kind.IGNORED


def test_a_workbook_whose_first_sheet_is_a_cover_is_refused_with_the_others_named(tmp_path: Path) -> None:
    with pd.ExcelWriter(tmp_path / "visits.xlsx") as book:
        pd.DataFrame({"note": ["internal"]}).to_excel(book, sheet_name="cover", index=False)
        TABLE.to_excel(book, sheet_name="rows", index=False)
    with pytest.raises(InputError, match=r"with --label .*, or another sheet with --sheet: rows"):
        land.fn(tmp_path / "visits.xlsx", "visits")


@pytest.mark.parametrize("first", [0, 1])
def test_a_named_index_is_no_feature_and_the_note_names_the_remedy(first: int, tmp_path: Path) -> None:
    table = pd.DataFrame({"size": [3, 5] * 20, "label": ["a", "b"] * 20}, index=range(first, first + ROWS))
    table.rename_axis("visit").to_csv(tmp_path / "a.csv")
    notes = land.fn(tmp_path / "a.csv", "shop").notes
    assert schema_of("shop").features == ("size",)
    assert "index=False" in next(note for note in notes if "'visit'" in note)
    assert land.fn(csv(tmp_path, table[:30], "b.csv"), "shop").rows == 30


@pytest.mark.parametrize(
    ("columns", "declared"),
    [
        ({"t": range(5, 5 + ROWS), "size": [3, 5] * 20}, {}),
        ({"size": [3, 5] * 20, "t": range(ROWS)}, {}),
        ({"t": range(ROWS)}, {}),
        ({"t": range(ROWS), "size": [3, 5] * 20}, {"time": "t"}),
    ],
    ids=["other start", "not the first", "alone", "event time"],
)
def test_other_rising_numbers_are_features(
    columns: dict[str, Any], declared: dict[str, str], tmp_path: Path
) -> None:
    land.fn(csv(tmp_path, pd.DataFrame(columns).assign(label=["a", "b"] * 20)), "shop", Declared(**declared))
    assert "t" in schema_of("shop").features


def test_a_declared_identifier_names_predictions_before_a_counter_does() -> None:
    counter, code = Column("visit", Kind.IDENTIFIER, "it counts the rows"), Column("code", Kind.IDENTIFIER)
    assert TableSchema((counter, code)).identifier == "code"
    assert TableSchema((counter,)).identifier == "visit"


def test_labels_that_spell_numbers_stay_text_where_the_others_are_text(tmp_path: Path) -> None:
    grades = TABLE[["age", "city"]].assign(label=["1", "A"] * 20)
    land.fn(csv(tmp_path, grades), "shop")
    batch = land.fn(csv(tmp_path, grades.assign(label=["1", "2"] * 20), "more.csv"), "shop")
    assert batch.content.y.tolist() == read_content(batch.path).y.tolist() == ["1", "2"] * 20
