"""Estimators take tables as people have them: text, categories, gaps and dates, without a ColumnTransformer."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from greenlightning import GreenLightningClassifier, GreenLightningRegressor
from greenlightning.errors import InputError

ROWS = 240
RNG = np.random.default_rng(0)
TABLE = pd.DataFrame(
    {
        "size": np.where(RNG.random(ROWS) < 0.1, np.nan, RNG.normal(size=ROWS)),
        "city": pd.Categorical(RNG.choice(["Rome", "Paris", "Oslo"], ROWS)),
        "member": RNG.choice(["yes", "no"], ROWS),
        "since": pd.date_range("2024-01-01", periods=ROWS, freq="D"),
    }
)
LABELS = np.where((TABLE["city"] == "Rome") ^ (TABLE["member"] == "yes"), "buys", "leaves")
FAST = {"hidden_layer_sizes": (32,), "max_epochs": 15, "random_state": 0}


@pytest.fixture(scope="module")
def fitted() -> GreenLightningClassifier:
    return GreenLightningClassifier(**FAST).fit(TABLE[:120], LABELS[:120])


def test_what_only_categories_show_is_learnt(fitted: GreenLightningClassifier) -> None:
    assert fitted.score(TABLE[120:], LABELS[120:]) > 0.9


def test_batches_of_a_table_give_the_same_digest_in_any_order(fitted: GreenLightningClassifier) -> None:
    structure, encoder = fitted.model_.structure, fitted.encoder_

    def learnt(*starts: int) -> str:
        first = fitted.model_.encode(TABLE[:120])
        model = GreenLightningClassifier(**FAST).fit_structure(structure, first, LABELS[:120], encoder=encoder)
        for start in starts:
            model.partial_fit(TABLE[start : start + 40], LABELS[start : start + 40])
        return model.model_.statistics.digest

    assert learnt(120, 160, 200) == learnt(200, 120, 160)


def test_forgetting_a_batch_gives_the_digest_of_never_having_learnt_it() -> None:
    model = GreenLightningClassifier(**FAST).fit(TABLE[:120], LABELS[:120])
    before = model.model_.statistics.digest
    model.partial_fit(TABLE[120:], LABELS[120:]).forget(TABLE[120:], LABELS[120:])
    assert model.model_.statistics.digest == before


def test_a_category_and_a_gap_that_the_base_never_saw_get_a_prediction(fitted: GreenLightningClassifier) -> None:
    strange = TABLE.head(2).assign(city=["Atlantis", None], since=pd.NaT, member=None)
    assert set(fitted.predict(strange)) <= {"buys", "leaves"}


def test_a_cell_that_cannot_be_read_is_named(fitted: GreenLightningClassifier) -> None:
    with pytest.raises(InputError, match="Row 2, column 'size' of the table holds 'big', not a number"):
        fitted.predict(TABLE.head(2).assign(size=["1.5", "big"]))


def test_an_array_may_have_gaps() -> None:
    X = RNG.normal(size=(80, 3))
    X[::4, 1] = np.nan
    y = X[:, 0] > 0
    model = GreenLightningClassifier(**FAST).fit(X, y)
    assert model.encoder_.feature_names_out == ("x0", "x1", "x2", "x1 missing")
    assert model.score(X, y) > 0.9


def test_a_regressor_takes_tables_too() -> None:
    y = (TABLE["city"] == "Rome") * 3.0 + (TABLE["member"] == "yes")
    model = GreenLightningRegressor(**FAST).fit(TABLE[:160], y[:160])
    assert model.score(TABLE[160:], y[160:]) > 0.9


def test_a_saved_estimator_keeps_its_encoder(fitted: GreenLightningClassifier, tmp_path: Path) -> None:
    fitted.save(tmp_path)
    again = GreenLightningClassifier.load(tmp_path)
    assert np.array_equal(again.predict_proba(TABLE), fitted.predict_proba(TABLE))
    assert again.model_.paths.digest == fitted.model_.paths.digest


def test_the_encoder_is_part_of_the_recipe(fitted: GreenLightningClassifier) -> None:
    X = fitted.model_.encode(TABLE[:120])
    plain = GreenLightningClassifier(**FAST).fit_structure(fitted.model_.structure, X, LABELS[:120])
    assert plain.model_.paths.digest != fitted.model_.paths.digest
