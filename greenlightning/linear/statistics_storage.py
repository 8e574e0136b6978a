"""Statistics on disk: the integers as safetensors, G as a packed triangle, and JSON about them."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from greenlightning.data.files import read_json, read_tensors, reading, write_json, write_tensors
from greenlightning.errors import IntegrityError

if TYPE_CHECKING:
    from greenlightning.linear.statistics import Statistics

FORMAT = "greenlightning-statistics/1"


def save_statistics(statistics: "Statistics", folder: Path) -> None:
    """Write ``statistics.safetensors`` and ``statistics.json`` into ``folder``."""
    write_tensors(folder / "statistics.safetensors", statistics._arrays())
    names = ("structure", "recipe", "targets", "bits", "n", "digest")
    about = {name: getattr(statistics, name) for name in names} | {"columns": list(statistics.columns)}
    about |= {"weight_bits": statistics.weight_bits} if statistics.weight_bits else {}
    write_json(folder / "statistics.json", about | {"format": FORMAT})


def load_statistics(kind: "type[Statistics]", folder: Path) -> "Statistics":
    """Read what ``save_statistics`` wrote.

    Raises
    ------
    IntegrityError
        Where a file is missing or corrupt, or the digest does not match.
    """
    about = read_json(folder / "statistics.json", FORMAT)
    arrays = read_tensors(folder / "statistics.safetensors")
    with reading(folder):
        size = len(arrays["feature_sums"])
        arrays["G"] = _unpacked(arrays["G"], size)
        if "class_grams" in arrays:
            grams = [_unpacked(gram, size) for gram in arrays["class_grams"]]
            arrays["class_grams"] = np.array(grams, dtype=np.int64).reshape(-1, size, size)
        belonging = {name: about[name] for name in ("structure", "recipe", "targets", "bits", "n")}
        belonging |= {"columns": tuple(about["columns"]), "weight_bits": about.get("weight_bits", 0)}
        found = kind(**belonging, **arrays)  # type: ignore[arg-type]
    if found.digest != about.get("digest"):
        raise IntegrityError(
            f"{folder} holds statistics {found.digest[:12]}, others than it says",
            "Restore it from the registry",
        )
    return found


def _unpacked(packed: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Rebuild the symmetric matrix (size, size) from the rows of its upper triangle."""
    full, start = np.zeros((size, size), dtype=np.int64), 0
    for i in range(size):
        row = packed[start : start + size - i]
        full[i, i:], full[i:, i] = row, row
        start += size - i
    return full
