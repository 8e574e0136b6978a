"""Federation: the statistics of sites add up to the model learnt centrally; the inadmissible is refused."""

from pathlib import Path

import numpy as np
import pytest

from greenlightning.data.batch import Batch
from greenlightning.errors import InputError, IntegrityError, MismatchError
from greenlightning.model import GreenLightningModel
from tasks.core.constants import Kind
from tasks.data.batch_index import BatchRef
from tasks.federation.rounds import Terms, batches_of_site, merge_sites, publish_recipe, without_site
from tasks.federation.sending import Sending
from tasks.federation.sites import contribute_file, site_statistics
from tasks.models import registry
from tasks.models.version_info import VersionInfo
from tasks.tracking.runs import flow_run
from tests.helpers.small_champion import served, versioned
from tests.helpers.versions import register_version

pytestmark = pytest.mark.usefixtures("mlflow_home")


@pytest.fixture
def champion(tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path) -> VersionInfo:
    return served(tiny_model, tmp_path / "champion", versioned(batches[0], tmp_path))


@pytest.fixture
def holdout(batches: list[Batch], tmp_path: Path) -> BatchRef:
    return versioned(batches[2], tmp_path, "digits.holdout")


def file_of(rows: Batch, folder: Path, name: str) -> Path:
    np.savez(folder / f"{name}.npz", X=rows.X, y=rows.y)
    return folder / f"{name}.npz"


def test_the_sum_of_the_sites_is_the_central_model(
    champion: VersionInfo, holdout: BatchRef, tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    halves = [Batch(batches[1].X[half], batches[1].y[half]) for half in (slice(0, 15), slice(15, 30))]
    sent = [
        site_statistics.fn(site, file_of(rows, tmp_path, site), champion, holdout, tmp_path)
        for site, rows in zip(("north", "south"), halves, strict=True)
    ]
    with flow_run("digits", Kind.FEDERATE) as run_id:
        merged = merge_sites.fn("digits", 1, sent, run_id, tmp_path)
    model = GreenLightningModel.load(merged.folder)
    assert model.statistics.digest == tiny_model.learn(batches[1]).statistics.digest
    assert {name: entry.site for name, entry in model.ledger.entries.items()} == {
        batches[0].id: None,
        halves[0].id: "north",
        halves[1].id: "south",
    }
    assert (merged.rows_learnt, merged.rows_known) == (30, 60)


def test_a_batch_that_is_learnt_already_is_refused(
    champion: VersionInfo, holdout: BatchRef, batches: list[Batch], tmp_path: Path
) -> None:
    known = file_of(batches[0], tmp_path, "known")
    sent = site_statistics.fn("north", known, champion, holdout, tmp_path)
    with flow_run("digits", Kind.FEDERATE) as run_id, pytest.raises(MismatchError, match="is counted already"):
        merge_sites.fn("digits", 1, [sent], run_id, tmp_path)


def test_unknown_labels_are_refused_unless_they_are_allowed(
    champion: VersionInfo, holdout: BatchRef, batches: list[Batch], tmp_path: Path
) -> None:
    new = file_of(Batch(batches[1].X, batches[1].y + 1), tmp_path, "new")
    sent = site_statistics.fn("north", new, champion, holdout, tmp_path)
    with flow_run("digits", Kind.FEDERATE) as run_id, pytest.raises(MismatchError, match=r"unknown labels \[3\]"):
        merge_sites.fn("digits", 1, [sent], run_id, tmp_path)
    with flow_run("digits", Kind.FEDERATE) as run_id:
        merged = merge_sites.fn("digits", 1, [sent], run_id, tmp_path, Terms(allow_new_labels=True))
    assert GreenLightningModel.load(merged.folder).classes == (0, 1, 2, 3)


def test_a_site_with_nothing_but_rows_of_the_holdout_has_nothing_to_send(
    champion: VersionInfo, holdout: BatchRef, batches: list[Batch], tmp_path: Path
) -> None:
    held = file_of(batches[2], tmp_path, "held")
    with pytest.raises(InputError, match="Site north has no row to learn"):
        site_statistics.fn("north", held, champion, holdout, tmp_path)


def test_a_site_that_leaves_takes_its_rows_with_it(
    champion: VersionInfo, holdout: BatchRef, tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    sent = [site_statistics.fn("north", file_of(batches[1], tmp_path, "north"), champion, holdout, tmp_path)]
    with flow_run("digits", Kind.FEDERATE) as run_id:
        merged = merge_sites.fn("digits", 1, sent, run_id, tmp_path)
        number = register_version(GreenLightningModel.load(merged.folder), tmp_path / "joined", run_id)
    joined = registry.version("digits", number)
    assert batches_of_site(joined, "north") == (batches[1].id,)
    with flow_run("digits", Kind.FEDERATE) as run_id:
        left = without_site.fn("digits", joined.version, "north", sent, run_id, tmp_path / "left")
    assert GreenLightningModel.load(left.folder).statistics.digest == tiny_model.statistics.digest
    with pytest.raises(MismatchError, match=r"Site south has no batch in version 2\. The sites are north"):
        batches_of_site(joined, "south")


def test_a_champion_that_does_not_say_how_to_read_a_file_is_not_published(
    champion: VersionInfo, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="Train it again"):
        publish_recipe("digits", tmp_path / "publication", with_rows=True)
    with pytest.raises(IntegrityError, match=r"message\.json is missing"):
        contribute_file(tmp_path / "north.csv", Sending(tmp_path, "north", tmp_path / "sent"))


def test_a_site_that_harms_on_the_holdout_is_left_out_and_named(
    champion: VersionInfo, holdout: BatchRef, batches: list[Batch], tmp_path: Path
) -> None:
    sound, turned = (Batch(batches[1].X[half], batches[1].y[half]) for half in (slice(0, 15), slice(15, 30)))
    wrong = Batch(np.repeat(turned.X, 40, axis=0), np.repeat((turned.y + 1) % 3, 40))
    sent = [
        site_statistics.fn(site, file_of(rows, tmp_path, site), champion, holdout, tmp_path)
        for site, rows in (("north", sound), ("south", wrong))
    ]
    with flow_run("digits", Kind.FEDERATE) as run_id:
        merged = merge_sites.fn("digits", 1, sent, run_id, tmp_path, Terms(judges=holdout))
    assert set(merged.rows) == {sound.id}
    [note] = merged.notes
    assert note.startswith(f"batch {wrong.id} of site south is left out")
