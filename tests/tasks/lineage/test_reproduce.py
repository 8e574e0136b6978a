"""Reproduction: any version is rebuilt from its versioned data, and what differs is named."""

from pathlib import Path

import numpy as np
import pytest

from flows.learning.federate import federate
from flows.learning.forget import forget
from flows.learning.retrain import retrain
from flows.versions.reproduce import reproduce
from greenlightning.errors import IntegrityError, NothingServedError
from greenlightning.model import GreenLightningModel
from tasks.core.constants import Kind, Metric, Tag
from tasks.core.workspace import Workspace
from tasks.data.batch_index import batch_path, batches
from tasks.data.pointers.sealed import read_text, write_sealed
from tasks.models import registry
from tasks.models.retention import files_of, prune
from tasks.tracking.client import connect
from tests.helpers.digits import DIGITS, FIRST, SECOND, add, outcome, source

pytestmark = pytest.mark.usefixtures("prefect", "champion")
TO_THE_BIT = "statistics equal to the bit, coefficients equal to the bit"


def retrained() -> str:
    """Version 2 of the digits has learnt one more batch; its id."""
    batch = add("first", FIRST)
    assert outcome(retrain, dataset=DIGITS).promoted
    return batch


def lost(batch: str) -> list[Path]:
    """Every copy of a batch's bytes, in the workspace and in DVC."""
    md5 = next(ref.md5 for ref in batches(DIGITS) if ref.id == batch)
    stored = [path for path in (Workspace.current().root / ".dvc").rglob(md5[2:]) if path.parent.name == md5[:2]]
    assert len(stored) == 2
    return [batch_path(DIGITS, batch), *stored]


def overwrite(path: Path, content: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(content)


def test_versions_that_were_trained_retrained_and_forgotten_have_the_coefficients_of_their_data() -> None:
    batch = retrained()
    outcome(forget, dataset=DIGITS, batch=batch)
    kinds = {info.version: info.tags[Tag.KIND] for info in registry.versions(DIGITS)}
    assert kinds == {1: Kind.TRAIN, 2: Kind.RETRAIN, 3: Kind.FORGET}
    for number in kinds:
        done = outcome(reproduce, dataset=DIGITS, version=number)
        assert (done.state, done.version) == ("Reproduced", number)
        assert done.reason == f"version {number} is what its lineage says: {TO_THE_BIT}"
        logged = connect().get_run(done.run_id).data
        assert logged.metrics[Metric.COEFFICIENT_DIFFERENCE] == 0.0
        assert logged.tags[Tag.KIND] == Kind.REPRODUCE
        assert Tag.REPRODUCED_AT in registry.version(DIGITS, number).tags


def test_the_structure_too_is_extracted_anew_where_that_is_asked() -> None:
    retrained()
    done = outcome(reproduce, dataset=DIGITS, version=2, structure=True)
    digest = registry.version(DIGITS, 1).tags[Tag.STRUCTURE_DIGEST]
    assert f"as for version 1: equal (structure {digest[:12]})" in done.notes[-1]


def test_a_federated_version_is_reproduced_where_the_sites_files_are_and_only_there() -> None:
    sites = {"north": source("north", FIRST), "south": source("south", SECOND)}
    assert outcome(federate, dataset=DIGITS, sites=sites).version == 2
    with pytest.raises(NothingServedError) as refused:
        outcome(reproduce, dataset=DIGITS, version=2, site_files=[sites["north"]])
    assert "learnt from site south, whose rows never left it; 2 of 3 batches are available" in refused.value.cause
    assert "200 rows are left for the others, 200 in the ledger" in refused.value.cause
    done = outcome(reproduce, dataset=DIGITS, version=2, site_files=list(sites.values()))
    assert done.reason.endswith(TO_THE_BIT)


def test_a_batch_with_other_bytes_is_named() -> None:
    batch = retrained()
    for copy in lost(batch):
        overwrite(copy, copy.read_bytes()[:-1] + b"\0")
    with pytest.raises(IntegrityError, match=f"No copy of batch {batch} of 'digits' has its bytes"):
        outcome(reproduce, dataset=DIGITS, version=2)
    assert outcome(reproduce, dataset=DIGITS, version=1).state == "Reproduced"


def test_a_pointer_to_other_data_is_named() -> None:
    batch = retrained()
    [base] = [ref for ref in batches(DIGITS) if ref.id != batch]
    pointer = batch_path(DIGITS, batch).with_name(f"{batch}.parquet.dvc")
    content = read_text(pointer)
    content["outs"][0]["md5"] = base.md5
    write_sealed(pointer, content)
    with pytest.raises(IntegrityError, match=f"batch {batch} is versioned with md5 {base.md5}"):
        outcome(reproduce, dataset=DIGITS, version=2)


def test_coefficients_that_are_not_those_of_the_data_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    solved = GreenLightningModel.coefficients.func  # type: ignore[attr-defined]
    model = registry.load(DIGITS, 1)
    other = solved(model)
    other.weights[0, 0] += 1e-6
    monkeypatch.setattr("tasks.lineage.reproduce.registered", lambda *_: model)
    model.__dict__["coefficients"] = other
    with pytest.raises(IntegrityError, match="coefficients of version 1 differ by up to 1e-06"):
        outcome(reproduce, dataset=DIGITS, version=1)


def test_what_was_taken_away_is_put_back_to_the_byte() -> None:
    retrained()
    before, place = registry.load(DIGITS, 1), files_of(registry.version(DIGITS, 1))
    outcome(retrain, dataset=DIGITS, batches=[add("second", SECOND)])
    assert registry.version(DIGITS, 1).aliases == ()
    assert prune.fn(DIGITS, 1) > 0
    for said, take_away in {
        TO_THE_BIT: lambda: None,
        "there are no coefficients to compare with": lambda: place.delete_artifacts("artifacts/model"),
    }.items():
        take_away()
        with pytest.raises(IntegrityError):
            registry.load(DIGITS, 1)
        assert outcome(reproduce, dataset=DIGITS, version=1, restore=True).reason.endswith(said)
        after = registry.load(DIGITS, 1)
        assert after.statistics.digest == before.statistics.digest
        assert np.array_equal(after.coefficients.weights, before.coefficients.weights)
        assert not registry.version(DIGITS, 1).pruned


def test_nothing_is_put_back_where_that_was_not_asked() -> None:
    retrained()
    place = files_of(registry.version(DIGITS, 1))
    place.delete_artifacts("artifacts/model")
    assert outcome(reproduce, dataset=DIGITS, version=1).state == "Reproduced"
    assert place.list_artifacts("artifacts/model") == []
