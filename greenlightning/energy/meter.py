"""Energy meters: every joule says how it is known.

    with EnergyMeter() as meter:
        model.learn(batch)
    print(meter.energy.joules, meter.energy.source)

A processor counts as ``measured:rapl`` where its counters are readable (the whole package and its memory,
other processes included), otherwise as ``estimated:cpu-time*tdp(…)`` (CPU seconds of this process and its
children, memory left out). A GPU counts as ``measured:nvml`` (the whole board). Nothing opens a connection.
"""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from greenlightning import errors
from greenlightning.energy.counters import Counter, CpuTime, gpu_counter, rapl_counters
from greenlightning.energy.power import CPUINFO, Known, carbon_intensity, watts_per_core

POWERCAP = Path("/sys/class/powercap")
JOULES_PER_KWH = 3.6e6


@dataclass(frozen=True)
class EnergyPart:
    """Energy of one device.

    Attributes
    ----------
    device : str
        Name of the device.
    joules : float
        Energy in J.
    source : str
        How it is known: ``measured:nvml``, ``measured:rapl``, ``estimated:…``.
    """

    device: str
    joules: float
    source: str


@dataclass(frozen=True)
class Energy:
    """Energy of a piece of work; ``+`` adds what follows it.

    Attributes
    ----------
    joules : float
        Energy in J.
    seconds : float
        Duration in s.
    gco2e : float
        Emissions in g CO2e.
    intensity : float
        Carbon intensity of the grid in g CO2e per kWh.
    source : str
        How the joules are known.
    parts : tuple of EnergyPart
        Energy of each device.
    intensity_source : str
        Where the intensity comes from.
    """

    joules: float
    seconds: float
    gco2e: float
    intensity: float
    source: str
    parts: tuple[EnergyPart, ...]
    intensity_source: str = "given"

    @classmethod
    def of(cls, parts: Iterable[EnergyPart], seconds: float, intensity: Known) -> "Energy":
        """Sum the parts up; ``gco2e = joules / 3.6e6 * intensity``.

        Examples
        --------
        >>> Energy.of([EnergyPart("cpu", 3.6e6, "given")], 60.0, Known(475.0, "given")).gco2e
        475.0
        """
        parts = tuple(parts)
        joules = sum(part.joules for part in parts)
        gco2e = joules / JOULES_PER_KWH * intensity.value
        source = _joined(part.source for part in parts)
        return cls(joules, seconds, gco2e, intensity.value, source, parts, intensity.source)

    def __add__(self, other: "Energy") -> "Energy":
        totals: dict[tuple[str, str], float] = {}
        for part in (*self.parts, *other.parts):
            totals[part.device, part.source] = totals.get((part.device, part.source), 0.0) + part.joules
        parts = [EnergyPart(device, joules, source) for (device, source), joules in totals.items()]
        joules, gco2e = self.joules + other.joules, self.gco2e + other.gco2e
        mixed = self.intensity != other.intensity and joules > 0
        return Energy(
            joules=joules,
            seconds=self.seconds + other.seconds,
            gco2e=gco2e,
            intensity=gco2e / joules * JOULES_PER_KWH if mixed else self.intensity,
            source=_joined(part.source for part in parts),
            parts=tuple(parts),
            intensity_source=_joined([self.intensity_source, other.intensity_source]),
        )

    def __radd__(self, other: int) -> "Energy":
        """Let ``sum`` start at 0."""
        return self


class EnergyMeter:
    """Context manager whose ``energy`` is what the work inside cost so far, and after it for good.

    A device that stops answering costs no work: its source then ends in ``(readings lost)``.

    Parameters
    ----------
    device : str, default="cpu"
        Where the work runs; ``cuda`` adds NVML to the processor.
    intensity : float, optional
        Carbon intensity of the grid in g CO2e per kWh; by default GREENLIGHTNING_CARBON_INTENSITY, else the world
        average.
    powercap : Path, optional
        Folder of the RAPL counters.
    cpuinfo : Path, optional
        File that describes the processor.

    Raises
    ------
    InputError
        Where the intensity is not a number of at least 0.

    Examples
    --------
    >>> with EnergyMeter() as meter:
    ...     total = sum(range(1000))
    >>> meter.energy.joules >= 0
    True
    """

    def __init__(
        self,
        device: str = "cpu",
        intensity: float | None = None,
        *,
        powercap: Path = POWERCAP,
        cpuinfo: Path = CPUINFO,
    ) -> None:
        self._device = device
        self._intensity = carbon_intensity(intensity)
        self._powercap = powercap
        self._cpuinfo = cpuinfo
        self._counters: list[Counter] = []
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._energy: Energy | None = None

    def __enter__(self) -> Self:
        self._counters = rapl_counters(self._powercap)
        if not any(counter.device.startswith("package") for counter in self._counters):
            self._counters.append(CpuTime(watts_per_core(self._cpuinfo)))
        if self._device.startswith("cuda"):
            self._counters.append(gpu_counter(self._device))
        periods = [counter.period for counter in self._counters if counter.period]
        self._done.clear()
        self._sampler = threading.Thread(target=self._sample, args=(min(periods, default=0),), daemon=True)
        if periods:
            self._sampler.start()
        self._energy = None
        self._start = time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._energy = self.energy
        self._done.set()
        if self._sampler.is_alive():
            self._sampler.join()

    @property
    def energy(self) -> Energy:
        """Energy since the start of the work, up to now or to its end.

        Raises
        ------
        NotFittedError
            Before the work starts.
        """
        if self._energy:
            return self._energy
        if not self._counters:
            raise errors.NotFittedError("The energy meter was never started", "Use it in a with statement")
        self._advance()
        parts = [
            EnergyPart(c.device, c.joules, f"{c.source}(readings lost)" if c.lost else c.source)
            for c in self._counters
        ]
        return Energy.of(parts, time.perf_counter() - self._start, self._intensity)

    def _advance(self) -> None:
        with self._lock:
            for counter in self._counters:
                try:
                    counter.advance()
                except OSError:
                    counter.lost = True

    def _sample(self, period: float) -> None:
        while not self._done.wait(period):
            self._advance()


def _joined(sources: Iterable[str]) -> str:
    return " + ".join(dict.fromkeys(sources))
