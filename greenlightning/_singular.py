"""The error that is NumPy's too; ``greenlightning.errors`` hands it out."""

from numpy.linalg import LinAlgError

from greenlightning.errors import GreenLightningError


class SingularError(GreenLightningError, LinAlgError):
    """The normal equations have no stable solution at this ridge strength."""

    __module__ = GreenLightningError.__module__
