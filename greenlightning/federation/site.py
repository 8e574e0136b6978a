"""A site as a process of its own: ``python -m greenlightning.federation.site PUBLICATION ROWS.npz NAME OUT``.

It reads inputs ``X`` and labels ``y``, sums them under the publication, signs with a key of its own, and ends.
"""

import sys
from pathlib import Path

import numpy as np

from greenlightning.data.batch import Batch
from greenlightning.federation.contribution import contribute
from greenlightning.federation.keys import SigningKey
from greenlightning.federation.publication import read_publication


def main(publication: str, rows: str, name: str, out: str) -> None:
    """Contribute the rows of an NPZ file."""
    with np.load(rows, allow_pickle=False) as file:
        batch = Batch(file["X"], file["y"])
    contribute(read_publication(Path(publication)), batch, Path(out), SigningKey.generate(), site=name)


if __name__ == "__main__":
    main(*sys.argv[1:])
