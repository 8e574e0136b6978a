"""The gradient estimator on disk: recipe, coefficients and parameters, sealed by a digest. No pickle."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from numpy.typing import NDArray

from greenlightning.data.files import read_json, read_tensors, reading, sha256_of, write_json, write_tensors
from greenlightning.data.labels import label_array
from greenlightning.errors import IntegrityError
from greenlightning.linear.solver import Coefficients
from greenlightning.paths import load_paths
from greenlightning.structure.gates import Structure

if TYPE_CHECKING:
    from greenlightning.linear.gradient import PathSGDClassifier

FORMAT = "greenlightning-gradient/1"
Classifier = TypeVar("Classifier", bound="PathSGDClassifier")


def save_classifier(model: "PathSGDClassifier", folder: Path) -> None:
    """Write recipe, coefficients and parameters of ``model`` into ``folder``."""
    model.paths_.structure.save(folder)
    model.paths_.save(folder)
    arrays = {"weights": model.coefficients_.weights, "intercept": model.coefficients_.intercept}
    write_tensors(folder / "gradient.safetensors", arrays)
    parameters = {name: value for name, value in model.get_params(deep=False).items() if name != "paths"}
    if not isinstance(model.random_state, int):
        parameters["random_state"] = None
    about = {
        "format": FORMAT,
        "paths": model.paths_.kind,
        "recipe": model.paths_.digest,
        "classes": model.classes_.tolist(),
        "n_samples_seen": model.n_samples_seen_,
        "parameters": parameters,
    }
    write_json(folder / "gradient.json", about | {"seal": _seal(about, arrays)})


def load_classifier(kind: type[Classifier], folder: Path) -> Classifier:
    """Read what ``save_classifier`` wrote.

    Raises
    ------
    IntegrityError
        Where a part is missing or corrupt, does not have its digest, or does not belong to the others.
    """
    about = read_json(folder / "gradient.json", FORMAT)
    arrays = read_tensors(folder / "gradient.safetensors")
    with reading(folder):
        paths = load_paths(folder, about["paths"], Structure.load(folder))
        if (about.pop("seal"), about["recipe"]) != (_seal(about, arrays), paths.digest):
            raise IntegrityError(f"The parts in {folder} do not belong together", "Restore it from the registry")
        coefficients = Coefficients(arrays["weights"], arrays["intercept"])
        model = kind(paths, **about["parameters"])
        return model._become(paths, label_array(about["classes"]), coefficients, about["n_samples_seen"])


def _seal(about: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> str:
    return sha256_of(json.dumps(about, sort_keys=True), arrays)
