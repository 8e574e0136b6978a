"""Health judged by what it is for: how often red means that growing gains a point, and how often green hides it.

``python -m benchmarks.health --seeds 0``: a fifth of the training rows judges, half of the others are the
base, and batches of 5 % follow. Test rows are not read. After the second and the sixth batch health is assessed as
the pipeline does, and the structure grows for all batches so far; the gain is that of the grown model over the one
that learnt the same under its old gates, on rows held out that look like those batches. ``--report`` prints the
tables of docs/benchmarks-health.md.
"""

import argparse
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.core import streams
from benchmarks.core.growing import rows_for_gates
from benchmarks.core.machine import remember
from benchmarks.core.records import Record, Records, library_version, read
from benchmarks.tables import keel
from greenlightning import GreenLightningClassifier
from greenlightning.data.batch import Batch
from greenlightning.data.datasets import load
from greenlightning.data.splits import split_rows
from greenlightning.estimators.inputs import encoded_inputs
from greenlightning.health import HealthReference, StructureHealth, assess
from greenlightning.model.growing import new_paths

PART = "health"
TABLES = ("magic", "optdigits", "phoneme", "ring", "satimage", "texture")
SETS = ("digits", "letter", "fashion-mnist", *TABLES)
MOST_ROWS = 6_000
STAGES = (2, 6)
GAIN = 0.01 - 1e-12
VERDICTS = ("green", "amber", "red")
CHANGES = ("noise 0.1", "noise 0.2", "columns shuffled", "inverted")
STREAMS = (*streams.STREAMS, *CHANGES)
Array = NDArray[Any]


@dataclass(frozen=True)
class Rows:
    """Inputs (n, d) and labels of a set's training rows, at most 6,000."""

    X: Array
    y: Array


def rows_of(name: str, seed: int) -> Rows:
    """The training rows of a set; of a table, all."""
    if name in TABLES:
        table = keel.read(name)
        X, y = table.frame.to_numpy(dtype=np.float64), table.y
    else:
        data = load(name)
        X, y = data.X_train, data.y_train
    chosen = np.random.default_rng(seed).permutation(len(y))[:MOST_ROWS]
    return Rows(np.asarray(X)[chosen], np.asarray(y)[chosen])


def changed(X: Array, stream: str, seed: int) -> Array:
    """The inputs after the world has moved; those of a stream of labels stay."""
    if stream not in CHANGES:
        return X
    rng, low, high = np.random.default_rng(seed), X.min(axis=0), X.max(axis=0)
    if stream.startswith("noise"):
        return X + rng.normal(size=X.shape) * float(stream.split()[1]) * (high - low)
    return X[:, rng.permutation(X.shape[1])] if stream == "columns shuffled" else low + high - X


def measured(rows: Rows, stream: str, seed: int) -> Iterator[Record]:
    """Verdict, statistics and gain after each of ``STAGES``."""
    kept, judging = split_rows(rows.y, 0.2, seed)
    X, y = rows.X[kept], rows.y[kept]
    parts = streams.arrange(stream if stream in streams.STREAMS else "iid", y, seed)
    learning, held = (parts.base[found] for found in split_rows(y[parts.base], 0.2, seed))
    estimator = GreenLightningClassifier(random_state=seed).fit(X[learning], y[learning])

    def encoded(inputs: Array) -> Array:
        return encoded_inputs(estimator, inputs, reset=False)

    base, moved = encoded(X), encoded(changed(X, stream, seed))
    model = estimator.model_
    reference = HealthReference.of(model, base[learning], y[learning], base[held], y[held])
    known = [Batch(base[learning], y[learning], "base")]
    to_judge = encoded(changed(rows.X[judging], stream, seed)), rows.y[judging]
    for stage, chosen in enumerate(parts.batches, start=1):
        batch = Batch(moved[chosen], y[chosen], str(stage))
        found = assess(reference, model, batch.X, batch.y)
        model = model.learn(batch)
        known.append(batch)
        if stage in STAGES:
            yield {"stage": stage, **_verdict(found), **_gain(model, known, to_judge, seed)}
        if stage == max(STAGES):
            return


def _verdict(found: StructureHealth) -> Record:
    deciding = found.deciding.name if found.deciding else ""
    return {
        "verdict": str(found.verdict),
        "decided_by": deciding,
        "sure": {one.name: one.sure for one in found.statistics},
    }


def _gain(model: Any, known: Sequence[Batch], to_judge: tuple[Array, Array], seed: int) -> Record:
    """Accuracy before and after growing for all batches but the base, on rows with known labels."""
    base, red = known[0], known[1:]
    X, y = rows_for_gates(red, [base], seed)
    start = model.statistics.n
    learnt = [base, *red] if start == sum(batch.rows for batch in known) else list(known)
    grown = model.grow(new_paths(model, X, y, random_state=seed), learnt)
    judged = np.isin(to_judge[1], model.classes)
    scores = [float(np.mean(one.predict(to_judge[0][judged]) == to_judge[1][judged])) for one in (model, grown)]
    return {"before": scores[0], "grown": scores[1], "rows": int(judged.sum())}


def report() -> None:
    """Print the tables of what is measured."""
    found = _cells()
    print("| stream | cells | green, amber, red | growing gains a point | of these red | green | mean gain |")
    print("|---|---|---|---|---|---|---|")
    for stream in STREAMS:
        some = [one for one in found if one["stream"] == stream]
        counts = ", ".join(str(sum(one["verdict"] == name for one in some)) for name in VERDICTS)
        gaining = [one for one in some if one["gain"] >= GAIN]
        red, green = (sum(one["verdict"] == name for one in gaining) for name in ("red", "green"))
        mean = f"{100 * float(np.mean([one['gain'] for one in some])):+.1f}" if some else ""
        print(f"| {stream} | {len(some)} | {counts} | {len(gaining)} | {red} | {green} | {mean} |")
    for name in ("gain", "beyond"):
        gaining = [one for one in found if one[name] >= GAIN]
        for level in (("red",), ("red", "amber")):
            warned = [one for one in found if one["verdict"] in level]
            right = [one for one in warned if one[name] >= GAIN]
            print(f"{name}, {' or '.join(level)}: {len(right)} of {len(warned)} right, of {len(gaining)} in all")


def _cells() -> list[Record]:
    """Each cell once, with its gain, and that beyond the gain on the quiet stream of the same set and stage."""
    latest = {tuple(line["cell"].values()): line["cell"] | line for line in read(PART)}
    found = [one | {"gain": one["grown"] - one["before"]} for one in latest.values()]
    quiet = {(one["dataset"], one["stage"]): one["gain"] for one in found if one["stream"] == "iid"}
    return [one | {"beyond": one["gain"] - quiet.get((one["dataset"], one["stage"]), 0.0)} for one in found]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.health", description=__doc__)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--streams", nargs="+", choices=STREAMS, default=STREAMS)
    parser.add_argument("--report", action="store_true", help="print the tables of what is measured")
    options = parser.parse_args(arguments)
    if options.report:
        report()
        return
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    records = Records(PART, library_version(), remember())
    for seed in options.seeds:
        for name in options.sets:
            rows = rows_of(name, seed)
            for stream in options.streams:
                if stream == "incremental" and len(np.unique(rows.y)) == 2:
                    continue
                cells = [{"dataset": name, "stream": stream, "seed": seed, "stage": stage} for stage in STAGES]
                if not all(records.has(**cell) for cell in cells):
                    for found in measured(rows, stream, seed):
                        cell = {"dataset": name, "stream": stream, "seed": seed, "stage": found.pop("stage")}
                        records.add(cell, found)


if __name__ == "__main__":
    main()
