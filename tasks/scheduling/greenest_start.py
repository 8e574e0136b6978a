"""When to start: the window before a deadline in which the grid is greenest."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cached_property
from itertools import accumulate

TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Slot:
    """A stretch of time, and the grid's intensity in it (g CO2e per kWh)."""

    start: datetime
    end: datetime
    intensity: float


@dataclass(frozen=True)
class Forecast:
    """Slots in order of time, none overlapping; there may be gaps between them."""

    slots: tuple[Slot, ...]

    @property
    def step(self) -> timedelta:
        """Length of the shortest slot."""
        return min(slot.end - slot.start for slot in self.slots)

    def intensity(self, start: datetime, length: timedelta) -> Fraction | None:
        """Exact mean intensity over a window (g CO2e per kWh); None where it is not forecast throughout."""
        (known, area), (known_before, area_before) = self._until(start + length), self._until(start)
        wanted = length // TICK
        return (area - area_before) / wanted if known - known_before == wanted else None

    @cached_property
    def _sums(self) -> list[tuple[int, Fraction]]:
        """Microseconds forecast before each slot, and the intensity summed over them."""
        ticks = [(slot.end - slot.start) // TICK for slot in self.slots]
        areas = [count * Fraction(slot.intensity) for count, slot in zip(ticks, self.slots, strict=True)]
        return list(zip(accumulate(ticks, initial=0), accumulate(areas, initial=Fraction(0)), strict=True))

    def _until(self, moment: datetime) -> tuple[int, Fraction]:
        """The same sums up to ``moment``."""
        begun = bisect_right(self.slots, moment, key=lambda slot: slot.start)
        known, area = self._sums[begun]
        if not begun:
            return known, area
        last = self.slots[begun - 1]
        ahead = max(last.end - moment, timedelta(0)) // TICK
        return known - ahead, area - ahead * Fraction(last.intensity)


def greenest_start(
    forecast: Forecast, now: datetime, latest_start: datetime, duration: timedelta
) -> datetime | None:
    """The start from ``now`` to ``latest_start`` of the lowest mean intensity over ``duration``, at least a slot.

    Ties go to the earliest. None where the window from ``now`` is not forecast: nothing could be compared with it.
    The mean is piecewise linear in the start, so its minimum lies where an end of the window meets an end of a
    slot, or at either end of the choice.
    """
    length = max(duration, forecast.step)
    if forecast.intensity(now, length) is None:
        return None
    edges = {edge for slot in forecast.slots for edge in (slot.start, slot.end) if edge >= now}
    starts = {now, latest_start} | edges | {edge - length for edge in edges}
    means = [(forecast.intensity(start, length), start) for start in starts if now <= start <= latest_start]
    return min((mean, start) for mean, start in means if mean is not None)[1]
