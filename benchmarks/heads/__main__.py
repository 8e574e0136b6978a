"""Heads on frozen backbones: ``python -m benchmarks.heads``, then docs/heads.md is made from the records.

Features are computed once, see ``benchmarks.heads.backbones``. Each way is tuned a little, then trained on five
splits, the ways one after another within each split, on one thread. ``--page`` writes the page alone.
"""

import argparse
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from benchmarks.core.machine import remember, warm_up
from benchmarks.core.records import Records, code_version
from benchmarks.heads import page
from benchmarks.heads.settings import SETTINGS, Setting, setting
from benchmarks.heads.tuning import tuned
from benchmarks.heads.ways import (
    Codes,
    Floats,
    Head,
    Plan,
    Predict,
    conventional,
    descended,
    logistic,
    on_random_gates,
    solved,
)
from benchmarks.heads.work import Work
from greenlightning.data.splits import Rows, split_rows

SEEDS = range(5)
NEW_SHARE = 0.1


def main() -> None:
    """Measure every setting that has no records of this code yet."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.heads", description=__doc__)
    parser.add_argument("--page", action="store_true", help="write the page alone")
    if not parser.parse_args().page:
        torch.set_num_threads(1)
        with threadpool_limits(1):
            records = Records("heads", code_version(page.HERE), remember())
            warm_up()
            for name in SETTINGS:
                if not records.has(dataset=page.slug(name), seed=SEEDS[-1], way="night: PathLinear"):
                    measure(setting(name), records)
    page.write()


@dataclass(frozen=True, eq=False)
class Split:
    """One split of a setting, and where its records go."""

    data: Setting
    seed: int
    records: Records

    def measure(
        self, way: str, plan: Plan, make: Callable[[Floats, Codes], Predict], share: Rows | None = None
    ) -> None:
        """Record what it costs to make a head on the training rows, or a share of them, and its accuracy."""
        train, test = self.data.split(self.seed)
        rows = train if share is None else train[share]
        with Work() as work:
            predict = make(self.data.X[rows], self.data.y[rows])
        accuracy = float(np.mean(predict(self.data.X[test]) == self.data.y[test]))
        about = {"setting": self.data.name, "rows": len(self.data.y), "d": self.data.X.shape[1]}
        about |= {"k": int(self.data.y.max()) + 1, "data": self.data.digest, "plan": asdict(plan)}
        cell = {"dataset": page.slug(self.data.name), "seed": self.seed, "way": way}
        self.records.add(cell, {"accuracy": accuracy, **work.values, **about})


def measure(data: Setting, records: Records) -> None:
    """Every way on every split."""
    equal, gradient, alike = tuned(data)
    ways = {
        "MLP head": (conventional, equal),
        "solved, equal parameters": (solved, equal),
        "gradient, equal parameters": (descended, gradient),
        "solved, equal accuracy": (solved, alike),
        "random gates, solved": (on_random_gates, alike),
        "logistic regression": (logistic, equal),
    }
    for seed in SEEDS:
        split = Split(data, seed, records)
        for name, (way, plan) in ways.items():
            split.measure(name, plan, partial(way, plan=plan, seed=seed))
        _next_night(split, alike)


def _next_night(split: Split, plan: Plan) -> None:
    """A tenth of the rows comes later: the MLP head is trained again on all, the block learns the tenth."""
    train, _ = split.data.split(split.seed)
    X, y = split.data.X[train], split.data.y[train]
    old, new = split_rows(y, NEW_SHARE, split.seed)
    head = Head.frozen(X[old], y[old], plan, split.seed).solved(X[old], y[old])
    split.measure("night: MLP head", plan, partial(conventional, plan=plan, seed=split.seed))
    split.measure("night: PathLinear", plan, lambda X, y: head.solved(X, y).predict, new)


if __name__ == "__main__":
    main()
