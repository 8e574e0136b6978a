"""Counters of joules: RAPL, NVML, and the estimate from CPU time where neither can be read."""

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

from greenlightning.energy.power import Known

RAPL_PERIOD, POWER_PERIOD = 30.0, 0.1


class Counter(ABC):
    """Joules of one device since the counter was made.

    Attributes
    ----------
    device : str
        Name of the device.
    source : str
        How the joules are known.
    joules : float
        Energy up to the last ``advance``.
    lost : bool
        Whether a reading failed.
    period : float or None
        Seconds within which ``advance`` must be called to count right; None where start and end are enough.
    """

    period: float | None = None

    def __init__(self, device: str, source: str) -> None:
        self.device = device
        self.source = source
        self.joules = 0.0
        self.lost = False

    @abstractmethod
    def advance(self) -> None:
        """Bring ``joules`` up to now; raises OSError if the device cannot be read."""


class CpuTime(Counter):
    """Watts of a busy logical CPU times the CPU seconds of this process and its children."""

    def __init__(self, watts: Known) -> None:
        super().__init__("cpu", f"estimated:cpu-time*tdp({watts.source})")
        self._watts, self._start = watts.value, cpu_seconds()

    def advance(self) -> None:
        """Count the CPU time up to now."""
        self.joules = max(0.0, cpu_seconds() - self._start) * self._watts


class Rapl(Counter):
    """One RAPL domain; its counter (µJ) starts over at ``max_energy_range_uj``, within minutes under load."""

    period = RAPL_PERIOD

    def __init__(self, folder: Path, name: str) -> None:
        super().__init__(name, "measured:rapl")
        self._counter = folder / "energy_uj"
        self._range = int((folder / "max_energy_range_uj").read_text())
        self._last = int(self._counter.read_text())

    def advance(self) -> None:
        """Add the energy since the last reading; the counter may have wrapped around once."""
        now = int(self._counter.read_text())
        self.joules += (now - self._last) % self._range / 1e6
        self._last = now


class GpuEnergy(Counter):
    """NVML's own energy counter (mJ) of one board."""

    def __init__(self, device: str, nvml: Any, handle: Any) -> None:
        super().__init__(device, "measured:nvml")
        self._read = _reader(nvml, nvml.nvmlDeviceGetTotalEnergyConsumption, handle)
        self._start = self._read()

    def advance(self) -> None:
        """Read the board's counter."""
        self.joules = (self._read() - self._start) / 1e3


class GpuPower(Counter):
    """NVML's power readings (mW) of one board, by the trapezium rule, where it has no energy counter."""

    period = POWER_PERIOD

    def __init__(self, device: str, nvml: Any, handle: Any) -> None:
        super().__init__(device, "measured:nvml(power samples)")
        self._read = _reader(nvml, nvml.nvmlDeviceGetPowerUsage, handle)
        self._last = time.perf_counter(), self._read()

    def advance(self) -> None:
        """Add the energy since the last reading by the trapezium rule."""
        now, milliwatts = time.perf_counter(), self._read()
        then, before = self._last
        self.joules += (now - then) * (milliwatts + before) / 2e3
        self._last = now, milliwatts


class Unmeasured(Counter):
    """A GPU that NVML cannot read: 0 J, and the source says so and why."""

    def __init__(self, device: str, why: str) -> None:
        super().__init__(device, f"unmeasured:{device}({why})")

    def advance(self) -> None:
        """Leave the joules at 0."""


def rapl_counters(powercap: Path) -> list[Counter]:
    """List the counters of packages and their memory below the folder ``powercap``.

    ``core`` and ``uncore`` are left out as they lie within a package, ``psys`` as it lies around it.
    """
    counters: list[Counter] = []
    for folder in sorted(powercap.glob("intel-rapl:*")):
        try:
            name = (folder / "name").read_text().strip()
            if name.startswith("package") or name == "dram":
                counters.append(Rapl(folder, name))
        except OSError:
            continue
    return counters


def gpu_counter(device: str) -> Counter:
    """Choose the best counter that NVML has for a torch device such as ``cuda:0``."""
    import pynvml as nvml

    try:
        nvml.nvmlInit()
        handle = nvml.nvmlDeviceGetHandleByUUID(_gpu_uuid(device))
    except (nvml.NVMLError, RuntimeError, AssertionError) as error:
        return Unmeasured(device, str(error).partition("\n")[0])
    for kind in (GpuEnergy, GpuPower):
        try:
            return kind(device, nvml, handle)
        except OSError as error:
            why = str(error)
    return Unmeasured(device, why)


def cpu_seconds() -> float:
    """Sum the CPU seconds of this process, of children that ended, and of those that live with all below them."""
    import psutil

    ended = os.times()
    seconds = time.process_time() + ended.children_user + ended.children_system
    for child in psutil.Process().children(recursive=True):
        try:
            seconds += sum(child.cpu_times()[:4])
        except psutil.Error:
            continue
    return seconds


def _gpu_uuid(device: str) -> str:
    """Return NVML's name of a torch device: unlike an index, the same under CUDA_VISIBLE_DEVICES."""
    import torch

    return f"GPU-{torch.cuda.get_device_properties(device).uuid}"


def _reader(nvml: Any, function: Callable[[Any], int], handle: Any) -> Callable[[], int]:
    def read() -> int:
        try:
            return function(handle)
        except nvml.NVMLError as error:
            raise OSError(str(error)) from error

    return read
