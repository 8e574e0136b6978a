"""Settings of the peers, tuned once a dataset inside the base; the test rows are never looked at.

A fifth of the base validates, below 5,000 rows of three newly drawn bases. A peer that is given all rows trains on
the other four fifths; one that is given batches starts on half of the base and takes the remaining three tenths as
three batches. Of the settings within 0.3 point of the best accuracy the fastest is taken, so that no peer is slow
for nothing.
"""

import json
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.core.records import RESULTS, Record
from benchmarks.core.streams import arrange
from benchmarks.peers.network import FROM_SCRATCH
from benchmarks.peers.peer import About, Kind, Setting
from greenlightning.data.datasets import Dataset

TOLERANCE = 0.003
SMALL, SMALL_REPEATS = 5_000, 3
Chosen = dict[str, Setting]


def tuned(data: Dataset, kinds: Iterable[Kind], folder: Path = RESULTS, again: bool = False) -> Chosen:
    """The chosen setting of every kind, from ``tuning.json`` where it is there, measured and written otherwise."""
    path = folder / "tuning.json"
    known: dict[str, dict[str, Record]] = json.loads(path.read_text()) if path.is_file() else {}
    of_set = known.setdefault(data.name, {})
    for kind in kinds:
        if kind.absent(data.name) or (kind.name in of_set and not again):
            continue
        network = of_set.get(FROM_SCRATCH, {}).get("chosen", {})
        of_set[kind.name] = _searched(data, kind, About(data.name, 0, np.unique(data.y_train), network))
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(known, indent=1) + "\n")
    return {name: record["chosen"] for name, record in of_set.items()}


def chosen(tried: list[Record]) -> Setting:
    """The fastest setting within the tolerance of the best accuracy."""
    best = max(record["accuracy"] for record in tried)
    near = [record for record in tried if record["accuracy"] >= best - TOLERANCE]
    setting: Setting = min(near, key=lambda record: record["seconds"])["setting"]
    return setting


def _searched(data: Dataset, kind: Kind, about: About) -> Record:
    if len(kind.grid) == 1:
        return {"chosen": kind.grid[0], "tried": []}
    repeats = SMALL_REPEATS if len(data.y_train) < SMALL else 1
    tried = []
    for setting in kind.grid:
        found = [_tried(data, kind, setting, replace(about, seed=seed)) for seed in range(repeats)]
        accuracy, seconds = (float(np.mean([f[i] for f in found])) for i in range(2))
        tried.append({"setting": setting, "accuracy": accuracy, "seconds": seconds})
    print(f"tuning: {data.name} {kind.name}: {chosen(tried)}", flush=True)
    return {"chosen": chosen(tried), "tried": tried}


def _tried(data: Dataset, kind: Kind, setting: Setting, about: About) -> tuple[float, float]:
    base = arrange("iid", data.y_train, about.seed).base
    learnt, held = np.split(base, [round(0.8 * len(base))])
    parts = [learnt] if kind.sees == "far" else np.array_split(learnt, 8)
    peer = kind.make(setting, about)
    begin = time.perf_counter()
    first = np.concatenate(parts[:5])
    peer.start(data.X_train[first], data.y_train[first])
    for rows in parts[5:]:
        peer.update(data.X_train[rows], data.y_train[rows])
    seconds = time.perf_counter() - begin
    accuracy = float(np.mean(peer.predict(data.X_train[held]) == data.y_train[held]))
    return accuracy, seconds
