"""Real SuperLink and SuperNode processes, with TLS on loopback: one round gives the digest of central learning."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from greenlightning.federation import combine, read_contribution, read_publication
from greenlightning.model import GreenLightningModel
from tests.infra.flower.engine import Engine, needs_flower
from tests.infra.flower.sites import make_sites

pytestmark = pytest.mark.slow
SITES = 3
CLASSES = str(list(range(10)))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    needs_flower()
    return tmp_path_factory.mktemp("flower")


@pytest.fixture(scope="module")
def central(place: Path) -> GreenLightningModel:
    return make_sites(place, SITES)


@pytest.fixture(scope="module")
def engine(place: Path, central: GreenLightningModel) -> Iterator[Engine]:
    """A SuperLink and a SuperNode for each site."""
    started = Engine(place)
    try:
        started.superlink()
        for file in (place / "files").iterdir():
            key = place / "keys" / f"{file.stem}.pem"
            started.supernode(file.stem, f'site="{file.stem}" file="{file}" key="{key}"')
        yield started
    finally:
        started.end()


def run(engine: Engine, out: str, more: str = "") -> dict[str, Any]:
    """What the coordinator writes about a round."""
    folder = engine.folder
    named = f'publication="{folder / "publication"}" out="{folder / out}" sites={SITES} {more}'
    said = engine.flwr(named)
    written = folder / out / "round.json"
    assert written.is_file(), said
    return dict(json.loads(written.read_text()))


def test_the_sum_of_signed_contributions_is_the_model_learnt_in_one_place(
    engine: Engine, central: GreenLightningModel
) -> None:
    found = run(engine, "open")
    assert found["digest"] == central.statistics.digest
    assert found["sites"] == ["site-000", "site-001", "site-002"] and found["left_out"] == []
    published = read_publication(engine.folder / "publication")
    folders = (engine.folder / "open" / "contributions").iterdir()
    sent = [read_contribution(folder, published) for folder in folders]
    assert combine(published, sent).statistics.digest == central.statistics.digest


def test_secure_aggregation_gives_the_same_digest_and_no_site_s_own_sums(
    engine: Engine, central: GreenLightningModel
) -> None:
    found = run(engine, "secure", f"secure=true classes='{CLASSES}'")
    assert found["digest"] == central.statistics.digest
    assert [folder.name for folder in (engine.folder / "secure" / "contributions").iterdir()] == ["sum"]
    signed = json.loads((engine.folder / "secure" / "contributions" / "sum" / "message.json").read_text())
    assert {part["site"] for part in signed["about"]["parts"]} == {"site-000", "site-001", "site-002"}


def test_a_site_with_too_few_rows_is_named_and_the_others_are_summed(
    engine: Engine, central: GreenLightningModel
) -> None:
    file = engine.folder / "files" / "site-000.npz"
    kept = file.read_bytes()
    with np.load(file) as rows:
        np.savez(file, X=rows["X"][:2], y=rows["y"][:2])
    try:
        found = run(engine, "few")
    finally:
        file.write_bytes(kept)
    assert found["sites"] == ["site-001", "site-002"]
    assert [reason.partition(": ")[2] for reason in found["left_out"]] == [
        "The sums of 2 rows would tell of single ones; 20 rows at least are sent. "
        "Wait for more rows and send them together."
    ]
