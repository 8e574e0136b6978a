"""A site reads what a coordinator signed: a recipe that cannot work is refused before any row is summed."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from greenlightning.errors import IntegrityError
from greenlightning.federation import SigningKey, publish, read_publication
from greenlightning.federation.publication import known_labels
from greenlightning.model import GreenLightningModel
from tests.helpers.federation.published_table import publication

KEY = SigningKey.generate()
CHANGES: dict[str, Callable[[np.ndarray], Any]] = {
    "left out": lambda table: None,
    "empty": lambda table: np.zeros((0,) * table.ndim, table.dtype),
    "shorter": lambda table: table[:-1],
    "other numbers": lambda table: table.astype(np.float64) * np.nan,
    "more dimensions": lambda table: table[None, None],
    "a scalar": lambda table: np.zeros((), table.dtype),
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> GreenLightningModel:
    return publication(tmp_path_factory.mktemp("sound") / "publication")


def refusal(model: GreenLightningModel, folder: Path) -> str:
    publish(model, folder, KEY)
    with pytest.raises(IntegrityError) as found:
        read_publication(folder)
    assert found.value.remedy == "Ask the sender to send it again"
    assert str(found.value).isprintable()
    return found.value.cause


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", ["landmarks", "gates.0", "centre"])
def test_tables_that_do_not_fit_the_gates(
    sound: GreenLightningModel, tmp_path: Path, name: str, change: str
) -> None:
    """Their digest is that of the changed tables: a coordinator can sign what it likes."""
    tables = dict(sound.paths.tables)
    tables[name] = CHANGES[change](tables[name])
    paths = replace(sound.paths, tables={key: table for key, table in tables.items() if table is not None})
    assert "publication is corrupt" in refusal(replace(sound, paths=paths), tmp_path / "publication")


@pytest.mark.parametrize("field", ["mean", "scale"])
def test_gates_for_other_columns_than_the_encoder_makes(
    sound: GreenLightningModel, tmp_path: Path, field: str
) -> None:
    gates = replace(sound.structure, **{field: np.append(getattr(sound.structure, field), 1.0)})
    paths = replace(sound.paths, structure=gates)
    assert "is corrupt" in refusal(replace(sound, paths=paths), tmp_path / "publication")


@pytest.mark.parametrize("alpha", [-1.0, float("nan"), float("inf")])
def test_a_ridge_strength_that_is_none(sound: GreenLightningModel, tmp_path: Path, alpha: float) -> None:
    assert "alpha is" in refusal(GreenLightningModel.empty(sound.paths, alpha), tmp_path / "publication")


def test_labels_are_those_that_the_coordinator_has_learnt(sound: GreenLightningModel, tmp_path: Path) -> None:
    y = np.array(["buys", "leaves"] * 20)
    learnt = sound.collect(np.zeros((40, sound.structure.n_features_in)), y)
    publish(replace(sound, statistics=learnt), tmp_path / "publication", KEY)
    assert known_labels(tmp_path / "publication") == ("buys", "leaves")
    assert read_publication(tmp_path / "publication").statistics.n == 0
