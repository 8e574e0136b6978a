"""First training on all rows, structure phase included, beside the conventional network.

Ours runs with its defaults, with fewer epochs of the structure, with a small structure trained at a high rate,
with a plain one that need not reconstruct its inputs, and with a plain one of two layers and fewer features. Which
of them counts as the quick way is chosen on a fifth of the base (``tuning.json``), never on the test rows: the
fastest that comes within 0.3 point of the tuned network there.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.core.cost import Cost
from benchmarks.core.records import RESULTS, Record, Records
from benchmarks.core.streams import arrange
from benchmarks.peers.network import FROM_SCRATCH, WatchedNetwork
from benchmarks.peers.ours import OURS
from benchmarks.peers.peer import Array, Setting
from benchmarks.peers.tuning import TOLERANCE, Chosen
from greenlightning import GreenLightningClassifier
from greenlightning.data.datasets import Dataset

EPOCHS, SMALL_EPOCHS, PLAIN_EPOCHS, SHALLOW_EPOCHS = (2, 4, 8), (4, 8, 14), (4, 6, 8), (2, 3, 4)
SMALL = {"hidden_layer_sizes": (256, 256, 256), "batch_size": 256, "learning_rate": 16e-3, "reconstruction": 0.0}
PLAIN = {"hidden_layer_sizes": (256, 256, 256), "learning_rate": 4e-3, "reconstruction": 0.0}
SHALLOW = PLAIN | {"hidden_layer_sizes": (256, 256), "feature_budget": 2_560}
QUICK = "ours, quick"


def ways() -> dict[str, Setting]:
    """Each way's name and what it changes of the defaults of ours; the network, whose settings are tuned, last."""
    shorter = {f"{OURS}, epochs {n}": {"max_epochs": n} for n in EPOCHS}
    small = {f"{OURS}, small, epochs {n}": SMALL | {"max_epochs": n} for n in SMALL_EPOCHS}
    plain = {f"{OURS}, plain, epochs {n}": PLAIN | {"max_epochs": n} for n in PLAIN_EPOCHS}
    shallow = {f"{OURS}, two layers, epochs {n}": SHALLOW | {"max_epochs": n} for n in SHALLOW_EPOCHS}
    return {OURS: {}, **shorter, **small, **plain, **shallow, FROM_SCRATCH: {}}


def run(data: Dataset, settings: Chosen, seeds: Iterable[int], records: Records) -> None:
    """Measure every way on every seed that is missing, in an order that the seed shuffles."""
    for seed in seeds:
        names = list(ways())
        for i in np.random.default_rng(seed).permutation(len(names)):
            cell = {"dataset": data.name, "seed": seed, "way": names[i]}
            if not records.has(**cell):
                rows = np.arange(len(data.y_train))
                values = trained(data, names[i], rows, (data.X_test, data.y_test), settings, seed)
                records.add(cell, values)


def trained(
    data: Dataset, way: str, rows: Array, judged: tuple[Array, Array], settings: Chosen, seed: int
) -> Record:
    """Cost of training one way on these training rows, and accuracy on the ``judged`` inputs and labels."""
    model: Any
    if way == FROM_SCRATCH:
        model = WatchedNetwork(**settings[FROM_SCRATCH], random_state=seed)
    else:
        model = GreenLightningClassifier(random_state=seed, **ways()[way])
    with Cost() as cost:
        model.fit(data.X_train[rows], data.y_train[rows])
        if way != FROM_SCRATCH:
            _ = model.model_.coefficients
    values = {"accuracy": float(model.score(*judged)), **cost.values}
    if way == FROM_SCRATCH:
        return values | {"epochs": model.n_epochs_, "curve": model.curve(*judged)}
    history = model.model_.structure.history
    return values | {"epochs": len(history.records) if history else 0}


def choose_quick(data: Dataset, settings: Chosen, folder: Path = RESULTS, again: bool = False) -> str:
    """The way that counts as quick on this set, from ``tuning.json``, measured and written where it is missing."""
    path = folder / "tuning.json"
    known = json.loads(path.read_text()) if path.is_file() else {}
    of_set = known.setdefault(data.name, {})
    if again or QUICK not in of_set:
        base = arrange("iid", data.y_train, 0).base
        learnt, held = np.split(base, [round(0.8 * len(base))])
        judged = data.X_train[held], data.y_train[held]
        found = {way: trained(data, way, learnt, judged, settings, 0) for way in ways()}
        tried = {way: {what: record[what] for what in ("accuracy", "seconds")} for way, record in found.items()}
        of_set[QUICK] = {"chosen": {"way": quickest(tried)}, "tried": tried}
        path.write_text(json.dumps(known, indent=1) + "\n")
    way: str = of_set[QUICK]["chosen"]["way"]
    return way


def quickest(tried: dict[str, Record]) -> str:
    """The fastest of ours that comes within the tolerance of the network, or ours with the defaults."""
    level = [
        way
        for way, record in tried.items()
        if way != FROM_SCRATCH and record["accuracy"] >= tried[FROM_SCRATCH]["accuracy"] - TOLERANCE
    ]
    return min(level, key=lambda way: float(tried[way]["seconds"]), default=OURS)
