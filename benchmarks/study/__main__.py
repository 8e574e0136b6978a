"""The study: ``python -m benchmarks.study --experiments settling --datasets digits --seeds 0 1 2 3 4``.

One thread. Each measurement is a line of ``benchmarks/results/<part>-<dataset>.jsonl``; what is there already is
not measured again.
"""

import argparse
import warnings
from collections.abc import Sequence

from benchmarks.core.common import PRESENT, SETS
from benchmarks.core.records import RESULTS
from benchmarks.study.experiments import EXPERIMENTS
from benchmarks.study.running import Plan


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiments", nargs="+", choices=EXPERIMENTS, default=list(EXPERIMENTS))
    parser.add_argument("--datasets", nargs="+", choices=SETS, default=PRESENT)
    parser.add_argument("--seeds", nargs="+", type=int, default=range(5))
    given = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    for line in Plan(tuple(given.experiments), tuple(given.datasets), tuple(given.seeds), RESULTS).lines():
        if not line.is_measured:
            line.measure()


if __name__ == "__main__":
    main()
