"""Bytes and seconds of one contribution against features and classes: the table of docs/explanation/scale.md.

``python -m benchmarks.federation.sizes`` prints it: one thread, processor time, the least of three tries. Rows are
Gaussian; those of letter or digits have contributions of the same size within a few per cent.
"""

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from greenlightning.data.batch import Batch
from greenlightning.federation import SigningKey, contribute, publish, read_contribution, read_publication
from greenlightning.model import GreenLightningModel
from greenlightning.paths import SyntheticLandmarks
from greenlightning.structure.gates import Structure

CASES = ((256, 10), (512, 10), (1_024, 2), (1_024, 10), (1_024, 100), (1_536, 10))
ROWS, COLUMNS, HIDDEN, TRIES = 2_000, 16, (256, 256), 3
HEAD = ("path features D", "classes k", "publication, kB", f"contribution of {ROWS:,} rows, kB")
HEAD += ("site: sum and sign, s", "coordinator: check and screen, s", "add, s")


def measured(features: int, classes: int) -> list[str]:
    """One line of the table."""
    rng, key = np.random.default_rng(0), SigningKey.generate()
    X, y = rng.normal(size=(ROWS, COLUMNS)).astype(np.float32), np.arange(ROWS) % classes
    sizes = (COLUMNS, *HIDDEN)
    weights = [rng.normal(size=(out, into)) for into, out in zip(sizes, HIDDEN, strict=False)]
    structure = Structure.from_arrays(np.zeros(COLUMNS), np.ones(COLUMNS), weights, [np.zeros(n) for n in HIDDEN])
    paths = SyntheticLandmarks.build(structure.in_int8(X), X, y, n_landmarks=features, random_state=0)
    with TemporaryDirectory() as place:
        publication = Path(place) / "publication"
        publish(GreenLightningModel.empty(paths, 1.0), publication, key)
        published, sent = read_publication(publication), iter(Path(place) / f"{number}" for number in range(TRIES))
        batch = Batch(X, y)
        site, _ = seconds(lambda: contribute(published, batch, next(sent), key, site="north"))
        folder = Path(place) / "0"
        check, one = seconds(lambda: read_contribution(folder, published))
        add, _ = seconds(lambda: one.statistics + one.statistics)
        sizes = (kilobytes(publication), kilobytes(folder))
    return [f"{features:,}", str(classes), *sizes, f"{site:.3f}", f"{check:.3f}", f"{add:.4f}"]


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """The least processor time of some tries, and what came out."""
    found = []
    for _ in range(TRIES):
        start = time.process_time()
        result = work()
        found.append(time.process_time() - start)
    return min(found), result


def kilobytes(folder: Path) -> str:
    """All files of a folder."""
    return f"{sum(file.stat().st_size for file in folder.iterdir()) / 1e3:,.0f}"


def main() -> None:
    """Print the table."""
    torch.set_num_threads(1)
    print(f"| {' | '.join(HEAD)} |\n|{'---|' * len(HEAD)}")
    for case in CASES:
        print(f"| {' | '.join(measured(*case))} |", flush=True)


if __name__ == "__main__":
    main()
