"""A weight decay by the overfitting-underfitting indicator (OUI) that the gates have early in training.

Whether that helps: ``docs/study/weight-decay.md``.
"""

from collections.abc import Callable

from greenlightning.structure.settling import SettlingRule

GRID = 0.0, 0.1, 0.3, 1.0, 3.0, 10.0
LOW, HIGH = 0.6, 0.8
PROBE_EPOCHS = 3
AFTER_PROBE = SettlingRule(tolerance=2.0, patience=PROBE_EPOCHS)
"""A rule that any gates meet after the epochs of a probe, so that its schedule is that of the whole training."""


def weight_decay_by_oui(early_oui: Callable[[float], float]) -> float:
    """Choose a weight decay by the early OUI in pair form [1]_, within 0.6 to 0.8 where that can be.

    Tried from none upwards, as more decay makes patterns more alike; the first one that is not above the band ends
    the search.

    Parameters
    ----------
    early_oui : callable
        From a weight decay to the OUI of a short training with it, 0 to 1, on rows that were held out.

    Returns
    -------
    float
        The first of 0, 0.1, 0.3, 1, 3 and 10 in the band; where none is, the one nearest to it.

    References
    ----------
    .. [1] "OUI Need to Talk About Weight Decay", 2025, arXiv:2504.17160.

    Examples
    --------
    >>> weight_decay_by_oui({0.0: 0.9, 0.1: 0.85, 0.3: 0.7}.__getitem__)
    0.3
    """
    away: dict[float, float] = {}
    for decay in GRID:
        found = early_oui(decay)
        away[decay] = from_band(found)
        if found <= HIGH:
            break
    return min(away, key=away.__getitem__)


def from_band(oui: float) -> float:
    """Return how far an OUI in pair form lies from the band of 0.6 to 0.8; 0 within it."""
    return max(LOW - oui, oui - HIGH, 0.0)
