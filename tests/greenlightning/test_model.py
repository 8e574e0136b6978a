"""The model: it learns, forgets and merges, never twice; it is saved without pickle; its probabilities hold."""

import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from greenlightning import GreenLightningModel, Statistics
from greenlightning.data.batch import Batch
from greenlightning.data.ledger import Ledger, LedgerEntry
from greenlightning.data.targets import ClassTargets, RealTargets
from greenlightning.errors import IntegrityError, LedgerError, MismatchError, NotFittedError
from greenlightning.paths import ExplicitPaths, LandmarkPaths
from tests.helpers.small import blobs, random_structure


@pytest.fixture
def batches() -> list[Batch]:
    """Three batches of 40 rows; the third brings a class of its own."""
    X, y = blobs(120, n_classes=4)
    order = np.argsort(y == 3, kind="stable")
    return [Batch(X[rows], y[rows]) for rows in np.split(order, 3)]


@pytest.fixture
def empty(batches: list[Batch]) -> GreenLightningModel:
    """A landmark model that has learnt nothing; the first batch helped to make all of it."""
    seen = (batches[0].id,)
    structure = random_structure(4, (10, 8), seen=seen)
    paths = LandmarkPaths.build(structure, batches[0].X, batches[0].y, n_landmarks=20, seen=seen)
    return GreenLightningModel.empty(paths, alpha=0.1)


def test_learning_enters_the_batch_in_the_ledger(empty: GreenLightningModel, batches: list[Batch]) -> None:
    model = empty.learn(batches[0], md5="0" * 32, site="north")
    assert dict(model.ledger.entries) == {batches[0].id: LedgerEntry(40, "0" * 32, "north")}
    assert (model.statistics.n, model.ledger.rows, len(model.ledger)) == (40, 40, 1)
    assert empty.statistics.n == len(empty.ledger) == 0
    assert (model.learn(batches[2]).predict(batches[2].X) == batches[2].y).mean() > 0.8


def test_a_batch_is_never_learnt_twice(empty: GreenLightningModel, batches: list[Batch]) -> None:
    model = empty.learn(batches[0]).learn(batches[1])
    assert model.learn(batches[0]) is model
    assert model.learn(Batch(batches[0].X.astype(object), batches[0].y)) is model
    unreadable = Batch(np.full((40, 99), np.nan), batches[0].y, batches[0].id)
    assert model.learn(unreadable) is model
    statistics = model.collect(batches[0].X, batches[0].y)
    assert model.absorb(statistics, batches[0].id, LedgerEntry(40)) is model
    with pytest.raises(LedgerError, match=f"Both models learnt batch {batches[0].id}"):
        model.merge(empty.learn(batches[0]))


def test_forgetting_takes_it_out_of_ledger_and_classes(empty: GreenLightningModel, batches: list[Batch]) -> None:
    once = empty.learn(batches[0])
    assert once.classes == (0, 1, 2)
    twice = once.learn(batches[2])
    assert twice.classes == (0, 1, 2, 3)
    back = twice.forget(batches[2])
    assert (back.statistics, back.classes, dict(back.ledger.entries)) == (
        once.statistics,
        once.classes,
        dict(once.ledger.entries),
    )
    assert np.array_equal(back.predict_proba(batches[1].X), once.predict_proba(batches[1].X))
    assert back.forget(batches[0]).statistics == empty.statistics


def test_only_what_was_learnt_is_forgotten(empty: GreenLightningModel, batches: list[Batch]) -> None:
    model = empty.learn(batches[0])
    with pytest.raises(LedgerError, match=f"{batches[1].id} is not in the ledger of 1 batches"):
        model.forget(batches[1])
    with pytest.raises(LedgerError, match="learnt with 40 rows and is given with 39"):
        model.forget(Batch(batches[0].X[1:], batches[0].y[1:], batches[0].id))


def test_merging_adds_both_ledgers(empty: GreenLightningModel, batches: list[Batch]) -> None:
    merged = empty.learn(batches[0], site="a").merge(empty.learn(batches[2], site="b"))
    assert {entry.site for entry in merged.ledger.entries.values()} == {"a", "b"}
    assert merged.statistics == empty.learn(batches[2]).learn(batches[0]).statistics
    assert merged.ledger.rows == merged.statistics.n == 80


def test_models_of_other_recipes_do_not_merge(empty: GreenLightningModel, batches: list[Batch]) -> None:
    other = ExplicitPaths.build(random_structure(4, (5,)), batches[0].X)
    with pytest.raises(MismatchError, match="differ in structure"):
        empty.learn(batches[0]).merge(GreenLightningModel.empty(other, 0.1).learn(batches[1]))
    coarse = LandmarkPaths.build(empty.structure, batches[1].X, n_landmarks=20)
    with pytest.raises(MismatchError, match="differ in recipe"):
        empty.learn(batches[0]).merge(GreenLightningModel.empty(coarse, 0.1).learn(batches[1]))


def test_withdrawn_rows_are_told_by_the_ledger(empty: GreenLightningModel, batches: list[Batch]) -> None:
    X, y = batches[0].X, batches[0].y
    model = empty.learn(batches[0]).withdraw(Batch(X[:10], y[:10], "ten rows"))
    assert (model.ledger.rows, model.statistics.n) == (30, 30)
    assert model.statistics == empty.learn(Batch(X[10:], y[10:])).statistics
    assert Ledger.from_dict(model.ledger.to_dict()) == model.ledger


def test_two_sites_that_took_the_same_rows_back_both_count() -> None:
    north, south = (Ledger({site: LedgerEntry(10)}, {"rows": 3}) for site in ("north", "south"))
    assert north.merged(south).rows == 10 - 3 + 10 - 3
    assert list(north.merged(south)) == ["north", "south"]


@pytest.mark.parametrize(
    ("structure", "paths", "parts"),
    [
        ((), (), ()),
        (("b",), (), ("structure",)),
        ((), ("a", "b"), ("landmarks",)),
        (("b",), ("b",), ("structure", "landmarks")),
        (("a",), ("a",), ()),
    ],
)
def test_frozen_parts_remember_the_batches_that_made_them(
    structure: tuple[str, ...], paths: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    X, y = blobs(30)
    recipe = LandmarkPaths.build(random_structure(4, (6,), seen=structure), X, y, n_landmarks=9, seen=paths)
    assert GreenLightningModel.empty(recipe, 1.0).remembered_by("b") == parts


def test_a_projection_remembers_too() -> None:
    recipe = ExplicitPaths.build(random_structure(4, (6,)), blobs(30)[0], projection=2, seen=("b",))
    assert GreenLightningModel.empty(recipe, 1.0).remembered_by("b") == ("projection",)


def test_a_model_that_learnt_nothing_says_so(empty: GreenLightningModel, tmp_path: Path) -> None:
    with pytest.raises(NotFittedError, match=r"learnt nothing yet\. Let it learn a batch first"):
        empty.predict(np.zeros((1, 4)))
    with pytest.raises(NotFittedError):
        empty.save(tmp_path)
    assert empty.describe()["rows"] == 0


def test_no_rows_have_no_predictions(empty: GreenLightningModel, batches: list[Batch]) -> None:
    model = empty.learn(batches[0])
    assert model.predict(np.empty((0, 4))).shape == (0,)
    assert model.predict_proba(np.empty((0, 4))).shape == (0, 3)


def regression(batches: list[Batch]) -> GreenLightningModel:
    paths = ExplicitPaths.build(random_structure(4, (6,)), batches[0].X, feature_bits=16)
    empty = GreenLightningModel.empty(paths, 0.1, RealTargets.frozen_on(batches[0].X[:, :2]))
    return empty.learn(Batch(batches[0].X, batches[0].X[:, :2]))


@pytest.mark.parametrize("kind", ["labels", "text", "reals"])
def test_a_model_comes_back_from_disk_the_same_without_pickle(
    kind: str,
    empty: GreenLightningModel,
    batches: list[Batch],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    labels = batches[0].y.astype(str) if kind == "text" else batches[0].y
    model = regression(batches) if kind == "reals" else empty.learn(Batch(batches[0].X, labels), site="here")
    model.save(tmp_path / "model")
    assert {file.suffix for file in (tmp_path / "model").iterdir()} == {".json", ".safetensors"}

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a pickle was about to be opened")

    for module, name in (
        (pickle, "load"),
        (pickle, "loads"),
        (pickle, "Unpickler"),
        (torch, "load"),
        (np, "load"),
    ):
        monkeypatch.setattr(module, name, refuse)
    loaded = GreenLightningModel.load(tmp_path / "model")
    assert loaded.describe() == model.describe()
    assert loaded.ledger == model.ledger
    assert loaded.statistics == model.statistics
    assert loaded.remembered_by(batches[0].id) == model.remembered_by(batches[0].id)
    assert np.array_equal(loaded.predict(batches[1].X), model.predict(batches[1].X))
    assert loaded.predict(batches[1].X).dtype == model.predict(batches[1].X).dtype
    more = Batch(batches[1].X, batches[1].X[:, :2] if kind == "reals" else batches[1].y.astype(labels.dtype))
    assert loaded.learn(more).statistics == model.learn(more).statistics


def test_solving_anew_gives_the_coefficients_that_were_saved(
    empty: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    model = empty.learn(batches[0])
    model.save(tmp_path)
    loaded = GreenLightningModel.load(tmp_path)
    anew = replace(loaded, alpha=loaded.alpha)
    assert np.array_equal(anew.coefficients.weights, loaded.coefficients.weights)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-5] ^= 4
    path.write_bytes(content)


def strip(path: Path) -> None:
    path.write_text('{"format": "greenlightning-model/1"}')


def other_kind(path: Path) -> None:
    path.write_text(path.read_text().replace('"paths": "landmarks"', '"paths": "elsewhere"'))


def other_targets(path: Path) -> None:
    path.write_text(path.read_text().replace('"kind": "classes"', '"kind": "real", "offset": [0], "step": [1]'))


def other_alpha(path: Path) -> None:
    path.write_text(path.read_text().replace('"alpha": 0.1', '"alpha": 0.2'))


def other_ledger(path: Path) -> None:
    path.write_text(path.read_text().replace('"rows": ', '"rows": 1'))


PARTS = ("structure", "paths", "statistics", "coefficients")
HARMS: tuple[Callable[[Path], None], ...] = (cut, Path.unlink)


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        *((f"{part}.safetensors", harm) for part in PARTS for harm in (cut, flip, Path.unlink)),
        *((f"{part}.json", harm) for part in ("structure", "paths", "statistics", "model") for harm in HARMS),
        *(("model.json", harm) for harm in (strip, other_kind, other_targets, other_alpha, other_ledger)),
    ],
)
def test_a_torn_model_is_an_integrity_error(
    name: str, harm: Callable[[Path], None], empty: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    empty.learn(batches[0]).save(tmp_path)
    harm(tmp_path / name)
    with pytest.raises(IntegrityError):
        GreenLightningModel.load(tmp_path)


@pytest.mark.parametrize("part", PARTS)
def test_parts_of_another_model_are_an_integrity_error(part: str, batches: list[Batch], tmp_path: Path) -> None:
    for seed in (0, 1):
        paths = ExplicitPaths.build(random_structure(4, (6,), seed=seed), batches[0].X, feature_bits=(8, 12)[seed])
        GreenLightningModel.empty(paths, 1.0).learn(batches[seed]).save(tmp_path / str(seed))
    for file in (tmp_path / "1").glob(f"{part}.*"):
        file.replace(tmp_path / "0" / file.name)
    with pytest.raises(IntegrityError):
        GreenLightningModel.load(tmp_path / "0")


def test_the_summary_is_flat_json(empty: GreenLightningModel, batches: list[Batch]) -> None:
    model = empty.learn(batches[0]).learn(batches[2])
    summary = model.describe()
    assert summary["structure_digest"] == model.structure.digest
    assert (summary["rows"], summary["batches"], summary["classes"], summary["alpha"]) == (80, 2, 4, 0.1)
    assert (summary["hidden_layer_sizes"], summary["recipe"], summary["feature_bits"]) == ("10-8", "landmarks", 8)
    assert all(isinstance(value, str | int | float) for value in summary.values())


def test_defaults_are_for_classes(empty: GreenLightningModel) -> None:
    assert empty.targets == ClassTargets()
    assert empty.statistics == Statistics.empty(empty.paths, ClassTargets())
