"""Weights of the classes: kept from version to version, or chosen when the model is solved; no row is read."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from greenlightning.errors import InputError
from tasks.core.settings import ClassWeight
from tasks.models.version_info import VersionInfo

if TYPE_CHECKING:
    from greenlightning.data.targets import Targets
    from greenlightning.model import GreenLightningModel

MOST_CLASSES = 16


def for_training(asked: ClassWeight, serving: VersionInfo | None) -> ClassWeight:
    """The weights of a training: those asked for, else those of the version that serves."""
    if asked != "keep":
        return asked
    if serving is None or not (targets := serving.class_targets) or not targets.weights:
        return "none"
    if isinstance(targets.weights, str):
        return "balanced"
    return {str(label): weight for label, weight in targets.weights.items()}


def is_balanced(targets: "Targets") -> bool:
    """Whether every class has the same total weight."""
    from greenlightning.data.targets import ClassTargets

    return isinstance(targets, ClassTargets) and targets.weights == "balanced"


def of_labels(asked: ClassWeight, labels: Iterable[Any]) -> Mapping[Any, float] | str | None:
    """The weights as the estimator takes them; InputError where one names no label, or classes are too many."""
    known = {str(label): label for label in labels}
    if asked in ("keep", "none"):
        return None
    if len(known) > MOST_CLASSES:
        raise InputError(
            f"Class weights for {len(known)} classes: each would have sums of its own, {MOST_CLASSES} at most do",
            "Leave --class-weight out; --cost and --metric serve there",
        )
    if isinstance(asked, str):
        return asked
    if unknown := sorted(asked.keys() - known):
        raise InputError(
            f"The class weights name {unknown[0]!r}, which is no class", f"The classes are {', '.join(known)}"
        )
    return {known[name]: weight for name, weight in asked.items()}


def reweighed(model: "GreenLightningModel", asked: ClassWeight, dataset: str) -> "GreenLightningModel":
    """The model with other weights; InputError where its sums do not keep the classes apart."""
    from greenlightning.data.targets import ClassTargets

    if asked == "keep":
        return model
    if not isinstance(model.targets, ClassTargets) or not model.targets.apart:
        raise InputError(
            "The champion keeps no sums of each class, so they cannot be weighed",
            f"Train with them once: greenlightning train --dataset {dataset} --class-weight balanced",
        )
    weights: Any = of_labels(asked, model.classes) or {}
    return replace(model, targets=ClassTargets(weights, apart=True))
