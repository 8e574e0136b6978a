"""Structure health: whether frozen gates still fit the data that comes in.

What it detects, and how surely: docs/explanation/structure-health.md.
"""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from greenlightning.data.counted import counted
from greenlightning.errors import MismatchError
from greenlightning.health.indicators import HealthStatistic, Verdict, all_statistics
from greenlightning.health.observation import Observation, gates_digest
from greenlightning.health.reference import ROWS, HealthReference, novelty

if TYPE_CHECKING:
    from greenlightning.model import GreenLightningModel

FEWEST_ROWS = 10


@dataclass(frozen=True, eq=False)
class StructureHealth:
    """The verdict on a batch, and the statistics that it rests on.

    Attributes
    ----------
    rows, looked_at : int
        Rows of the batch, and how many of them were looked at.
    statistics : tuple of HealthStatistic
        All statistics; empty where there were too few rows.
    firing : ndarray of shape (2, units)
        The gates' firing rates in the reference and in the batch.
    novelty : ndarray of shape (looked_at,)
        Novelty of each row looked at.
    expected : ndarray of shape (m,)
        Novelty of the reference's held-out rows.
    """

    rows: int
    looked_at: int
    statistics: tuple[HealthStatistic, ...] = ()
    firing: NDArray[np.float64] = field(default_factory=lambda: np.empty((2, 0)), repr=False)
    novelty: NDArray[np.float64] = field(default_factory=lambda: np.empty(0), repr=False)
    expected: NDArray[np.float64] = field(default_factory=lambda: np.empty(0), repr=False)

    @property
    def deciding(self) -> HealthStatistic | None:
        """The worst statistic, which decides; None where there were too few rows."""
        return max(self.statistics, key=lambda statistic: statistic.severity, default=None)

    @property
    def severity(self) -> float:
        """Severity of the worst statistic; 0 where there were too few rows."""
        return self.deciding.severity if self.deciding else 0.0

    @property
    def verdict(self) -> Verdict:
        """Verdict of the worst statistic; unknown where there were too few rows."""
        return self.deciding.verdict if self.deciding else Verdict.UNKNOWN

    @property
    def reason(self) -> str:
        """One line: the verdict, the statistic that decided, and by how much."""
        if self.deciding is None:
            return (
                f"unknown: {counted(self.rows, 'row')}; at least 10 are compared, with as many of the base that "
                "have their labels"
            )
        return f"{self.verdict}: {self.deciding}"

    def to_dict(self) -> dict[str, Any]:
        """Return a summary for JSON."""
        about = {"verdict": str(self.verdict), "reason": self.reason}
        statistics = {
            found.name: {
                "value": found.value,
                "sure": found.sure,
                "limits": list(found.limits),
                "verdict": str(found.verdict),
            }
            for found in self.statistics
        }
        return about | {"rows": self.rows, "looked_at": self.looked_at, "statistics": statistics}


def assess(
    reference: HealthReference,
    model: "GreenLightningModel",
    X: ArrayLike,
    y: ArrayLike,
    *,
    random_state: int = 0,
) -> StructureHealth:
    """Compare a batch with the reference of the base, under the champion.

    At most 2,048 rows are looked at, drawn at random. Held-out rows of the reference are weighted to the labels of
    these, so that classes in other proportions are no fault of the structure.

    Parameters
    ----------
    reference : HealthReference
        The base as the structure saw it.
    model : GreenLightningModel
        The champion.
    X : array-like of shape (n, d)
        Inputs of the batch.
    y : array-like of shape (n,) or (n, k)
        Its labels or real targets.
    random_state : int, default=0
        Seed of the draw.

    Returns
    -------
    StructureHealth
        Verdict and statistics.

    Raises
    ------
    MismatchError
        Where the reference belongs to another structure.
    """
    gates = gates_digest([structure.digest for structure in model.paths.structures])
    if reference.structure != gates:
        raise MismatchError(
            f"The health reference is of structure {reference.structure[:12]}, the model has {gates[:12]}",
            "Use the reference that was made with the model's structure",
        )
    inputs, answers = np.asarray(X), np.asarray(y)
    rng = np.random.default_rng(random_state)
    chosen = np.sort(rng.permutation(len(inputs))[:ROWS])
    if len(chosen) < FEWEST_ROWS:
        return StructureHealth(len(inputs), len(chosen))
    seen = Observation.of(model, inputs[chosen], answers[chosen])
    found = novelty(seen.gates, reference.known_gates, reference.sizes)
    views = [_compared(view, seen, found, answers, chosen, deepcopy(rng)) for view in reference.views]
    known = [view for view in views if view.deciding]
    return min(known, key=lambda view: view.severity) if known else views[0]


def _compared(
    reference: HealthReference,
    seen: Observation,
    found: NDArray[np.float64],
    answers: NDArray[np.generic],
    chosen: NDArray[np.intp],
    rng: np.random.Generator,
) -> StructureHealth:
    """Compare the rows ``chosen`` of a batch with one view of the reference."""
    weights = reference.weights(answers[chosen])
    effective = round(1 / float(np.square(weights).sum()))
    if effective < FEWEST_ROWS:
        return StructureHealth(len(answers), len(chosen))
    statistics = all_statistics(reference, seen, found, answers, weights, effective, rng)
    firing = np.stack([weights @ reference.held_gates, seen.gates.mean(axis=0)])
    return StructureHealth(len(answers), len(chosen), statistics, firing, found, reference.novelty)
