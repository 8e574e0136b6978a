"""GreenLightning: train the structure once, then retrain green: exact, additive, traceable.

The names below are imported from their modules when they are first used, so that importing one small module
of the package does not load torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from greenlightning.batch import Batch
    from greenlightning.drift import InputDrift, QuantileBins
    from greenlightning.energy import Energy, EnergyMeter
    from greenlightning.estimators import GreenLightningClassifier, GreenLightningRegressor
    from greenlightning.extraction import extract_structure
    from greenlightning.gradient import PathSGDClassifier
    from greenlightning.health import StructureHealth, assess
    from greenlightning.health_reference import HealthReference
    from greenlightning.health_statistics import HealthStatistic, Verdict
    from greenlightning.ledger import Ledger, LedgerEntry
    from greenlightning.model import GreenLightningModel
    from greenlightning.paths import ExplicitPaths, LandmarkPaths
    from greenlightning.settling import EpochRecord, SettlingHistory, SettlingRule
    from greenlightning.solver import choose_alpha, solve
    from greenlightning.statistics import Statistics
    from greenlightning.structure import Structure
    from greenlightning.targets import ClassTargets, RealTargets

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
    "batch": ("Batch",),
    "drift": ("InputDrift", "QuantileBins"),
    "energy": ("Energy", "EnergyMeter"),
    "estimators": ("GreenLightningClassifier", "GreenLightningRegressor"),
    "extraction": ("extract_structure",),
    "gradient": ("PathSGDClassifier",),
    "health": ("StructureHealth", "assess"),
    "health_reference": ("HealthReference",),
    "health_statistics": ("HealthStatistic", "Verdict"),
    "ledger": ("Ledger", "LedgerEntry"),
    "model": ("GreenLightningModel",),
    "paths": ("ExplicitPaths", "LandmarkPaths"),
    "settling": ("EpochRecord", "SettlingHistory", "SettlingRule"),
    "solver": ("choose_alpha", "solve"),
    "statistics": ("Statistics",),
    "structure": ("Structure",),
    "targets": ("ClassTargets", "RealTargets"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'greenlightning' has no attribute {name!r}")
    return getattr(import_module(f"greenlightning.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
