"""The one tree of errors. Each carries a cause and a remedy, and prints as one line.

GreenLightningError
├── InputError            (ValueError)      the data or a parameter cannot be used
│   └── UnknownLabelError                   a label the model does not know and may not learn
├── MismatchError         (ValueError)      statistics or models that do not belong together
├── CapacityError         (MemoryError)     a size that cannot fit, or a sum that could overflow
├── IntegrityError        (OSError)         stored bytes do not have the digest they are named by
├── LedgerError           (ValueError)      forgetting what was never learnt
├── SingularError         (LinAlgError)     the normal equations have no stable solution
├── NotFittedError        (sklearn's)       used before ``fit``
└── NothingServedError    (LookupError)     no champion, version, dataset or batch of that name
"""

from numpy.linalg import LinAlgError
from sklearn.exceptions import NotFittedError as SklearnNotFittedError

__all__ = [
    "CapacityError",
    "GreenLightningError",
    "InputError",
    "IntegrityError",
    "LedgerError",
    "MismatchError",
    "NotFittedError",
    "NothingServedError",
    "SingularError",
    "UnknownLabelError",
]


class GreenLightningError(Exception):
    """Base of all errors here: ``cause`` says what happened, ``remedy`` what to do about it."""

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(cause, remedy)
        self.cause = cause
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.cause}. {self.remedy}."


class InputError(GreenLightningError, ValueError):
    """The data or a parameter cannot be used as it is."""


class UnknownLabelError(InputError):
    """A label the model does not know and may not learn."""


class MismatchError(GreenLightningError, ValueError):
    """Statistics or models that do not belong together (structure, recipe or kind of target)."""


class CapacityError(GreenLightningError, MemoryError):
    """A size that cannot fit the memory budget, or a sum that could overflow int64."""


class IntegrityError(GreenLightningError, OSError):
    """Stored bytes do not have the digest they are named by."""


class LedgerError(GreenLightningError, ValueError):
    """A batch or row that was never learnt cannot be forgotten."""


class SingularError(GreenLightningError, LinAlgError):
    """The normal equations have no stable solution at this ridge strength."""


class NotFittedError(GreenLightningError, SklearnNotFittedError):  # type: ignore[misc]
    """An estimator or model was used before it learnt anything."""


class NothingServedError(GreenLightningError, LookupError):
    """No champion, version, dataset or batch of that name exists in the workspace."""
