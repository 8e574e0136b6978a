"""Structure health: whether frozen gates still fit the data that comes in, and which columns have drifted."""

from greenlightning.health.assessment import StructureHealth, assess
from greenlightning.health.drift import InputDrift, QuantileBins
from greenlightning.health.indicators import HealthStatistic, Verdict
from greenlightning.health.reference import HealthReference

__all__ = [
    "HealthReference",
    "HealthStatistic",
    "InputDrift",
    "QuantileBins",
    "StructureHealth",
    "Verdict",
    "assess",
]
