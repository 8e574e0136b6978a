"""What one piece of work cost: seconds, joules with their source, and how far resident memory rose."""

import ctypes
import gc
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.core.records import Record
from greenlightning.energy.meter import EnergyMeter

PROCESS = Path("/proc/self")


class Cost:
    """Context manager; after it ``seconds``, ``joules``, ``source`` and ``peak_bytes`` (None where unknown).

    ``peak_bytes`` is the highest resident size while the work ran, less the size before it: Linux only, through
    ``/proc/self/clear_refs``. Free memory is handed back to the system first, so that reuse does not hide it.
    """

    def __init__(self, device: str = "cpu") -> None:
        self._meter = EnergyMeter(device)
        self.seconds = self.joules = 0.0
        self.source = ""
        self.peak_bytes: int | None = None

    def __enter__(self) -> Self:
        gc.collect()
        self._before = _resident_afresh()
        self._meter.__enter__()
        self._start = time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.seconds = time.perf_counter() - self._start
        self._meter.__exit__(kind, error, trace)
        self.joules, self.source = self._meter.energy.joules, self._meter.energy.source
        if self._before is not None:
            self.peak_bytes = max(_status("VmHWM") - self._before, 0)

    @property
    def values(self) -> Record:
        """All of it, for a record."""
        return {name: getattr(self, name) for name in ("seconds", "joules", "source", "peak_bytes")}


def _resident_afresh() -> int | None:
    """Resident bytes now, with the high-water mark set back to them; None where the system has no such thing."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
        (PROCESS / "clear_refs").write_text("5")
        return _status("VmRSS")
    except (OSError, AttributeError):
        return None


def _status(name: str) -> int:
    lines = (PROCESS / "status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024
