"""Prequential scores: every batch is predicted before it is learnt, and the scores of a stream add up."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from math import sqrt
from typing import Any

FADING = 0.9
"""Weight of a batch in the recent mean, relative to the batch after it: about ten batches count."""
SQUARED = frozenset({"rmse"})
"""Scores whose mean over rows is a root mean square."""


@dataclass(frozen=True)
class BatchScore:
    """Scores of a model on one batch that it had not learnt.

    Attributes
    ----------
    batch : str
        The batch.
    rows : int
        Its rows, at least one.
    scores : mapping of str to float
        Means over the rows; the root mean square for "rmse".
    """

    batch: str
    rows: int
    scores: Mapping[str, float]


@dataclass(frozen=True)
class Prequential:
    """Scores of a stream of batches, each predicted before it was learnt ("test, then learn") [1]_.

    Attributes
    ----------
    rows : int
        Rows predicted so far.
    mean : mapping of str to float
        Means over all of these rows.
    recent : mapping of str to float
        Means in which a batch counts ``FADING`` times as much as the next, row by row.
    weight : float
        Faded number of rows that ``recent`` rests on.

    References
    ----------
    .. [1] Gama, Sebastião and Rodrigues, "On evaluating stream learning algorithms", Machine Learning 90, 2013.

    Examples
    --------
    >>> stream = Prequential.of([BatchScore("a", 100, {"accuracy": 0.5}), BatchScore("b", 90, {"accuracy": 0.7})])
    >>> stream.rows, round(stream.mean["accuracy"], 3), round(stream.recent["accuracy"], 3)
    (190, 0.595, 0.6)
    """

    rows: int = 0
    mean: Mapping[str, float] = field(default_factory=dict)
    recent: Mapping[str, float] = field(default_factory=dict)
    weight: float = 0.0

    @classmethod
    def of(cls, scored: Iterable[BatchScore]) -> "Prequential":
        """Add up the scores of batches in the order in which they were predicted."""
        found = cls()
        for one in scored:
            found = found.then(one)
        return found

    def then(self, one: BatchScore) -> "Prequential":
        """Add the next batch; a score that one of the two lacks is dropped."""
        faded = FADING * self.weight
        return Prequential(
            self.rows + one.rows,
            _joined(self.mean, self.rows, one),
            _joined(self.recent, faded, one),
            faded + one.rows,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return a form for JSON."""
        return asdict(self)


def _joined(before: Mapping[str, float], weight: float, one: BatchScore) -> dict[str, float]:
    names = one.scores if weight == 0 else [name for name in before if name in one.scores]
    return {name: _mean(name, before.get(name, 0.0), weight, one.scores[name], one.rows) for name in names}


def _mean(name: str, first: float, weight: float, second: float, rows: int) -> float:
    total = weight + rows
    if name in SQUARED:
        return sqrt((weight * first**2 + rows * second**2) / total)
    return (weight * first + rows * second) / total
