"""The same rows are the same batch, whichever program wrote them: text, numbers, gaps, booleans and dates."""

from collections.abc import Callable
from datetime import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from greenlightning.tables import Column, Kind
from greenlightning.tables.values import canonical
from tasks.data.ingestion import land
from tasks.data.schemas import schema_of

ROWS = 60
RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "id": [f"c{number:03d}" for number in range(ROWS)],
        "age": np.where(RNG.random(ROWS) < 0.1, np.nan, RNG.integers(18, 80, ROWS)),
        "income": np.round(RNG.lognormal(8, 1, ROWS), 2),
        "city": pd.Series(RNG.choice(["Köln", "Rome", "São Paulo"], ROWS)).where(RNG.random(ROWS) > 0.1, None),
        "vip": RNG.random(ROWS) < 0.5,
        "day": pd.date_range("2026-01-01", periods=ROWS, freq="D"),
        "label": RNG.choice(["stays", "goes"], ROWS),
    }
)
SPACED = FRAME.rename(columns=" {} ".format).assign(**{" label ": FRAME["label"] + " "})
WRITERS: dict[str, Callable[[Path], object]] = {
    "a.csv": lambda path: FRAME.to_csv(path, index=False),
    "index.csv": FRAME.to_csv,
    "a.parquet": FRAME.to_parquet,
    "a.feather": FRAME.to_feather,
    "categories.parquet": FRAME.astype({"city": "category", "label": "category"}).to_parquet,
    "lines.jsonl": lambda path: FRAME.to_json(path, orient="records", lines=True, date_format="iso"),
    "list.json": lambda path: FRAME.to_json(path, orient="records", date_format="iso"),
    "german.csv": lambda path: FRAME.to_csv(path, sep=";", decimal=",", encoding="cp1252", index=False),
    "unicode.txt": lambda path: FRAME.to_csv(path, sep="\t", encoding="utf-16", index=False),
    "quoted.csv.gz": lambda path: FRAME.to_csv(path, quoting=1, index=False),
    "null.CSV": lambda path: FRAME.to_csv(path, na_rep="NULL", index=False),
    "mysql.csv.bz2": lambda path: FRAME.to_csv(path, na_rep=r"\N", index=False),
    "reversed.csv.zip": lambda path: FRAME[FRAME.columns[::-1]].to_csv(path, index=False),
    "words.csv.xz": lambda path: FRAME.assign(vip=np.where(FRAME["vip"], "yes", "no")).to_csv(path, index=False),
    "ones.csv": lambda path: FRAME.assign(vip=FRAME["vip"].astype(int)).to_csv(path, index=False),
    "whole.csv": lambda path: FRAME.assign(age=FRAME["age"].astype("Int64")).to_csv(path, index=False),
    "spaced.csv": lambda path: SPACED.to_csv(path, index=False),
}


def test_every_file_of_the_same_rows_is_the_same_batch(tmp_path: Path) -> None:
    ids = {}
    for name, write in WRITERS.items():
        write(tmp_path / name)
        ids[name] = land.fn(tmp_path / name, "d").id
    assert set(ids.values()) == {ids["a.csv"]}, ids


@pytest.mark.parametrize("first", ["csv", "parquet"])
def test_times_of_the_day_are_the_same_in_text_and_with_a_type(first: str, tmp_path: Path) -> None:
    times = [time(number % 24, 7 * number % 60) if number % 9 else None for number in range(ROWS)]
    frame = FRAME[["age", "label"]].assign(at=times)
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_parquet(tmp_path / "a.parquet")
    landed = [
        land.fn(tmp_path / f"a.{suffix}", "shop") for suffix in sorted(["csv", "parquet"], reverse=first != "csv")
    ]
    assert landed[0].id == landed[1].id
    assert schema_of("shop").of_kind(Kind.DATETIME) == ("at",)


def test_times_of_the_day_are_seconds_where_the_schema_has_numbers() -> None:
    cells = pd.Series(pd.to_datetime(["1900-01-01 00:01:30", None]), name="at")
    assert canonical(cells, Column("at", Kind.NUMERIC), "a.parquet").tolist()[0] == 90.0
