"""What the benchmarks share: the sets, and how a median stands with its range."""

import os
import statistics
from collections.abc import Sequence

from greenlightning.data.datasets import DATASETS_VARIABLE

SETS = ("digits", "letter", "fashion-mnist")
PRESENT = [name for name in SETS if name == "digits" or os.environ.get(DATASETS_VARIABLE)]


def median_and_range(values: Sequence[float], digits: int) -> str:
    """Such as ``0.8904 (0.8885 to 0.8914)``."""
    median, least, most = (f"{f(values):,.{digits}f}" for f in (statistics.median, min, max))
    return f"{median} ({least} to {most})"
