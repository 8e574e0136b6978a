"""Estimators on disk: the model's files beside ``estimator.json`` and ``estimator.safetensors``. No pickle."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from greenlightning.data.files import read_json, read_tensors, reading, sha256_of, write_json, write_tensors
from greenlightning.data.labels import plain
from greenlightning.errors import IntegrityError, MismatchError
from greenlightning.model import GreenLightningModel

if TYPE_CHECKING:
    from greenlightning.estimators.base import BaseGreenLightning

FORMAT = "greenlightning-estimator/1"


class StoredEstimator:
    """What lets an estimator be saved and loaded."""

    def save(self, folder: str | Path) -> None:
        """Write the fitted estimator into a folder, as safetensors and JSON.

        Parameters
        ----------
        folder : str or Path
            Made where it does not exist. A ``random_state`` that is not an integer is saved as None.
        """
        save_estimator(cast("BaseGreenLightning", self), Path(folder))

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read an estimator that ``save`` wrote.

        Parameters
        ----------
        folder : str or Path
            The folder.

        Returns
        -------
        estimator
            With the same parameters, fitted attributes and predictions.

        Raises
        ------
        IntegrityError
            Where a file is missing, or does not have the digest that it was saved with.
        MismatchError
            Where the folder holds an estimator of another class.
        """
        return cast(Self, load_estimator(cast("type[BaseGreenLightning]", cls), Path(folder)))


def save_estimator(estimator: "BaseGreenLightning", folder: Path) -> None:
    """Write the model, parameters and fitted attributes of ``estimator`` into ``folder``."""
    check_is_fitted(estimator)
    estimator.model_.save(folder)
    names = getattr(estimator, "feature_names_in_", None)
    about = {
        "format": FORMAT,
        "class": type(estimator).__name__,
        "parameters": {name: _as_json(name, value) for name, value in estimator.get_params(deep=False).items()},
        "n_features_in": estimator.n_features_in_,
        "feature_names_in": None if names is None else names.tolist(),
        "single_output": estimator._single_output,
        "model": _digest_of_model(folder),
    }
    arrays = {"row_fingerprints": estimator.row_fingerprints_}
    write_tensors(folder / "estimator.safetensors", arrays)
    write_json(folder / "estimator.json", about | {"seal": _seal(about, arrays)})


def load_estimator(kind: "type[BaseGreenLightning]", folder: Path) -> "BaseGreenLightning":
    """Read what ``save_estimator`` wrote.

    Raises
    ------
    IntegrityError
        Where a file is missing, or does not have the digest that it was saved with.
    MismatchError
        Where the folder holds an estimator of another class.
    """
    about, arrays = read_json(folder / "estimator.json", FORMAT), read_tensors(folder / "estimator.safetensors")
    model = GreenLightningModel.load(folder)
    with reading(folder):
        if (about.pop("seal"), about["model"]) != (_seal(about, arrays), _digest_of_model(folder)):
            raise IntegrityError(f"The parts in {folder} do not belong together", "Restore it from a backup")
    if about["class"] != kind.__name__:
        raise MismatchError(f"{folder} holds a {about['class']}", f"Load it with {about['class']}.load")
    options: dict[str, Any] = {
        name: (dict(v) if name == "class_weight" else tuple(v)) if isinstance(v, list) else v
        for name, v in about["parameters"].items()
    }
    estimator = kind(**options)
    estimator.n_features_in_, estimator.encoder_ = about["n_features_in"], model.encoder
    if about["feature_names_in"] is not None:
        estimator.feature_names_in_ = np.array(about["feature_names_in"], dtype=object)
    estimator.row_fingerprints_ = arrays["row_fingerprints"]
    return estimator._restore(
        model.on(estimator.device, estimator.memory_budget), single_output=about["single_output"]
    )


def _as_json(name: str, value: Any) -> Any:
    """Return a parameter as JSON; a random state that is not an integer is left out."""
    if isinstance(value, Mapping):
        return [[plain(label), float(weight)] for label, weight in value.items()]
    if isinstance(value, np.ndarray | np.generic | tuple):
        value = np.asarray(value).tolist()
    return None if name == "random_state" and not isinstance(value, int) else value


def _digest_of_model(folder: Path) -> str:
    """Digest of ``model.json``, which seals the parts of the model."""
    return hashlib.sha256((folder / "model.json").read_bytes()).hexdigest()


def _seal(about: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> str:
    return sha256_of(json.dumps(about, sort_keys=True), arrays)
