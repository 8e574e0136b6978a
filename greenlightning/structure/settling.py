"""Settling: how the gates stabilise over the epochs, beside the weights, and when to stop."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

OUI_PAIRS = 28
WORTH = 0.05


def flip_rate(before: NDArray[np.bool_], after: NDArray[np.bool_]) -> float:
    """Compute the share of gates that changed between two epochs.

    Parameters
    ----------
    before, after : ndarray of shape (n, units), bool
        Patterns of the same probes.

    Returns
    -------
    float
        From 0 to 1.

    Examples
    --------
    >>> flip_rate(np.array([[True, False]]), np.array([[True, True]]))
    0.5
    """
    return float(np.mean(before != after))


def weight_change(before: Sequence[NDArray[Any]], after: Sequence[NDArray[Any]]) -> float:
    """Compute the relative change ``‖w' − w‖ / ‖w‖`` over all weights together."""
    moved = sum(float(np.sum((b - a) ** 2)) for a, b in zip(before, after, strict=True))
    size = sum(float(np.sum(a**2)) for a in before)
    return float(np.sqrt(moved / size)) if size else 0.0


def draw_pairs(n_probes: int, random_state: int, n_pairs: int = OUI_PAIRS) -> NDArray[np.int64]:
    """Draw pairs of different probes, once, to be reused in every epoch.

    Parameters
    ----------
    n_probes : int
        Number of probes.
    random_state : int
        Seed.
    n_pairs : int, default=28
        Number of pairs.

    Returns
    -------
    ndarray of shape (n_pairs, 2)
        Positions of the probes.
    """
    rng = np.random.default_rng(random_state)
    first = rng.integers(n_probes, size=n_pairs)
    second = (first + rng.integers(1, max(n_probes, 2), size=n_pairs)) % n_probes
    return np.stack([first, second], axis=1)


def oui(patterns: Sequence[NDArray[np.bool_]], pairs: NDArray[np.int64]) -> float:
    """Compute the overfitting-underfitting indicator in pair form [1]_: the mean of ``oui_by_pair``.

    The recommended early band is 0.6 to 0.8.

    Parameters
    ----------
    patterns : sequence of ndarray of shape (n, P_l), bool
        One pattern array a layer.
    pairs : ndarray of shape (p, 2)
        Positions of the samples to compare.

    Returns
    -------
    float
        From 0 to 1.

    References
    ----------
    .. [1] "OUI Need to Talk About Weight Decay", 2025, arXiv:2504.17160.
    """
    return float(oui_by_pair(patterns, pairs).mean())


def oui_by_pair(patterns: Sequence[NDArray[np.bool_]], pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    """Compute ``mean over layers of min(d_H(a_l(x_i), a_l(x_j)), M_l) / M_l`` for each pair (i, j) of samples.

    ``M_l = floor(P_l / 2)``, for one pattern array (n, P_l) a layer; every layer weighs the same.
    """
    per_layer = []
    for layer in patterns:
        half = max(layer.shape[1] // 2, 1)
        distance = (layer[pairs[:, 0]] != layer[pairs[:, 1]]).sum(axis=1)
        per_layer.append(np.minimum(distance, half) / half)
    return np.asarray(np.mean(per_layer, axis=0))


def oui_batch(patterns: Sequence[NDArray[np.bool_]]) -> float:
    """Compute the overfitting-underfitting indicator in batch form: ``mean_j min(s_j, B − s_j) / floor(B/2)``.

    ``s_j`` counts the probes that fire unit j. Another scale than the pair form: never mix the bands.
    """
    per_layer = []
    for layer in patterns:
        n = len(layer)
        fired = layer.sum(axis=0)
        per_layer.append((np.minimum(fired, n - fired) / max(n // 2, 1)).mean())
    return float(np.mean(per_layer))


def firing_rate(patterns: Sequence[NDArray[np.bool_]]) -> float:
    """Compute the mean share of open gates, every layer weighing the same.

    The simplest predictor, to be reported beside the OUIs.
    """
    return float(np.mean([layer.mean() for layer in patterns]))


@dataclass(frozen=True)
class EpochRecord:
    """What one epoch did to the gates, measured on the fixed probe set.

    Attributes
    ----------
    epoch : int
        Number of the epoch, from 1.
    flip_rate : float
        Share of gates that changed in it.
    weight_change : float
        Relative change of the weights in it.
    oui, oui_batch : float
        Overfitting-underfitting indicator, in pair form and in batch form.
    firing_rate : float
        Mean share of open gates.
    validation_accuracy : float
        Accuracy on the validation rows; R² for real targets.
    train_loss : float
        Mean training loss of the epoch.
    solved_error : float or None
        Squared error on held-out rows of a small model solved on the gates; None where it was not looked at.
    """

    epoch: int
    flip_rate: float
    weight_change: float
    oui: float
    oui_batch: float
    firing_rate: float
    validation_accuracy: float
    train_loss: float
    solved_error: float | None = None


def is_looked_at(epoch: int) -> bool:
    """Tell whether the solved model is looked at after this epoch: the first, second, fourth, eighth and so on."""
    return epoch & (epoch - 1) == 0


def helps_no_more(errors: Sequence[float]) -> bool:
    """Tell whether the last error of the solved model is not 5 % below the least before.

    Examples
    --------
    >>> helps_no_more([0.30, 0.20]), helps_no_more([0.30, 0.20, 0.199])
    (False, True)
    """
    return len(errors) > 1 and errors[-1] > (1 - WORTH) * min(errors[:-1])


@dataclass(frozen=True)
class SettlingRule:
    """Stop once the flip rate stayed under ``tolerance`` for ``patience`` epochs in a row.

    Attributes
    ----------
    tolerance : float
        Flip rate, as a share of the gates.
    patience : int
        Epochs.
    """

    tolerance: float = 0.01
    patience: int = 2

    def settled(self, flip_rates: Sequence[float]) -> bool:
        """Tell whether the last ``patience`` flip rates all lie under the tolerance.

        Examples
        --------
        >>> SettlingRule(tolerance=0.01, patience=2).settled([0.2, 0.008, 0.004])
        True
        """
        recent = flip_rates[-self.patience :]
        return len(recent) == self.patience and all(rate < self.tolerance for rate in recent)


@dataclass
class SettlingHistory:
    """The epochs of one extraction, in order, and the rule that decided when they had settled.

    Attributes
    ----------
    rule : SettlingRule
        When the gates count as settled.
    records : list of EpochRecord
        One record an epoch.
    """

    rule: SettlingRule = field(default_factory=SettlingRule)
    records: list[EpochRecord] = field(default_factory=list)

    @property
    def epochs(self) -> int:
        """Number of epochs trained."""
        return len(self.records)

    @property
    def settled(self) -> bool:
        """Whether the rule was met."""
        return self.rule.settled([record.flip_rate for record in self.records])

    @property
    def stopped_early(self) -> bool:
        """Whether more epochs no longer helped the solved model; never where it was not looked at."""
        errors = (record.solved_error for record in self.records)
        return helps_no_more([error for error in errors if error is not None])

    @property
    def ending(self) -> str:
        """How the extraction ended: "settled", "stopped early" or "not settled"."""
        if self.settled:
            return "settled"
        return "stopped early" if self.stopped_early else "not settled"

    @property
    def settling_ratio(self) -> float | None:
        """Epochs until the weight change falls under 10 % of its first value, over those of the flip rate.

        Above 1 the structure settled earlier than the weights. None where either never fell that far.
        """
        weights = _epochs_to_tenth([record.weight_change for record in self.records])
        flips = _epochs_to_tenth([record.flip_rate for record in self.records])
        return weights / flips if weights and flips else None

    def to_dict(self) -> dict[str, Any]:
        """Return a form for JSON."""
        return {"rule": asdict(self.rule), "records": [_measured(record) for record in self.records]}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> "SettlingHistory":
        """Invert ``to_dict``."""
        return cls(SettlingRule(**content["rule"]), [EpochRecord(**record) for record in content["records"]])


def _measured(record: EpochRecord) -> dict[str, float]:
    return {name: value for name, value in asdict(record).items() if value is not None}


def _epochs_to_tenth(series: Sequence[float]) -> int | None:
    below = [i for i, value in enumerate(series, start=1) if value < 0.1 * series[0]]
    return below[0] if below else None
