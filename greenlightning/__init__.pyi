from . import errors as errors
from .energy.meter import EnergyMeter as EnergyMeter
from .estimators import GreenLightningClassifier as GreenLightningClassifier
from .estimators import GreenLightningRegressor as GreenLightningRegressor
from .linear.gradient import PathSGDClassifier as PathSGDClassifier
from .linear.statistics import Statistics as Statistics
from .model import GreenLightningModel as GreenLightningModel
from .nn import PathLinear as PathLinear
from .structure.extraction import extract_structure as extract_structure
from .structure.gates import Structure as Structure

__version__: str
