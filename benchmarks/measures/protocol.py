"""The retraining protocol: a base, then ten batches, every peer after every batch, in one process."""

import time
from collections.abc import Iterable, Sequence

import numpy as np

from benchmarks.core.cost import Cost
from benchmarks.core.records import Record, Records
from benchmarks.core.streams import BATCHES, STREAMS, Rows, Stream, arrange
from benchmarks.peers.network import FROM_SCRATCH
from benchmarks.peers.peer import About, Kind, Peer
from benchmarks.peers.tuning import Chosen
from greenlightning.data.datasets import Dataset


def run(
    data: Dataset,
    kinds: Sequence[Kind],
    settings: Chosen,
    seeds: Iterable[int],
    records: Records,
    streams: Sequence[str] = STREAMS,
) -> None:
    """Measure every repetition that is not complete in ``records`` yet; a half-done peer begins again."""
    present = [kind for kind in kinds if not kind.absent(data.name)]
    for kind in kinds:
        if why := kind.absent(data.name):
            print(f"protocol: {data.name} {kind.name}: left out: {why}", flush=True)
    for number, seed in enumerate(seeds):
        for name in streams:
            due = [kind for kind in present if number < kind.seeds]
            missing = [kind for kind in due if not _complete(kind, data.name, name, seed, records)]
            if missing:
                repetition(data, arrange(name, data.y_train, seed), missing, settings, seed, records)


def repetition(
    data: Dataset, stream: Stream, kinds: Sequence[Kind], settings: Chosen, seed: int, records: Records
) -> None:
    """All peers over one stream: at each stage one after another, in an order that the seed shuffles."""
    about = About(data.name, seed, np.unique(data.y_train), settings.get(FROM_SCRATCH, {}))
    order = [kinds[i] for i in np.random.default_rng(seed).permutation(len(kinds))]
    peers = {kind.name: kind.make(settings.get(kind.name, kind.grid[0]), about) for kind in order}
    for stage in range(len(stream.parts)):
        for kind in order:
            measured = kind.measured_at(data.name, stage)
            if measured or kind.sees == "batch":
                values = _learnt(data, stream, stage, kind, peers[kind.name], measured)
            if measured:
                records.add(_cell(data.name, stream.name, seed, kind.name, stage), values)


def shown(stream: Stream, stage: int, kind: Kind) -> Rows:
    """The rows that an update of this kind is given at a stage: the batch, or everything up to it."""
    return stream.parts[stage] if kind.sees == "batch" else np.concatenate(stream.parts[: stage + 1])


def _learnt(data: Dataset, stream: Stream, stage: int, kind: Kind, peer: Peer, measured: bool) -> Record:
    rows = shown(stream, stage, kind)
    X, y = data.X_train[rows], data.y_train[rows]
    with Cost() as cost:
        (peer.update if stage else peer.start)(X, y)
    if not measured:
        return {}
    begin = time.perf_counter()
    accuracy = float(np.mean(peer.predict(data.X_test) == data.y_test))
    predicting = time.perf_counter() - begin
    read = len(rows) + peer.rows_kept
    peak = None if cost.peak_bytes is None else max(cost.peak_bytes - peer.bytes_of_watching, 0)
    return {
        "accuracy": accuracy,
        **cost.values,
        "peak_bytes": peak,
        "rows_read": read,
        "bytes_read": read * (X[:1].nbytes + y[:1].nbytes),
        "predict_seconds": predicting,
        **peer.extras(data.X_test, data.y_test),
    }


def _complete(kind: Kind, dataset: str, stream: str, seed: int, records: Records) -> bool:
    stages = [stage for stage in range(BATCHES + 1) if kind.measured_at(dataset, stage)]
    return all(records.has(**_cell(dataset, stream, seed, kind.name, stage)) for stage in stages)


def _cell(dataset: str, stream: str, seed: int, peer: str, stage: int) -> Record:
    return {"dataset": dataset, "stream": stream, "seed": seed, "peer": peer, "stage": stage}
