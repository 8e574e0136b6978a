"""Windows side by side: each has learnt exactly its batches, and the one that predicted best is chosen."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from greenlightning.data.batch import Batch
from greenlightning.data.ledger import LedgerEntry
from greenlightning.errors import IntegrityError
from greenlightning.linear.statistics import Statistics
from greenlightning.model import GreenLightningModel
from greenlightning.model.windows import EVERYTHING, FADING, SIZES, Windows


class Stream:
    """Batches of three rows with names in order, and how often each was collected."""

    def __init__(self, model: GreenLightningModel, length: int) -> None:
        rng = np.random.default_rng(0)
        self.empty = GreenLightningModel.empty(model.paths, 1.0, model.targets)
        self.parts = {f"{at:03}": Batch(rng.normal(size=(3, 4)), np.arange(3) % 3) for at in range(length)}
        self.opened: list[str] = []

    def collect(self, name: str) -> Statistics:
        self.opened.append(name)
        return self.empty.collect(self.parts[name].X, self.parts[name].y)

    def learnt(self, names: list[str]) -> GreenLightningModel:
        model = self.empty
        for name in names:
            model = model.absorb(self.collect(name), name, LedgerEntry(3))
        return model


def assert_windows_of(windows: Windows, stream: Stream, names: list[str]) -> None:
    for size, model in windows.models.items():
        kept = names[-size:]
        assert set(model.ledger) == set(kept)
        assert model.statistics == stream.learnt(kept).statistics


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(known=st.integers(1, 20), new=st.integers(1, 8))
def test_each_window_has_learnt_just_its_batches(tiny_model: GreenLightningModel, known: int, new: int) -> None:
    stream = Stream(tiny_model, known + new)
    names = list(stream.parts)
    windows = Windows.begin(stream.learnt(names[:known]), names[:known], stream.collect)
    assert_windows_of(windows, stream, names[:known])
    for at in range(known, known + new):
        statistics = stream.collect(names[at])
        windows = windows.learn(names[at], LedgerEntry(3), statistics, names[: at + 1], stream.collect)
    assert_windows_of(windows, stream, names)


def test_a_late_batch_joins_only_the_windows_that_reach_back_to_it(tiny_model: GreenLightningModel) -> None:
    stream = Stream(tiny_model, 10)
    names = list(stream.parts)
    windows = Windows.begin(stream.learnt(names[1:]), names[1:], stream.collect)
    late = windows.learn(names[0], LedgerEntry(3), stream.collect(names[0]), names, stream.collect)
    assert_windows_of(late, stream, names)


def test_a_step_opens_one_old_batch_for_each_window_that_is_full(tiny_model: GreenLightningModel) -> None:
    stream = Stream(tiny_model, 21)
    names = list(stream.parts)
    windows = Windows.begin(stream.learnt(names[:20]), names[:20], stream.collect)
    statistics = stream.collect(names[20])
    stream.opened.clear()
    windows.learn(names[20], LedgerEntry(3), statistics, names, stream.collect)
    assert sorted(stream.opened) == [names[20 - 16], names[20 - 4]]


def test_the_window_with_the_least_faded_loss_is_chosen_and_the_largest_of_equals(
    tiny_model: GreenLightningModel,
) -> None:
    windows = Windows(dict.fromkeys(SIZES, tiny_model))
    assert windows.best == EVERYTHING
    windows = windows.scored({EVERYTHING: 10, 64: 8, 16: 5, 4: 6})
    assert (windows.best, windows.losses[16]) == (16, 5)
    windows = windows.scored({EVERYTHING: 2, 64: 2, 16: 9, 4: 2})
    assert (windows.best, windows.losses[4]) == (4, pytest.approx(FADING * 6 + 2))
    assert windows.chosen is tiny_model


def test_windows_survive_saving_and_damage_is_named(tiny_model: GreenLightningModel, tmp_path: Path) -> None:
    stream = Stream(tiny_model, 6)
    names = list(stream.parts)
    windows = Windows.begin(stream.learnt(names), names, stream.collect)
    windows = windows.scored(dict.fromkeys(SIZES, 1.5))
    windows.save(tmp_path)
    found = Windows.load(tmp_path, replace(tiny_model, alpha=1.0))
    assert_windows_of(found, stream, names)
    assert found.losses == windows.losses
    next(tmp_path.glob("*/statistics.safetensors")).write_bytes(b"")
    with pytest.raises(IntegrityError, match="cannot be read"):
        Windows.load(tmp_path, tiny_model)
