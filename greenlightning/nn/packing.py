"""The frozen part of a block as one tensor of bytes, so that a ``state_dict`` needs no pickle."""

from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from safetensors.numpy import load, save
from torch import Tensor

from greenlightning.errors import IntegrityError
from greenlightning.paths import PathFeatures, load_paths
from greenlightning.structure.gates import Structure

DIGEST_BYTES = 32


def packed(paths: PathFeatures) -> Tensor:
    """Pack the files that structure and recipe save, by their names, into one uint8 tensor, after their sha256."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        paths.structure.save(folder)
        paths.save(folder)
        files = {f"file/{file.name}": np.fromfile(file, dtype=np.uint8) for file in sorted(folder.iterdir())}
    content = save(files | {"kind": np.frombuffer(paths.kind.encode(), dtype=np.uint8)})
    return torch.frombuffer(bytearray(sha256(content).digest() + content), dtype=torch.uint8)


def unpacked(content: Tensor) -> PathFeatures:
    """Read what ``packed`` made.

    Raises
    ------
    IntegrityError
        Where it is corrupt: its digest does not match.
    """
    held = content.cpu().numpy().tobytes()
    digest, stored = held[:DIGEST_BYTES], held[DIGEST_BYTES:]
    if sha256(stored).digest() != digest:
        raise IntegrityError("The block's frozen part is corrupt: its digest is another", "Load an intact copy")
    arrays = load(stored)
    kind = arrays.pop("kind").tobytes().decode()
    with TemporaryDirectory() as name:
        folder = Path(name)
        for key, array in arrays.items():
            (folder / Path(key).name).write_bytes(array.tobytes())
        return load_paths(folder, kind, Structure.load(folder))
