"""The encoder is frozen on the base and exact: no order, partition or file changes a bit of its inputs."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenlightning.errors import IntegrityError
from greenlightning.tables import TableEncoder, conform, infer_schema
from greenlightning.tables.numbers import normal_quantiles

ROWS = 90
RNG = np.random.default_rng(0)
BASE = pd.DataFrame(
    {
        "n": np.where(RNG.random(ROWS) < 0.2, np.nan, RNG.normal(size=ROWS)),
        "price": np.exp(RNG.normal(scale=4, size=ROWS)),
        "flag": RNG.random(ROWS) < 0.5,
        "city": RNG.choice(["Rome", "Paris", "Oslo", None], ROWS),
        "at": pd.date_range("2024-01-01", periods=ROWS, freq="7h"),
        "label": RNG.choice(["a", "b"], ROWS),
    }
)
SCHEMA = infer_schema(BASE)
ENCODER = TableEncoder.fit(conform(BASE, SCHEMA).frame, SCHEMA)


def encoded(frame: pd.DataFrame) -> np.ndarray:
    return ENCODER.transform(conform(frame, SCHEMA).frame)


def column(name: str, frame: pd.DataFrame) -> list[float]:
    return encoded(frame)[:, ENCODER.feature_names_out.index(name)].tolist()


def test_a_gap_gets_the_median_of_the_base_and_an_indicator() -> None:
    gap = BASE.head(1).assign(n=np.nan)
    assert column("n", gap) == [BASE["n"].median()]
    assert column("n missing", gap) == [1.0]


def test_a_gap_where_the_base_had_none_is_filled_without_an_indicator() -> None:
    assert column("flag", BASE.head(1).assign(flag=None)) == [BASE["flag"].median()]
    assert "flag missing" not in ENCODER.feature_names_out


def test_rare_and_unseen_categories_share_a_slot_and_gaps_have_their_own() -> None:
    rows = BASE.head(3).assign(city=["Rome", "Atlantis", None])
    slots = ["city=Oslo", "city=Paris", "city=Rome", "city=other", "city=missing"]
    found = np.array([column(slot, rows) for slot in slots]).T
    assert found.tolist() == [[0, 0, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1]]


def test_dates_become_the_cycles_that_the_base_covers_and_the_time_since_its_start() -> None:
    dates = [name for name in ENCODER.feature_names_out if name.startswith("at ")]
    assert dates == [
        "at time of day sine",
        "at time of day cosine",
        "at day of week sine",
        "at day of week cosine",
        "at elapsed",
    ]
    six = BASE.head(1).assign(at=pd.Timestamp("2024-01-01 06:00"))
    assert column("at time of day sine", six) == [1.0]
    assert column("at time of day cosine", six) == [0.0]
    assert column("at elapsed", BASE.tail(1)) == [1.0]


def test_columns_and_the_data_frame_of_them_are_encoded_alike() -> None:
    table = conform(BASE, SCHEMA)
    assert not isinstance(table.columns, pd.DataFrame)
    assert np.array_equal(ENCODER.transform(table.columns), ENCODER.transform(table.frame))


def test_the_event_time_has_its_cycles_only() -> None:
    schema = infer_schema(BASE, time="at")
    encoder = TableEncoder.fit(conform(BASE, schema).frame, schema)
    dates = [name for name in encoder.feature_names_out if name.startswith("at ")]
    assert dates == [f"at {part} {wave}" for part in ("time of day", "day of week") for wave in ("sine", "cosine")]
    assert encoder.transform(conform(BASE, schema).frame).shape[1] == len(encoder.sources)


def test_a_heavy_tailed_column_becomes_normal_quantiles() -> None:
    assert np.isnan(ENCODER.numbers.knots[0]).all() and not np.isnan(ENCODER.numbers.knots[1]).any()
    prices = np.array(column("price", BASE))
    assert abs(np.median(prices)) < 0.05 and np.abs(prices).max() < 2.6


def test_normal_quantiles_by_hand() -> None:
    """Of the knots 0, 1, 4, the value 1 is the median, 2.5 the quantile 0.75, and 9 the highest rank."""
    found = normal_quantiles(np.array([1.0, 2.5, 9.0]), np.array([0.0, 1.0, 4.0]))
    assert found == pytest.approx([0.0, 0.6745, 2.5758], abs=1e-4)


@given(st.randoms(use_true_random=False), st.integers(1, ROWS))
def test_no_order_and_no_partition_changes_a_bit(random: object, cut: int) -> None:
    order = list(range(ROWS))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = BASE.iloc[order]
    assert TableEncoder.fit(conform(shuffled, SCHEMA).frame, SCHEMA).digest == ENCODER.digest
    parts = [encoded(part) for part in (shuffled.iloc[:cut], shuffled.iloc[cut:]) if len(part)]
    assert np.array_equal(np.concatenate(parts), encoded(BASE)[order])


def test_an_encoder_is_saved_without_pickle_and_sealed(tmp_path: Path) -> None:
    ENCODER.save(tmp_path)
    again = TableEncoder.load(tmp_path)
    assert again.digest == ENCODER.digest
    assert np.array_equal(again.transform(conform(BASE, SCHEMA).frame), encoded(BASE))
    text = (tmp_path / "encoder.json").read_text()
    (tmp_path / "encoder.json").write_text(text.replace('"Rome"', '"Roma"'))
    with pytest.raises(IntegrityError, match="another than it says"):
        TableEncoder.load(tmp_path)


def test_every_column_of_the_inputs_has_a_name_and_a_source() -> None:
    assert encoded(BASE).shape == (ROWS, len(ENCODER.feature_names_out))
    assert len(ENCODER.sources) == len(ENCODER.feature_names_out)
    assert set(ENCODER.sources) == set(SCHEMA.features)


def test_a_table_of_plain_numbers_passes_unchanged() -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [4.0, 5.0, 6.5]})
    schema = infer_schema(frame, label=None)
    assert TableEncoder.fit(frame, schema).transform(frame).tolist() == frame.to_numpy().tolist()
