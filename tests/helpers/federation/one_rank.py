"""One rank of a group of processes: ``python -m tests.helpers.federation.one_rank RANK RANKS FOLDER``.

It sums its rows of ``rows.npz`` under ``publication``, adds the sums of all ranks, and writes what it has then.
"""

import sys
from pathlib import Path

import numpy as np
import torch.distributed as dist

from greenlightning.errors import MismatchError
from greenlightning.federation import all_reduced, read_publication


def main(rank: int, ranks: int, folder: Path) -> None:
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=ranks)
    own = folder / f"publication-{rank}"
    model = read_publication(own if own.is_dir() else folder / "publication")
    with np.load(folder / "rows.npz") as rows:
        X, y, of = rows["X"], rows["y"], rows["rank"]
    try:
        all_reduced(model.collect(X[of == rank], y[of == rank])).save(folder / f"sums-{rank}")
    except MismatchError as error:
        (folder / f"error-{rank}").write_text(str(error))
    dist.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
