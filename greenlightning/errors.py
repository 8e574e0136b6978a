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
├── NothingServedError    (LookupError)     no champion, version, dataset or batch of that name
├── ServerError           (RuntimeError)    a server or worker that does not start or stop
└── MachineError          (OSError)         disk, memory, permission or files that the machine does not give
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from greenlightning._not_fitted import NotFittedError
    from greenlightning._singular import SingularError

__all__ = [
    "CapacityError",
    "GreenLightningError",
    "InputError",
    "IntegrityError",
    "LedgerError",
    "MachineError",
    "MismatchError",
    "NotFittedError",
    "NothingServedError",
    "ServerError",
    "SingularError",
    "UnknownLabelError",
]


class GreenLightningError(Exception):
    """Base of all errors here; it prints as one line, whatever the names in it are.

    Attributes
    ----------
    cause : str
        What happened.
    remedy : str
        What to do about it.
    """

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(cause, remedy)
        self.cause = cause
        self.remedy = remedy

    def __str__(self) -> str:
        return " ".join(f"{self.cause}. {self.remedy}.".splitlines())


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


class NothingServedError(GreenLightningError, LookupError):
    """No champion, version, dataset or batch of that name exists in the workspace."""


class ServerError(GreenLightningError, RuntimeError):
    """A server or worker that does not start or stop."""


class MachineError(GreenLightningError, OSError):
    """The machine does not give what is needed: disk, memory, permission, open files, or a free database."""


def __getattr__(name: str) -> Any:
    """Make the errors that are another library's too when they are first asked for: importing that takes time."""
    homes = {"NotFittedError": "greenlightning._not_fitted", "SingularError": "greenlightning._singular"}
    if name not in homes:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = getattr(import_module(homes[name]), name)
    return globals()[name]
