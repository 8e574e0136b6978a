"""The statistics of structure health: what each compares, its sampling error, and its limits.

Why these and where the limits come from: docs/decisions/0016-structure-health.md.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from greenlightning.data.labels import label_array
from greenlightning.health.observation import Observation
from greenlightning.health.reference import HealthReference
from greenlightning.structure.settling import draw_pairs, oui_by_pair

DRAWS = 200
ERRORS = 4.0
CONFIDENCE = 0.998
PAIRS = 1_024
LIMITS = {
    "novelty": (0.25, 0.75),
    "firing_shift": (0.1, 0.3),
    "oui_shift": (0.05, 0.15),
    "oui_batch_shift": (0.05, 0.15),
    "residual_ratio": (1.5, 3.0),
    "saturation_excess": (0.001, 0.01),
    "unseen_labels": (0.0, 0.02),
}
MEANINGS = {
    "novelty": "gate patterns are further from the base's, in standard deviations, by",
    "firing_shift": "the gates' firing rates moved, as Cohen's h, by",
    "oui_shift": "the OUI in pair form moved by",
    "oui_batch_shift": "the OUI in batch form moved by",
    "residual_ratio": "the champion's squared error, over that on the reference's rows, is",
    "saturation_excess": "the share of saturated path features rose by",
    "unseen_labels": "the share of rows with labels that the structure never saw is",
}
Floats = NDArray[np.float64]


class Verdict(StrEnum):
    """What structure health says: go on, go on and say so, extract a new structure; or that it cannot tell."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class HealthStatistic:
    """How far a batch is off in one respect.

    Attributes
    ----------
    name : str
        Name of the statistic, a key of ``LIMITS`` and ``MEANINGS``.
    value : float
        How far it is off.
    sure : float
        How far it is off once sampling error is taken off; this is compared with the limits.
    """

    name: str
    value: float
    sure: float

    @property
    def limits(self) -> tuple[float, float]:
        """The limits (amber, red) of ``sure``."""
        return LIMITS[self.name]

    @property
    def severity(self) -> float:
        """Position among the limits: amber above 1, red above 2."""
        amber, red = self.limits
        if self.sure <= amber:
            return self.sure / amber if amber else 0.0
        return 1 + (self.sure - amber) / (red - amber)

    @property
    def verdict(self) -> Verdict:
        """Verdict of this statistic alone."""
        if self.severity > 2:
            return Verdict.RED
        return Verdict.AMBER if self.severity > 1 else Verdict.GREEN

    def __str__(self) -> str:
        amber, red = self.limits
        certain = f"{self.sure:.3g} for certain; amber above {amber:g}, red above {red:g}"
        return f"{MEANINGS[self.name]} {self.value:.3g} ({certain})"


@dataclass(frozen=True, eq=False)
class Draws:
    """Batches and references drawn again from a reference's held-out rows.

    A statistic's spread over the draws is its sampling error: rows of the batch and rows of the reference both are
    a sample.

    Attributes
    ----------
    batch, reference : ndarray of shape (draws, m), float32
        Share of each held-out row in each drawn batch and reference.
    """

    batch: NDArray[np.float32]
    reference: NDArray[np.float32]

    @classmethod
    def of(cls, weights: Floats, rows: int, effective: int, rng: np.random.Generator) -> "Draws":
        """Draw ``rows`` rows of a batch and ``effective`` of a reference, by probabilities ``weights`` (m,)."""
        batch, reference = (rng.multinomial(size, weights, DRAWS) / size for size in (rows, effective))
        return cls(batch.astype(np.float32), reference.astype(np.float32))

    def means(self, values: NDArray[np.generic]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Compute the means of ``values`` (m,) or (m, c) over each drawn batch and over each drawn reference."""
        single = values.astype(np.float32)
        return self.batch @ single, self.reference @ single


def novelty_shift(found: Floats, expected: Floats, weights: Floats, draws: Draws) -> HealthStatistic:
    """Compute how much further from the base's patterns the batch's are than held-out rows', in their deviations.

    Parameters
    ----------
    found, expected : ndarray of shape (n,), ndarray of shape (m,)
        Novelty of the batch's rows and of the held-out rows.
    weights : ndarray of shape (m,)
        Weights of the held-out rows, of sum 1.
    draws : Draws
        Batches and references drawn again.

    Returns
    -------
    HealthStatistic
        The shift in standard deviations.
    """
    centre = float(weights @ expected)
    spread = float(np.sqrt(weights @ np.square(expected - centre))) or 1.0
    batch, reference = draws.means(expected)
    return _beyond("novelty", (found.mean() - centre) / spread, (batch - reference) / spread)


def firing_shift(
    now: Floats, then: Floats, drawn: tuple[NDArray[np.float32], NDArray[np.float32]]
) -> HealthStatistic:
    """Compute the root mean square of Cohen's h over the units, beyond what chance shows.

    Of the firing rates p ``now`` and q ``then``, h is ``2 asin √p − 2 asin √q`` [1]_.

    Parameters
    ----------
    now, then : ndarray of shape (units,)
        Firing rates in the batch and in the reference.
    drawn : tuple of ndarray of shape (draws, units)
        Firing rates of batches and references drawn again.

    Returns
    -------
    HealthStatistic
        The shift.

    References
    ----------
    .. [1] Cohen, "Statistical Power Analysis for the Behavioral Sciences", 1988.
    """
    square = float(np.square(_arc(now) - _arc(then)).mean())
    chance = np.square(_arc(drawn[0]) - _arc(drawn[1])).mean(axis=1)
    found = _beyond("firing_shift", square, chance)
    return HealthStatistic("firing_shift", float(np.sqrt(found.value)), float(np.sqrt(max(found.sure, 0.0))))


def oui_shift(
    gates: list[NDArray[np.bool_]],
    held: list[NDArray[np.bool_]],
    weights: Floats,
    effective: int,
    rng: np.random.Generator,
) -> HealthStatistic:
    """Compute the change of the pair-form OUI between the layers of ``gates`` (n, h_l) and of ``held`` (m, h_l).

    1,024 pairs of each are compared; pairs share rows, so the error is that of n/2 pairs.
    """
    n = len(gates[0])
    drawn = rng.choice(len(weights), size=(PAIRS, 2), p=weights)
    then = oui_by_pair(held, drawn[drawn[:, 0] != drawn[:, 1]])
    now = oui_by_pair(gates, draw_pairs(n, 0, PAIRS))
    error = np.sqrt((now.var() + then.var()) / 2 * (2 / n + 2 / effective + 1 / len(now) + 1 / len(then)))
    value = abs(float(now.mean() - then.mean()))
    return HealthStatistic("oui_shift", value, max(value - ERRORS * float(error), 0.0))


def oui_batch_shift(
    now: Floats, then: Floats, drawn: tuple[NDArray[np.float32], NDArray[np.float32]], sizes: tuple[int, ...]
) -> HealthStatistic:
    """Compute the change of the batch-form OUI: the mean over layers and units of ``2 min(p, 1 − p)``."""
    unit_weights = np.repeat(1 / (np.array(sizes) * len(sizes)), sizes)

    def form(rates: NDArray[np.floating]) -> NDArray[np.float64]:
        return np.asarray(2 * np.minimum(rates, 1 - rates) @ unit_weights)

    chance = form(drawn[0]) - form(drawn[1])
    moved = float(form(now) - form(then) - chance.mean())
    value = abs(moved)
    return HealthStatistic("oui_batch_shift", value, max(value - ERRORS * float(chance.std()), 0.0))


def residual_ratio(
    found: Floats, expected: Floats, weights: Floats, effective: int, draws: Draws
) -> HealthStatistic:
    """Compute the champion's mean squared error on the batch over that on the reference's held-out rows.

    Of ``effective`` rows without an error nobody knows that one in as many is not wrong, and a wrong row has an
    error of about 1. So errors that are expected count as 1 over that number at least.
    """
    least = 1 / effective
    batch, reference = draws.means(expected)
    ratio = found.mean() / max(float(weights @ expected), least)
    return _beyond(
        "residual_ratio", ratio - 1, np.maximum(batch, least) / np.maximum(reference, least) - 1, offset=1.0
    )


def saturation_excess(found: Floats, expected: Floats, weights: Floats, draws: Draws) -> HealthStatistic:
    """Compute by how much the share of path features at their frozen limit rose."""
    batch, reference = draws.means(expected)
    return _beyond("saturation_excess", found.mean() - weights @ expected, batch - reference)


def unseen_labels(y: NDArray[np.generic], reference: HealthReference) -> HealthStatistic:
    """Compute the share of rows whose label the base did not have.

    ``sure`` is the lower end of the share's exact interval (Clopper and Pearson, 1934).
    """
    k = int((~np.isin(y, label_array(reference.labels))).sum()) if reference.labels else 0
    low = float(betaincinv(k, len(y) - k + 1, (1 - CONFIDENCE) / 2)) if k else 0.0
    return HealthStatistic("unseen_labels", k / len(y), low)


def all_statistics(
    reference: HealthReference,
    seen: Observation,
    found: Floats,
    y: NDArray[np.generic],
    weights: Floats,
    effective: int,
    rng: np.random.Generator,
) -> tuple[HealthStatistic, ...]:
    """Compute every statistic of structure health.

    Parameters
    ----------
    reference : HealthReference
        The base as the structure saw it.
    seen : Observation
        The batch's rows, as the model sees them.
    found : ndarray of shape (n,)
        Novelty of these rows.
    y : ndarray of shape (rows,) or (rows, k)
        Labels or targets of the whole batch.
    weights : ndarray of shape (m,)
        Weights of the held-out rows, of sum 1.
    effective : int
        Effective sample size of the weighted held-out rows.
    rng : Generator
        Source of the draws that show sampling error.

    Returns
    -------
    tuple of HealthStatistic
        One for each name in ``LIMITS``.
    """
    held = reference.held_gates
    draws = Draws.of(weights, len(found), effective, rng)
    now, then, drawn = seen.gates.mean(axis=0), weights @ held, draws.means(held)
    cuts = np.cumsum(reference.sizes)[:-1]
    layers = [np.split(gates, cuts, axis=1) for gates in (seen.gates, held)]
    return (
        novelty_shift(found, reference.novelty, weights, draws),
        firing_shift(now, then, drawn),
        oui_shift(layers[0], layers[1], weights, effective, rng),
        oui_batch_shift(now, then, drawn, reference.sizes),
        residual_ratio(seen.residual, reference.residual, weights, effective, draws),
        saturation_excess(seen.saturation, reference.saturation, weights, draws),
        unseen_labels(y, reference),
    )


def _beyond(name: str, value: float, chance: NDArray[np.floating], offset: float = 0.0) -> HealthStatistic:
    """``value`` less the mean of ``chance`` (draws,), and for certain less four standard deviations of it too."""
    moved = float(value) - float(chance.mean())
    sure = moved - ERRORS * float(chance.std())
    return HealthStatistic(name, offset + max(moved, 0.0), offset + max(sure, 0.0))


def _arc(rates: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.asarray(2 * np.arcsin(np.sqrt(rates.clip(0, 1))))
