"""Three orders in which the same training rows arrive: half of them as the base, then ten batches of 5 %.

Each row gets the key ``u + slope * rank``, ``u`` uniform in [0, 1) and ``rank`` the place of its label in an order
of labels drawn from the seed; rows arrive by their keys. Slope 0 is an i.i.d. stream; slope 1 sorts by label, so
that the base holds about half of the labels and the others arrive label after label; between them the mix drifts.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BASE_SHARE, BATCHES = 0.5, 10
DRIFT = 0.5
STREAMS = ("iid", "drifted", "incremental")
Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Stream:
    """Row numbers of the base and of each batch, in order of arrival; together every row once."""

    name: str
    base: Rows
    batches: tuple[Rows, ...]

    @property
    def parts(self) -> tuple[Rows, ...]:
        """Base and batches: stage 0 is the base."""
        return self.base, *self.batches


def arrange(name: str, y: NDArray[Any], seed: int, *, share: float = BASE_SHARE, batches: int = BATCHES) -> Stream:
    """The stream ``name`` of rows labelled ``y`` (n,)."""
    rng = np.random.default_rng(seed)
    labels, code = np.unique(y, return_inverse=True)
    rank = rng.permutation(len(labels))[code]
    slope = {"iid": 0.0, "drifted": DRIFT / (len(labels) - 1), "incremental": 1.0}[name]
    order = np.argsort(rng.random(len(y)) + slope * rank, kind="stable")
    base, rest = np.split(order, [round(len(order) * share)])
    return Stream(name, base, tuple(np.array_split(rest, batches)))
