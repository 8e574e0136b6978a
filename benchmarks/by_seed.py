"""What benchmarks of their own share: their command line over sets and seeds, and a median with its range."""

import argparse
import json
import statistics
from collections.abc import Callable, Sequence

from benchmarks.records import RESULTS, Record
from greenlightning.datasets import Dataset, load

SETS = ("digits", "letter", "fashion-mnist")


def median_and_range(values: Sequence[float], digits: int) -> str:
    """Such as ``0.8904 (0.8885 to 0.8914)``."""
    median, least, most = (f"{f(values):,.{digits}f}" for f in (statistics.median, min, max))
    return f"{median} ({least} to {most})"


def measure_all(
    name: str,
    about: str | None,
    datasets: Sequence[str],
    measured: Callable[[Dataset, int], list[Record]],
    as_table: Callable[[list[Record]], str],
) -> None:
    """Measure the sets and seeds that the command line asks for; print tables, write ``<name>-<dataset>.json``."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", nargs="*", default=list(datasets))
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    for dataset in options.datasets:
        data = load(dataset)
        runs = [run for seed in range(options.seeds) for run in measured(data, seed)]
        (RESULTS / f"{name}-{dataset}.json").write_text(json.dumps(runs, indent=1) + "\n")
        print(f"\n{as_table(runs)}\n")
