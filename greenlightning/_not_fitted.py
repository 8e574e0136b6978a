"""The error that is scikit-learn's too; ``greenlightning.errors`` hands it out."""

from sklearn.exceptions import NotFittedError as SklearnNotFittedError

from greenlightning.errors import GreenLightningError


class NotFittedError(GreenLightningError, SklearnNotFittedError):  # type: ignore[misc]
    """An estimator or model was used before it learnt anything."""

    __module__ = GreenLightningError.__module__
