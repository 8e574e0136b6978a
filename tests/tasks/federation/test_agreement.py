"""Sites agree on a schema without rows; the next training of the dataset uses the encoder they agreed on."""

from pathlib import Path

import numpy as np
import pytest

from greenlightning.errors import IntegrityError, MismatchError
from greenlightning.federation import merged_profiles
from greenlightning.tables import TableEncoder, conform, in_form_of, infer_schema
from tasks.data.holdout import Learnable
from tasks.data.ingestion import land
from tasks.data.schemas import DECLARED, Declared, agreed_encoder, known_schema, schema_of
from tasks.data.versioning import version_batch
from tasks.federation import large_tables
from tasks.federation.agreement import agree, profile_rows
from tasks.federation.sending import Sending
from tasks.training.structure import read_base
from tests.helpers.federation.published_table import TABLE, in_files

TABLE = TABLE.rename(columns={"outcome": "label"})


def profiles(folder: Path) -> list[Path]:
    """The profiles of two sites with unequal shares of the table; every category is named."""
    sent = []
    for site, rows in (("north", slice(0, 150)), ("south", slice(150, 600))):
        TABLE[rows].to_csv(folder / f"{site}.csv", index=False)
        profile_rows(folder / f"{site}.csv", "label", Sending(Path(), site, folder / f"from-{site}", 1))
        sent.append(folder / f"from-{site}")
    return sent


def test_the_order_of_profiles_makes_no_difference_and_the_schema_is_that_of_all_rows(tmp_path: Path) -> None:
    sent = profiles(tmp_path)
    schema = agree(sent, "ward", DECLARED)
    first = agreed_encoder("ward", schema)
    assert agree(sent[::-1], "ward", DECLARED) == schema == known_schema("ward")
    again = agreed_encoder("ward", schema)
    assert first and again and first.digest == again.digest
    pooled = infer_schema(TABLE)
    assert schema.canonical_json() == pooled.canonical_json()
    encoder = TableEncoder.fit(in_form_of(conform(TABLE, pooled).frame, pooled), pooled)
    agreed, exact = (one.transform(conform(TABLE, pooled).columns) for one in (first, encoder))
    np.testing.assert_allclose(agreed, exact, rtol=0.004)


def test_the_next_training_uses_the_agreed_encoder_unless_columns_are_declared_otherwise(tmp_path: Path) -> None:
    sent = profiles(tmp_path)
    agree(sent, "ward", DECLARED)
    base = version_batch.fn(land.fn(tmp_path / "north.csv", "ward"))
    holdout = version_batch.fn(land.fn(tmp_path / "south.csv", "ward.holdout"))
    schema = schema_of("ward")
    encoder, _ = read_base(Learnable(holdout, schema=schema), [base], schema)
    agreed = agreed_encoder("ward", schema)
    assert encoder and agreed and encoder.digest == agreed.digest
    other = agree(sent, "other", Declared(ignore=("city",)))
    assert agreed_encoder("ward", other) is None


def test_a_folder_of_files_has_the_profile_of_its_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_tables, "PART_ROWS", 60)
    monkeypatch.setattr(large_tables, "BLOCK_CELLS", 1)
    rare = TABLE.assign(city=TABLE["city"].where(TABLE.index % 300 > 0, "Bergen"))
    rare.to_parquet(tmp_path / "table.parquet", index=False)
    in_files(tmp_path / "table", table=rare)
    for fewest, cities in ((2, {"Bergen", "Oslo", "Paris", "Rome"}), (3, {"Oslo", "Paris", "Rome"})):
        found = []
        for name in ("table.parquet", "table"):
            place = tmp_path / f"{name}-{fewest}"
            profile_rows(tmp_path / name, "label", Sending(Path(), "north", place, fewest))
            found.append(merged_profiles([place]))
        whole, blocks = found
        assert blocks == whole and set(whole.columns["city"].named) == cities


def test_a_profile_that_is_damaged_or_comes_twice_or_is_not_trusted_is_refused(tmp_path: Path) -> None:
    sent = profiles(tmp_path)
    with pytest.raises(MismatchError, match="Site north sent two profiles"):
        agree([sent[0], sent[0]], "ward", DECLARED)
    with pytest.raises(MismatchError, match="not trusted"):
        agree(sent, "ward", DECLARED, frozenset({"0" * 64}))
    (sent[1] / "profile.json").write_text("{}")
    with pytest.raises(IntegrityError, match="is not the file that was signed"):
        agree(sent, "ward", DECLARED)
    assert known_schema("ward") is None
