"""GreenLightning: train the structure once, then retrain green: exact, additive, traceable."""

from greenlightning.batch import Batch
from greenlightning.estimators import GreenLightningClassifier, GreenLightningRegressor
from greenlightning.extraction import extract_structure
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
    "EpochRecord",
    "ExplicitPaths",
    "GreenLightningClassifier",
    "GreenLightningModel",
    "GreenLightningRegressor",
    "LandmarkPaths",
    "Ledger",
    "LedgerEntry",
    "RealTargets",
    "SettlingHistory",
    "SettlingRule",
    "Statistics",
    "Structure",
    "choose_alpha",
    "extract_structure",
    "solve",
]
