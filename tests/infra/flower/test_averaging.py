"""The study's own loop of FedAvg agrees with Flower's strategy on a small case."""

from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.federation.study.local_training import averaged, fresh_network, pick_rows, train_locally
from greenlightning.data.datasets import load
from tests.infra.flower.engine import Engine, needs_flower

pytestmark = pytest.mark.slow
APP = Path(__file__).parent / "averaging"
SIZES, ROUNDS, RATE, STEPS = (64, 16, 16, 10), 3, 0.1, 10
PARTS = (100, 200, 300, 400)


def test_three_rounds_of_four_unequal_sites_give_flower_s_network(tmp_path: Path) -> None:
    needs_flower()
    data = load("digits")
    X, y = (data.X_train / 16).astype(np.float32), data.y_train.astype(np.int64)
    sites = np.split(np.arange(sum(PARTS)), np.cumsum(PARTS)[:-1])
    rng = np.random.default_rng(0)
    picked = torch.stack([pick_rows(sites, STEPS, rng) for _ in range(ROUNDS)])
    about = {"sizes": SIZES, "rounds": ROUNDS, "parts": PARTS, "rate": RATE}
    np.savez(tmp_path / "rows.npz", X=X, y=y, picked=picked.numpy(), **about)

    engine = Engine(tmp_path)
    try:
        engine.superlink("--simulation")
        where = f'rows="{tmp_path / "rows.npz"}" out="{tmp_path / "network.npz"}"'
        simulated = f"num-supernodes={len(PARTS)} client-resources-num-cpus=1 init-args-num-cpus=2"
        said = engine.flwr(where, "--federation-config", simulated, app=APP)
    finally:
        engine.end()
    assert (tmp_path / "network.npz").is_file(), said
    with np.load(tmp_path / "network.npz") as file:
        by_flower = [file[name] for name in file.files]

    network = fresh_network(SIZES, 0)
    for chosen in picked:
        copies = train_locally(network, torch.from_numpy(X), torch.from_numpy(y), chosen, RATE)
        network = averaged(copies, np.array(PARTS, dtype=float))
    assert [part.shape for part in network] == [part.shape for part in by_flower]
    assert max(float(np.abs(a.numpy() - b).max()) for a, b in zip(network, by_flower, strict=True)) < 1e-5
