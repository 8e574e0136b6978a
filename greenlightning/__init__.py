"""GreenLightning: train the structure once, then retrain green: exact, additive, traceable.

The names below are imported from their modules when they are first used, so that importing one small module
of the package does not load torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from greenlightning.data.batch import Batch
    from greenlightning.data.ledger import Ledger, LedgerEntry
    from greenlightning.data.targets import ClassTargets, RealTargets
    from greenlightning.energy.meter import Energy, EnergyMeter
    from greenlightning.estimators import GreenLightningClassifier, GreenLightningRegressor
    from greenlightning.health.drift import InputDrift, QuantileBins
    from greenlightning.health.health import StructureHealth, assess
    from greenlightning.health.indicators import HealthStatistic, Verdict
    from greenlightning.health.reference import HealthReference
    from greenlightning.linear.gradient import PathSGDClassifier
    from greenlightning.linear.solver import choose_alpha, solve
    from greenlightning.linear.statistics import Statistics
    from greenlightning.model import GreenLightningModel
    from greenlightning.paths import ExplicitPaths, LandmarkPaths
    from greenlightning.structure.extraction import extract_structure
    from greenlightning.structure.settling import EpochRecord, SettlingHistory, SettlingRule
    from greenlightning.structure.structure import Structure

__all__ = [
    "Batch",
    "ClassTargets",
    "Energy",
    "EnergyMeter",
    "EpochRecord",
    "ExplicitPaths",
    "GreenLightningClassifier",
    "GreenLightningModel",
    "GreenLightningRegressor",
    "HealthReference",
    "HealthStatistic",
    "InputDrift",
    "LandmarkPaths",
    "Ledger",
    "LedgerEntry",
    "PathSGDClassifier",
    "QuantileBins",
    "RealTargets",
    "SettlingHistory",
    "SettlingRule",
    "Statistics",
    "Structure",
    "StructureHealth",
    "Verdict",
    "assess",
    "choose_alpha",
    "extract_structure",
    "solve",
]

_MODULES = {
    "data.batch": ("Batch",),
    "health.drift": ("InputDrift", "QuantileBins"),
    "energy.meter": ("Energy", "EnergyMeter"),
    "estimators": ("GreenLightningClassifier", "GreenLightningRegressor"),
    "structure.extraction": ("extract_structure",),
    "linear.gradient": ("PathSGDClassifier",),
    "health.health": ("StructureHealth", "assess"),
    "health.reference": ("HealthReference",),
    "health.indicators": ("HealthStatistic", "Verdict"),
    "data.ledger": ("Ledger", "LedgerEntry"),
    "model": ("GreenLightningModel",),
    "paths": ("ExplicitPaths", "LandmarkPaths"),
    "structure.settling": ("EpochRecord", "SettlingHistory", "SettlingRule"),
    "linear.solver": ("choose_alpha", "solve"),
    "linear.statistics": ("Statistics",),
    "structure.structure": ("Structure",),
    "data.targets": ("ClassTargets", "RealTargets"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'greenlightning' has no attribute {name!r}")
    return getattr(import_module(f"greenlightning.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
