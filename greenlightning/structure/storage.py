"""A structure on disk: its arrays as safetensors, and JSON about them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from greenlightning.data.files import read_json, read_tensors, reading, write_json, write_tensors
from greenlightning.errors import IntegrityError
from greenlightning.structure.bins import Bins
from greenlightning.structure.layers import numbered
from greenlightning.structure.settling import SettlingHistory

if TYPE_CHECKING:
    from greenlightning.structure.gates import Structure

FORMAT = "greenlightning-structure/1"


def save_structure(structure: "Structure", folder: Path) -> None:
    """Write ``structure.safetensors`` and ``structure.json`` into ``folder``."""
    write_tensors(folder / "structure.safetensors", structure.arrays())
    about = {"format": FORMAT, "digest": structure.digest}
    write_json(folder / "structure.json", about | about_structure(structure))


def load_structure(kind: "type[Structure]", folder: Path) -> "Structure":
    """Read what ``save_structure`` wrote.

    Raises
    ------
    IntegrityError
        Where a file is missing or corrupt, or the digest does not match.
    """
    about = read_json(folder / "structure.json", FORMAT)
    arrays = read_tensors(folder / "structure.safetensors")
    with reading(folder):
        found = structure_of(kind, arrays, about)
    if found.digest != about.get("digest"):
        raise IntegrityError(
            f"{folder} holds structure {found.digest[:12]}, another than it says", "Restore it from the registry"
        )
    return found


def about_structure(structure: "Structure") -> dict[str, Any]:
    """Return what is known of gates beside their arrays, for JSON."""
    history = structure.history.to_dict() if structure.history else None
    return {"seen": list(structure.seen), "history": history}


def structure_of(kind: "type[Structure]", arrays: dict[str, NDArray[Any]], about: dict[str, Any]) -> "Structure":
    """Put gates together again from their arrays and what ``about_structure`` said."""
    return kind(
        arrays["mean"],
        arrays["scale"],
        numbered(arrays, "weight"),
        numbered(arrays, "bias"),
        steps=numbered(arrays, "step"),
        bins=Bins.of_arrays(arrays),
        history=SettlingHistory.from_dict(about["history"]) if about["history"] else None,
        seen=tuple(about["seen"]),
    )
