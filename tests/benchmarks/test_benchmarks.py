"""The benchmark measures what it says: streams, what peers may see, resuming, and tables made from the records."""

import json
import math
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from benchmarks.core.cost import Cost
from benchmarks.core.records import Records, code_version, latest
from benchmarks.core.streams import STREAMS, arrange
from benchmarks.measures import first_training, gpu, protocol, scaling, throughput
from benchmarks.peers.kinds import all_kinds
from benchmarks.peers.network import FROM_SCRATCH, Replayed, WatchedNetwork
from benchmarks.peers.ours import OURS, Ours
from benchmarks.peers.peer import About, Array, Kind
from benchmarks.report import page
from greenlightning import GreenLightningClassifier
from greenlightning.data.datasets import Dataset
from tests.benchmarks.records import Recording, records

pytestmark = pytest.mark.slow

N, CLASSES = 240, 6
LABELS = np.arange(N) % CLASSES
SMALL_NETWORK = {"hidden_layer_sizes": [8], "max_epochs": 2}


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_is_half_and_ten_batches_of_every_row_once(name: str) -> None:
    stream = arrange(name, LABELS, seed=3)
    assert [len(rows) for rows in stream.parts] == [120, *[12] * 10]
    assert sorted(np.concatenate(stream.parts)) == list(range(N))
    assert (arrange(name, LABELS, seed=3).base == stream.base).all()
    assert (arrange(name, LABELS, seed=4).base != stream.base).any()


def test_new_classes_arrive_one_after_another() -> None:
    stream = arrange("incremental", LABELS, seed=0)
    assert len(np.unique(LABELS[stream.base])) == CLASSES // 2
    assert len(np.unique(LABELS[np.concatenate(stream.batches)])) == CLASSES // 2
    arrival = [np.unique(LABELS[rows]) for rows in stream.batches]
    assert max(map(len, arrival)) <= 2
    known = [set(LABELS[np.concatenate(stream.parts[: n + 1])]) for n in range(11)]
    assert [len(labels) for labels in known] == sorted(len(labels) for labels in known)
    assert len(known[-1]) == CLASSES


def test_labels_drift_and_do_not_otherwise() -> None:
    y = np.repeat(LABELS, 50)
    for name, low, high in (("iid", 0.0, 0.08), ("drifted", 0.3, 0.9)):
        stream = arrange(name, y, seed=1)
        shares = [np.bincount(y[rows], minlength=CLASSES) / len(rows) for rows in stream.parts]
        distance = np.abs(shares[0] - shares[-1]).sum() / 2
        assert low <= distance <= high, name
    assert (shares[0] > 0).all()


def test_a_peer_sees_the_batch_or_everything_so_far_and_never_a_test_row(data: Dataset, tmp_path: Path) -> None:
    seen: dict[str, Recording] = {"batch": Recording(), "far": Recording()}
    kinds = [Kind(name, lambda s, a, name=name: seen[name], name) for name in seen]  # type: ignore[misc,arg-type]
    protocol.run(data, kinds, {}, [0], records(tmp_path), ["drifted"])
    stream = arrange("drifted", data.y_train, 0)
    for name, peer in seen.items():
        assert [how for how, _ in peer.given] == ["start", *["update"] * 10]
        for stage, (_, X) in enumerate(peer.given):
            rows = stream.parts[stage] if name == "batch" else np.concatenate(stream.parts[: stage + 1])
            assert (data.X_train[rows] == X).all()
    found = {(r["peer"], r["stage"]): r for r in latest("protocol", tmp_path)}
    assert len(found) == 22
    row = 4 * 8 + 8
    assert [found["batch", s]["bytes_read"] for s in (0, 1, 10)] == [120 * row, 12 * row, 12 * row]
    assert [found["far", s]["bytes_read"] for s in (0, 1, 10)] == [120 * row, 132 * row, 240 * row]
    assert {r["accuracy"] for r in found.values()} == {float(np.mean(data.y_test == 0))}


def test_few_stages_are_written_down_but_every_batch_is_learnt(data: Dataset, tmp_path: Path) -> None:
    peer = Recording()
    kind = Kind("few", lambda s, a: peer, "batch", few_on=("blobs",))
    protocol.run(data, [kind], {}, [0], records(tmp_path), ["iid"])
    assert [r["stage"] for r in latest("protocol", tmp_path)] == [1, 5, 10]
    assert len(peer.given) == 11


def test_what_is_measured_is_not_measured_again_unless_asked(data: Dataset, tmp_path: Path) -> None:
    peers: list[Recording] = []
    kind = Kind("one", lambda s, a: peers.append(Recording()) or peers[-1], "batch")  # type: ignore[func-returns-value]
    for options in ({}, {}, {"again": True}):
        protocol.run(data, [kind], {}, [0], records(tmp_path, **options), ["iid"])
    assert len(peers) == 2
    assert len(latest("protocol", tmp_path)) == 11
    other = Records("protocol", "other code", "machine", tmp_path)
    protocol.run(data, [kind], {}, [0], other, ["iid"])
    assert len(peers) == 3
    assert {r["code"] for r in latest("protocol", tmp_path)} == {"other code"}


def test_the_newest_value_of_a_cell_counts(tmp_path: Path) -> None:
    cell = {"dataset": "blobs", "seed": 0}
    for accuracy in (0.5, 0.7):
        records(tmp_path).add(cell, {"accuracy": accuracy})
    assert [r["accuracy"] for r in latest("protocol", tmp_path)] == [0.7]
    assert records(tmp_path).has(**cell)
    assert not records(tmp_path).has(dataset="blobs", seed=1)


def test_words_about_the_code_are_not_the_code(tmp_path: Path) -> None:
    versions = []
    for source in ('"""X."""\nx = 5', '"""About x."""\nx = 5  # five', '"""X."""\nx = 6'):
        (tmp_path / "module.py").write_text(source)
        versions.append(code_version(tmp_path))
    same, reworded, changed = versions
    assert same == reworded != changed


@pytest.mark.parametrize("name", all_kinds())
def test_every_peer_learns_labels_that_come_later(name: str, data: Dataset) -> None:
    kind = all_kinds()[name]
    if why := kind.absent("digits"):
        pytest.skip(why)
    names = np.array(["u", "v", "w", "x", "y", "z"])
    y, y_test = names[data.y_train], names[data.y_test]
    network = {"hidden_layer_sizes": [32], "batch_size": 16}
    setting = network if name == FROM_SCRATCH else kind.grid[-1]
    peer = kind.make(setting, About("blobs", 0, names, network))
    base, later = np.flatnonzero(data.y_train < 3), np.flatnonzero(data.y_train >= 3)
    peer.start(data.X_train[base], y[base])
    assert set(peer.predict(data.X_test)) <= {"u", "v", "w"} or "partial_fit" in name
    rows = later if kind.sees == "batch" else np.concatenate([base, later])
    for _ in range(60 if "partial_fit" in name else 1):
        peer.update(data.X_train[rows], y[rows])
    new = data.y_test >= 3
    assert np.mean(peer.predict(data.X_test[new]) == y_test[new]) > 0.5
    extras = json.loads(json.dumps(peer.extras(data.X_test, y_test)))
    assert set(extras) == ({"epochs", "curve"} if name == FROM_SCRATCH else set())


def test_replay_reads_a_sample_of_what_it_has_seen(data: Dataset) -> None:
    peer = Replayed(WatchedNetwork((4,), max_epochs=1), rate=0.1, ratio=2, seed=0)
    peer.start(data.X_train[:120], data.y_train[:120])
    trained: list[Array] = []
    peer._network.fine_tune = lambda X, y: trained.append(X)  # type: ignore[assignment,method-assign]
    for start in (120, 132):
        peer.update(data.X_train[start : start + 12], data.y_train[start : start + 12])
        assert peer.rows_kept == 24
        assert len(trained[-1]) == 36
        assert (trained[-1][24:] == data.X_train[start : start + 12]).all()
        earlier = {tuple(row) for row in data.X_train[:start]}
        assert all(tuple(row) in earlier for row in trained[-1][:24])


def test_ours_solves_within_the_update(data: Dataset) -> None:
    peer = Ours(seed=0)
    peer.model.set_params(hidden_layer_sizes=(4,), max_epochs=1)
    peer.start(data.X_train[:120], data.y_train[:120])
    assert "coefficients" in vars(peer.model.model_)
    peer.update(data.X_train[120:132], data.y_train[120:132])
    assert "coefficients" in vars(peer.model.model_)
    assert peer.model.model_.statistics.n == 132


def test_the_curve_tells_what_each_epoch_had_cost_and_leaves_the_network_alone(data: Dataset) -> None:
    network = WatchedNetwork((8,), max_epochs=5, patience=5).fit(data.X_train, data.y_train)
    before = network.predict_proba(data.X_test)
    curve = np.array(network.curve(data.X_test, data.y_test))
    assert curve.shape == (5, 4)
    assert (np.diff(curve[:, :2], axis=0) >= 0).all()
    assert network.score(data.X_test, data.y_test) in curve[:, 3]
    assert (network.predict_proba(data.X_test) == before).all()


def test_a_cost_has_seconds_joules_and_their_source() -> None:
    with Cost() as cost:
        held = np.ones(4_000_000)
        total = sum(math.sqrt(i) for i in range(200_000))
    assert total > 0
    assert set(cost.values) == {"seconds", "joules", "source", "peak_bytes"}
    assert cost.seconds > 0
    assert cost.joules > 0
    assert cost.source
    assert cost.peak_bytes is None or cost.peak_bytes > 0.9 * held.nbytes


def test_the_quick_way_is_the_fastest_of_ours_that_is_level_with_the_network() -> None:
    tried = {
        OURS: {"accuracy": 0.97, "seconds": 9.0},
        "ours, epochs 2": {"accuracy": 0.958, "seconds": 3.0},
        "ours, small, epochs 6": {"accuracy": 0.957, "seconds": 2.0},
        "ours, small, epochs 4": {"accuracy": 0.956, "seconds": 1.0},
        FROM_SCRATCH: {"accuracy": 0.96, "seconds": 0.5},
    }
    assert first_training.quickest(tried) == "ours, small, epochs 6"
    nothing_level = {way: record | {"accuracy": 0.9} for way, record in tried.items() if way != FROM_SCRATCH}
    assert first_training.quickest(nothing_level | {FROM_SCRATCH: tried[FROM_SCRATCH]}) == OURS


def test_first_training_scaling_throughput_and_their_report(
    data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fast = {"hidden_layer_sizes": (4,), "max_epochs": 1}
    for module in (scaling, first_training):
        monkeypatch.setattr(module, "GreenLightningClassifier", partial(GreenLightningClassifier, **fast))
    for module in (scaling, throughput):
        monkeypatch.setattr(module, "ROUNDS", 2)
    monkeypatch.setattr(scaling, "LANDMARKS", (8, 16))
    monkeypatch.setattr(scaling, "SINGLE_ROWS", 30)
    monkeypatch.setattr(first_training, "EPOCHS", (1,))
    monkeypatch.setattr(first_training, "SMALL_EPOCHS", (1,))
    monkeypatch.setattr(first_training, "PLAIN_EPOCHS", (1,))
    settings = {FROM_SCRATCH: SMALL_NETWORK}
    first_training.choose_quick(data, settings, tmp_path)
    first_training.run(data, settings, [0], records(tmp_path, "first"))
    scaling.run(data, settings, records(tmp_path, "scaling"))
    throughput.run(data, records(tmp_path, "throughput"), rows=64, n_landmarks=8)
    (tmp_path / "machines.json").write_text(json.dumps({"machine": {"cores": 2}}))
    assert {r["way"] for r in latest("first", tmp_path)} == set(first_training.ways())
    history = [r for r in latest("scaling", tmp_path) if r["what"] == "history" and r["way"] == OURS]
    assert {r["size"] for r in history} == set(scaling.MULTIPLES)
    same = [r["same"] for r in latest("scaling", tmp_path) if "same" in r]
    assert same == [True]
    rates = {r["what"] for r in latest("throughput", tmp_path)}
    assert rates == {"statistics", "features alone", "int8 product", "sgemm", "ssyrk", "dgemm", "dsyrk"}
    target = tmp_path / "benchmarks.md"
    target.write_text(f"{page.BEGIN}\n{page.END}")
    page.write(tmp_path, tmp_path)
    drawn = {path.name for path in (tmp_path / "img" / "bench").iterdir()}
    assert drawn == {"first-blobs.png", "history.png", "features.png", "throughput.png"}
    assert all(f"(img/bench/{name})" in target.read_text() for name in drawn)
    capsys.readouterr()


def test_without_a_gpu_that_is_said(
    data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    gpu.run(data, records(tmp_path, "gpu"))
    assert capsys.readouterr().out == "gpu: not run: torch sees no CUDA device\n"
    assert not latest("gpu", tmp_path)
