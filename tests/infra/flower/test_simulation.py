"""Flower's simulation with a hundred clients: one round, the digest of central learning."""

import json
from pathlib import Path

import pytest

from tests.infra.flower.engine import Engine, needs_flower
from tests.infra.flower.sites import make_sites

pytestmark = pytest.mark.slow
CLIENTS = 100


def test_a_hundred_simulated_clients_give_the_digest_of_central_learning(tmp_path: Path) -> None:
    needs_flower()
    central, engine = make_sites(tmp_path, CLIENTS), Engine(tmp_path)
    try:
        engine.superlink("--simulation")
        said = engine.flwr(
            f'publication="{tmp_path / "publication"}" out="{tmp_path / "out"}" '
            f'files="{tmp_path / "files"}" sites={CLIENTS}',
            "--federation-config",
            f"num-supernodes={CLIENTS} client-resources-num-cpus=1 init-args-num-cpus=2",
        )
    finally:
        engine.end()
    assert (tmp_path / "out" / "round.json").is_file(), said
    found = json.loads((tmp_path / "out" / "round.json").read_text())
    assert (len(found["sites"]), found["left_out"]) == (CLIENTS, [])
    assert found["digest"] == central.statistics.digest
