"""A model on disk: safetensors and JSON, each part with its digest, sealed by ``model.json``. No pickle."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from greenlightning.data.files import read_json, read_tensors, reading, sha256_of, write_json, write_tensors
from greenlightning.data.ledger import Ledger
from greenlightning.data.targets import Targets, targets_from_dict, targets_to_dict
from greenlightning.errors import IntegrityError
from greenlightning.evaluation.rules import DecisionRule
from greenlightning.linear.probabilities import Calibration
from greenlightning.linear.solver import Coefficients
from greenlightning.linear.statistics import Statistics
from greenlightning.paths import PathFeatures, load_paths
from greenlightning.structure.gates import Structure

if TYPE_CHECKING:
    from greenlightning.model.model import GreenLightningModel

FORMAT = "greenlightning-model/1"


def save_model(model: "GreenLightningModel", folder: Path) -> None:
    """Write structure, recipe, statistics and coefficients of ``model``, and ``model.json``, into ``folder``."""
    model.structure.save(folder)
    model.paths.save(folder)
    model.statistics.save(folder)
    arrays = {"weights": model.coefficients.weights, "intercept": model.coefficients.intercept}
    write_tensors(folder / "coefficients.safetensors", arrays)
    about = {
        "format": FORMAT,
        "paths": model.paths.kind,
        "alpha": model.alpha,
        "targets": targets_to_dict(model.targets),
        "ledger": model.ledger.to_dict(),
        "seal": _seal(model, arrays),
    }
    about |= {"rule": model.rule.to_dict()} if model.rule else {}
    about |= {"calibration": model.calibration.to_dict()} if model.calibration else {}
    write_json(folder / "model.json", about | {"summary": model.describe()})


def load_model(kind: "type[GreenLightningModel]", folder: Path) -> "GreenLightningModel":
    """Read what ``save_model`` wrote.

    Raises
    ------
    IntegrityError
        Where a part is missing or corrupt, does not have its digest, or does not belong to the others.
    """
    paths, targets, about = load_frozen_parts(folder)
    statistics, arrays = Statistics.load(folder), read_tensors(folder / "coefficients.safetensors")
    with reading(folder):
        rule, calibration = DecisionRule(**about.get("rule", {})), Calibration(**about.get("calibration", {}))
        ledger = Ledger.from_dict(about["ledger"])
        model = kind(paths, targets, statistics, about["alpha"], ledger, rule=rule, calibration=calibration)
        found = (statistics.recipe, statistics.targets, _seal(model, arrays))
        if found != (paths.digest, targets.digest, about["seal"]):
            raise IntegrityError(f"The parts in {folder} do not belong together", "Restore it from the registry")
        model.__dict__["coefficients"] = Coefficients(arrays["weights"], arrays["intercept"])
    return model


def save_rule(folder: Path, rule: DecisionRule) -> None:
    """Change the rule of the model that is saved in ``folder``; nothing else is written.

    Raises
    ------
    IntegrityError
        Where a part is missing or corrupt, or does not have its digest.
    """
    from greenlightning.model.model import GreenLightningModel

    model = replace(load_model(GreenLightningModel, folder), rule=rule)
    about = read_json(folder / "model.json", FORMAT) | {"rule": rule.to_dict()}
    about["seal"] = _seal(model, read_tensors(folder / "coefficients.safetensors"))
    write_json(folder / "model.json", about)


def load_frozen_parts(folder: Path) -> tuple[PathFeatures, Targets, dict[str, Any]]:
    """Read the recipe with its structure, the kind of targets, and the content of ``model.json``.

    Raises
    ------
    IntegrityError
        Where a part is missing or corrupt, or does not have its digest.
    """
    about = read_json(folder / "model.json", FORMAT)
    with reading(folder):
        paths = load_paths(folder, about["paths"], Structure.load(folder))
        return paths, targets_from_dict(about["targets"]), about


def _seal(model: "GreenLightningModel", coefficients: dict[str, NDArray[Any]]) -> str:
    """Digest the coefficients together with what they belong to."""
    ledger = json.dumps(model.ledger.to_dict(), sort_keys=True)
    rule = f"/{json.dumps(model.rule.to_dict(), sort_keys=True)}" if model.rule else ""
    apart = f"/{json.dumps(targets_to_dict(model.targets))}" if model.targets.apart else ""
    calibration = f"/{json.dumps(model.calibration.to_dict(), sort_keys=True)}" if model.calibration else ""
    return sha256_of(f"{FORMAT}/{model.alpha!r}/{ledger}{rule}{apart}{calibration}", coefficients)
