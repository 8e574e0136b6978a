"""scikit-learn estimators over a GreenLightningModel."""

from greenlightning.estimators.classifier import GreenLightningClassifier
from greenlightning.estimators.regressor import GreenLightningRegressor

__all__ = ["GreenLightningClassifier", "GreenLightningRegressor"]
