"""Ingesting files: one batch for one content, and one outcome for several files."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flows.engine.outcome import Outcome
from flows.learning.ingest import ingest
from flows.learning.retrain import retrain
from flows.learning.train import train
from greenlightning.errors import InputError
from tasks.core.settings import Learning
from tasks.data.batch_files import feature_names
from tasks.data.batch_index import batches
from tasks.data.reading import Reading
from tasks.data.schemas import Declared, redeclared, save_schema, schema_of
from tasks.data.versioning import checkout
from tasks.models import registry
from tests.helpers.digits import (
    BASE,
    DIGITS,
    FIRST,
    SECOND,
    add,
    outcome,
    source,
)
from tests.helpers.source_files import text

pytestmark = pytest.mark.usefixtures("prefect")
SHOP = "shop"
QUICK = Learning(max_epochs=2, n_landmarks=16, hidden_layer_sizes=(8,))


@pytest.mark.usefixtures("champion")
def test_a_file_that_is_ingested_twice_is_one_batch_and_known_already() -> None:
    first = add("first", FIRST)
    again = outcome(ingest, path=source("renamed", FIRST), dataset=DIGITS)
    assert again.state == "Versioned"
    assert again.reason.startswith(f"batch {first} of 200 rows is known already: first.parquet of 20")
    assert again.reason.endswith("holds the same rows")
    base = outcome(ingest, path=source("base", BASE), dataset=DIGITS)
    assert base.reason.endswith("holds the same rows, and the champion has learnt them")
    assert len(batches(DIGITS)) == 2


@pytest.mark.usefixtures("champion")
def test_a_folder_goes_in_file_by_file_and_a_bad_one_is_named() -> None:
    folder = source("day-10", SECOND).parent
    source("day-9", FIRST)
    text("day-11.csv", "a,label\n1\n")(folder)
    several = outcome(ingest, path=folder, dataset=DIGITS)
    assert several.reason == "3 of 4 files versioned, 1 of 4 files refused"
    assert [batch.source for batch in batches(DIGITS)[1:]] == ["day-9.parquet", "day-10.parquet"]
    assert several.refused == (
        "Row 1 of day-11.csv has 1 cell, its header 2. "
        "Leave only the names above the rows, and as many cells in each row, or give --separator.",
    )


def test_what_was_detected_is_told(home: Path) -> None:
    rows = "".join(f"{number},5;{'ab'[number % 2]}\n" for number in range(20))
    path = text("a.csv", f"width;label\n{rows}")(home)
    detected = outcome(ingest, path=path, dataset="letters")
    assert detected.notes == ("cells are separated by ';'", "numbers have a decimal comma in 'width'")


def test_a_file_that_is_still_being_written_is_refused(home: Path) -> None:
    path = text("a.csv.part", "a,label\n1,2\n")(home)
    with pytest.raises(InputError, match="still being written"):
        outcome(ingest, path=path, dataset="letters", reading=Reading(wait=0))


def shop_file(folder: Path, seed: int) -> Outcome:
    """A file of customers: those of Oslo stay if they are over 40, those of Rome if they are not."""
    rng = np.random.default_rng(seed)
    age, city = rng.integers(18, 80, 120), rng.choice(["Rome", "Oslo"], 120)
    label = np.where((age > 40) == (city == "Oslo"), "stays", "goes")
    path = folder / f"{seed}.csv"
    pd.DataFrame({"age": age, "city": city, "label": label}).to_csv(path, index=False)
    return outcome(ingest, path=path, dataset=SHOP)


def columns_of_newest() -> tuple[str, ...]:
    return feature_names(checkout(batches(SHOP)[-1]))


@pytest.mark.usefixtures("mlflow_home")
def test_a_column_set_ignored_is_stored_and_learnt_until_the_next_training(tmp_path: Path) -> None:
    shop_file(tmp_path, 0)
    outcome(train, dataset=SHOP, learning=QUICK)
    save_schema(SHOP, redeclared(schema_of(SHOP), Declared(ignore=("city",))))

    later = shop_file(tmp_path, 1)
    assert (later.state, columns_of_newest()) == ("Versioned", ("age", "city"))
    outcome(retrain, dataset=SHOP)
    assert len(registry.load(SHOP).ledger) == 2

    outcome(train, dataset=SHOP, learning=QUICK)
    encoder = registry.load(SHOP, max(one.version for one in registry.versions(SHOP))).encoder
    assert encoder is not None and encoder.schema.features == ("age",)
