"""Statistics on disk: the integers as safetensors, G as a packed triangle of the fewest bytes, and JSON.

In messages, G of few rows has the short form of ``low_rank``.
"""

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from greenlightning.compute.low_rank import from_short_form, short_form
from greenlightning.data.files import checked_count, read_json, read_tensors, reading, write_json, write_tensors
from greenlightning.errors import IntegrityError

if TYPE_CHECKING:
    from greenlightning.linear.statistics import Statistics

FORMAT = "greenlightning-statistics/1"
FEATURES, ENTRIES = "G.features", "G.entries"
LARGEST_BITS, LARGEST_WEIGHT_BITS = 16, 62


def save_statistics(statistics: "Statistics", folder: Path, short: bool = False) -> None:
    """Write ``statistics.safetensors`` and ``statistics.json`` into ``folder``."""
    arrays = statistics._arrays()
    if short and (form := short_form(statistics.G, statistics.n)):
        del arrays["G"]
        arrays |= dict(zip((FEATURES, ENTRIES), form, strict=True))
    narrow = {name: _narrow(arrays[name]) for name in ("G", FEATURES, ENTRIES, "class_grams") if name in arrays}
    write_tensors(folder / "statistics.safetensors", arrays | narrow)
    names = ("structure", "recipe", "targets", "bits", "n", "digest")
    about = {name: getattr(statistics, name) for name in names} | {"columns": list(statistics.columns)}
    about |= {"weight_bits": statistics.weight_bits} if statistics.weight_bits else {}
    write_json(folder / "statistics.json", about | {"format": FORMAT})


def _narrow(packed: NDArray[np.int64]) -> NDArray[np.integer[Any]]:
    """Return the same integers in four bytes each where all fit: half the file."""
    limits = np.iinfo(np.int32)
    fits = not packed.size or (packed.min() >= limits.min and packed.max() <= limits.max)
    return packed.astype(np.int32) if fits else packed


def load_statistics(kind: "type[Statistics]", folder: Path, n_features: int | None = None) -> "Statistics":
    """Read what ``save_statistics`` wrote.

    Raises
    ------
    IntegrityError
        Where a file is missing or corrupt, the digest does not match, or there are not ``n_features`` features.
    """
    about = read_json(folder / "statistics.json", FORMAT)
    arrays = read_tensors(folder / "statistics.safetensors")
    with reading(folder):
        size = len(arrays["feature_sums"])
        if n_features not in (None, size):
            raise ValueError(f"sums of {size:,} features, not of {n_features:,}")
        if FEATURES in arrays:
            arrays["G"] = from_short_form(arrays.pop(FEATURES), arrays.pop(ENTRIES), size)
        else:
            arrays["G"] = _unpacked(arrays["G"], size)
        if "class_grams" in arrays:
            grams = [_unpacked(gram, size) for gram in arrays["class_grams"]]
            arrays["class_grams"] = np.array(grams, dtype=np.int64).reshape(-1, size, size)
        belonging = {name: about[name] for name in ("structure", "recipe", "targets", "bits", "n")}
        belonging |= {"columns": tuple(about["columns"]), "weight_bits": about.get("weight_bits", 0)}
        _check_facts(belonging)
        _check_shapes(arrays, size, len(about["columns"]))
        found = kind(**belonging, **arrays)  # type: ignore[arg-type]
    if found.digest != about.get("digest"):
        raise IntegrityError(
            f"{folder} holds statistics {found.digest[:12]}, others than it says",
            "Restore it from the registry",
        )
    return found


def _check_facts(about: dict[str, Any]) -> None:
    """Raise ValueError where counts are not integers of their range, or columns not different labels in order."""
    checked_count(about["n"], "n")
    checked_count(about["bits"], "bits", LARGEST_BITS)
    checked_count(about["weight_bits"], "weight_bits", LARGEST_WEIGHT_BITS)
    columns = about["columns"]
    kinds = {isinstance(label, str) for label in columns}
    if not all(isinstance(label, int | float | str) for label in columns) or len(kinds) > 1:
        raise ValueError("the columns are not labels of one kind")
    if not all(before < after for before, after in pairwise(columns)) or any(one != one for one in columns):
        raise ValueError("the columns are not different labels in ascending order")


def _check_shapes(arrays: dict[str, NDArray[Any]], D: int, k: int) -> None:
    """Raise ValueError where sums of D features and k columns have another shape, or are no integers."""
    shapes = {"G": (D, D), "B": (D, k), "feature_sums": (D,), "target_sums": (k,), "target_squares": (k,)}
    shapes |= {"class_grams": (k, D, D)} if "class_grams" in arrays else {}
    for name, shape in shapes.items():
        if arrays[name].shape != shape or arrays[name].dtype != np.int64:
            raise ValueError(f"{name} is {arrays[name].dtype} of shape {arrays[name].shape}, not int64 of {shape}")


def _unpacked(packed: NDArray[np.integer[Any]], size: int) -> NDArray[np.int64]:
    """Rebuild the symmetric matrix (size, size) from the rows of its upper triangle."""
    if packed.shape != (size * (size + 1) // 2,):
        raise ValueError(f"a triangle of {size} features has other than {packed.size} entries")
    full, start = np.zeros((size, size), dtype=np.int64), 0
    for i in range(size):
        row = packed[start : start + size - i]
        full[i, i:], full[i:, i] = row, row
        start += size - i
    return full
