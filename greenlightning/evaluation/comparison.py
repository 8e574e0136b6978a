"""The paired comparison of challenger and champion, and the gate between them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from greenlightning.data.counted import counted
from greenlightning.errors import InputError
from greenlightning.evaluation.resampling import CONFIDENCE, N_RESAMPLES, percentiles, resampled
from greenlightning.evaluation.score import Score
from greenlightning.evaluation.score_text import score_text

FRESH = "the new rows"


ROUNDING = 1e-12
"""A difference of two shares is off by as much: 0.95 - 0.94 is more than 0.01 in floating point."""


@dataclass(frozen=True)
class Comparison:
    """A score of two models on the same rows.

    Attributes
    ----------
    score : Score
        What is compared.
    champion, challenger : float
        The scores.
    low, high : float
        Bootstrap interval of the challenger's score less the champion's.
    margin : float
        How much worse the challenger may be, in units of the score.
    n : int
        Rows.
    """

    score: Score
    champion: float
    challenger: float
    low: float
    high: float
    margin: float
    n: int

    @property
    def difference(self) -> float:
        """The challenger's score less the champion's."""
        return self.challenger - self.champion

    @property
    def not_worse(self) -> bool:
        """Whether the interval reaches a difference that ``margin`` allows."""
        best = -self.high if self.score.is_share else self.low
        return best <= self.margin + ROUNDING

    @property
    def verdict(self) -> str:
        """What came out, in words: how much better, or how much worse at most."""
        if self.difference == 0:
            return "the same"
        if (self.difference > 0) is self.score.is_share:
            return score_text(self.difference, "+.3g")
        margin = score_text(self.margin, ".2g")
        if not self.not_worse:
            return f"more than {margin} worse"
        within = abs(self.difference) <= self.margin + ROUNDING
        return f"{'at most' if within else 'not clearly more than'} {margin} worse"

    def on(self, rows: str, *, named: bool = True) -> str:
        """Tell in words what came out on ``rows``, with the name of the score or without."""
        ours, theirs = (score_text(score, ".4g") for score in (self.challenger, self.champion))
        numbers = f"({ours} against {theirs}, {counted(self.n, 'row')})"
        return f"{f'{self.score.label} ' if named else ''}{self.verdict} on {rows} {numbers}"


def compare(
    terms: ArrayLike,
    margin: float,
    seed: int = 0,
    *,
    score: Score = Score.ACCURACY,
    n_resamples: int = N_RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Comparison:
    """Compare two models by a paired bootstrap of the difference in a score.

    The interval is that of the percentile method [1]_. The challenger is not worse, unless the whole interval lies
    beyond the margin: a small slice must show harm before it keeps a model out that has learnt more
    (``docs/decisions/0005-champion-gate.md``).

    Parameters
    ----------
    terms : array-like of shape (2, n)
        What the score needs of each row, as ``terms_of`` gives it: of the challenger, then of the champion.
    margin : float
        Loss that is accepted: of accuracy, balanced accuracy and macro-F1 as it is, of the errors as a share of
        the champion's.
    seed : int, default=0
        Seed of the resamples.
    score : Score, default=Score.ACCURACY
        What is compared.
    n_resamples : int, default=2000
        Resamples.
    confidence : float, default=0.95
        Share of the resamples that the interval holds.

    Returns
    -------
    Comparison
        The scores, and the interval of their difference.

    Raises
    ------
    InputError
        Where there are no rows.

    References
    ----------
    .. [1] Efron and Tibshirani, "An Introduction to the Bootstrap", 1993.

    Examples
    --------
    >>> compare([[True, True, True, False], [True, True, False, False]], margin=0.01).on("new rows")
    'accuracy +0.25 on new rows (0.75 against 0.5, 4 rows)'
    """
    pair = np.asarray(terms)
    n = pair.shape[1]
    if n == 0:
        raise InputError("The models were compared on 0 rows", "Compare them on the same rows, at least one")
    challenger, champion = score.of_counts(pair, np.ones((1, n), dtype=np.int64))[0].tolist()
    drawn = resampled(pair, score.of_counts, seed, n_resamples)
    low, high = percentiles(drawn[:, 0] - drawn[:, 1], confidence)
    return Comparison(score, champion, challenger, low, high, margin * (1.0 if score.is_share else champion), n)


@dataclass(frozen=True)
class Decision:
    """Whether the challenger becomes champion.

    Attributes
    ----------
    promote : bool
        Whether it does.
    reason : str
        Why, in one line.
    """

    promote: bool
    reason: str


def gate(
    holdout: Comparison,
    slice: Comparison | None = None,
    *,
    windowed: bool = False,
    rows: str = "the holdout",
) -> Decision:
    """Promote the challenger where it is not worse.

    Parameters
    ----------
    holdout : Comparison
        On the holdout.
    slice : Comparison, optional
        On the held-back slice of the new batch.
    windowed : bool, default=False
        Whether the challenger keeps a window of the data only: the new rows then decide alone, since the
        holdout may ask for what the window left behind.
    rows : str, default="the holdout"
        What the holdout's rows are called.

    Returns
    -------
    Decision
        Whether to promote, and why.
    """
    seen = {rows: holdout} | ({FRESH: slice} if slice and slice != holdout else {})
    if windowed and slice:
        seen = {f"{FRESH}, which decide alone since a window is kept": slice}
    promote = all(comparison.not_worse for comparison in seen.values())
    first, *others = seen.items()
    parts = [first[1].on(first[0]), *(comparison.on(name, named=False) for name, comparison in others)]
    reason = ", ".join(parts)
    return Decision(promote, reason if promote else f"champion kept: {reason}")
