"""When to start: the window before a deadline in which the grid is greenest."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TICK = timedelta(microseconds=1)
DECIMALS = 6
"""Means that are equal to so many decimals are a tie."""


@dataclass(frozen=True)
class Slot:
    """A period and the grid's intensity in it (g CO2e per kWh)."""

    start: datetime
    end: datetime
    intensity: float


@dataclass(frozen=True)
class Forecast:
    """Slots in order of time, without overlaps; gaps are allowed."""

    slots: tuple[Slot, ...]

    @property
    def step(self) -> timedelta:
        """Length of the shortest slot."""
        return min(slot.end - slot.start for slot in self.slots)

    def intensity(self, start: datetime, length: timedelta) -> float | None:
        """Mean intensity over a window (g CO2e per kWh); None unless all of the window is forecast."""
        import numpy as np

        edges, known, area = self._sums
        window = [self._ticks(start), self._ticks(start + length)]
        covered, total = (float(np.diff(np.interp(window, edges, sums))[0]) for sums in (known, area))
        return total / covered if covered == length // TICK else None

    @cached_property
    def _sums(self) -> "tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]":
        """The edges of the slots, and up to each the time that is forecast and the intensity summed over it."""
        import numpy as np

        edges = np.array(
            [[self._ticks(slot.start), self._ticks(slot.end)] for slot in self.slots], dtype=np.float64
        )
        known = np.diff(edges) * [0.0, 1.0]
        area = known * [[slot.intensity] for slot in self.slots]
        distinct, index = np.unique(edges, return_index=True)
        return distinct, known.cumsum()[index], area.cumsum()[index]

    def _ticks(self, moment: datetime) -> int:
        return (moment - self.slots[0].start) // TICK


def greenest_start(
    forecast: Forecast, now: datetime, latest_start: datetime, duration: timedelta
) -> datetime | None:
    """The start between ``now`` and ``latest_start`` with the lowest mean intensity over ``duration``.

    The window is at least one slot long; of equal starts the earliest wins. None if the window from ``now`` is not
    forecast. The mean is piecewise linear in the start, so its minimum is where an end of the window meets an end
    of a slot, or at ``now`` or ``latest_start``.
    """
    length = max(duration, forecast.step)
    if forecast.intensity(now, length) is None:
        return None
    edges = {edge for slot in forecast.slots for edge in (slot.start, slot.end) if edge >= now}
    starts = {now, latest_start} | edges | {edge - length for edge in edges}
    means = [(forecast.intensity(start, length), start) for start in starts if now <= start <= latest_start]
    return min((round(mean, DECIMALS), start) for mean, start in means if mean is not None)[1]
