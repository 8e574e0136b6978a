"""Each form of the dashboard, opened in a browser, filled in where it must be, and submitted with its button."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import yaml

from tasks.core.constants import Alias
from tasks.data.batch_index import batches
from tasks.models import registry
from tasks.quarantine.records import held_batches
from tests.helpers.digits import COLUMNS, DIGITS, X, source, y
from tests.helpers.servers.forms import submit_form
from tests.helpers.servers.prefect_server import ROOT
from tests.helpers.servers.up import greenlightning

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.helpers.servers.up import Up

pytestmark = [pytest.mark.slow, pytest.mark.browser]
WHY = "the forms are tried"


@pytest.fixture
def forms(up: "Up", page: "Page") -> "Forms":
    """The forms of the server, over its workspace."""
    return Forms(up, page)


@dataclass(frozen=True)
class Forms:
    """Submits forms in the browser, and looks at the pages of their runs."""

    up: "Up"
    page: "Page"

    def start(self, name: str, **given: Any) -> str:
        """Fill in what is given, leave the rest as it is, and submit; the id of the run."""
        return submit_form(self.page, self.up, name, given)

    def ended(self, run: str) -> str:
        """The state of a run once it is over, as its page shows it."""
        ended = self.up.ended(run)
        state, message = ended["state"]["name"], ended["state"]["message"]
        print(ended["name"], state, message)
        self.page.goto(f"{self.up.prefect_url}/runs/flow-run/{run}")
        self.page.locator(".flow-run-header, header").get_by_text(state, exact=True).first.wait_for()
        return str(state)

    def submit(self, name: str, **given: Any) -> str:
        """Submit a form; the name of the state in which the run ends."""
        return self.ended(self.start(name, **given))


def serving() -> int:
    """The number of the version that serves."""
    return registry.version(DIGITS, Alias.CHAMPION).version


def quarantined(file: Path) -> str:
    """The batch of a file that is in quarantine."""
    [found] = [held.id for held in held_batches(DIGITS) if held.source == file.name]
    return found


def test_files_come_in_and_are_learnt_forgotten_and_rolled_back(forms: Forms) -> None:
    rows = slice(1400, 1500)
    assert forms.submit("learn/learn", path=str(source("by-form", rows)), dataset=DIGITS) == "Promoted"
    assert forms.submit("ingest/ingest", path=str(source("by-form", rows)), dataset=DIGITS) == "Versioned"
    assert forms.submit("retrain/retrain", dataset=DIGITS) == "Nothing to learn"
    learnt = next(ref.id for ref in batches(DIGITS) if ref.source == "by-form.parquet")
    assert forms.submit("forget/forget", dataset=DIGITS, batch=learnt, reason=WHY) == "Promoted"
    before = serving()
    assert forms.submit("rollback/rollback", dataset=DIGITS, reason=WHY) == "Rolled back"
    assert serving() < before
    assert forms.submit("promote/promote", dataset=DIGITS, version=before, reason=WHY) == "Promoted"
    small = {"max_epochs": 2, "n_landmarks": 64, "hidden_layer_sizes": [32, 16]}
    assert forms.submit("train/train", dataset=DIGITS, learning=small) in ("Promoted", "Kept")


def test_batches_are_held_back_labelled_accepted_and_discarded(forms: Forms) -> None:
    for label, decision, state in ((77, "accept", "Accepted"), (78, "discard", "Discarded")):
        file = source(decision, slice(1500, 1550), np.full(50, label))
        assert forms.submit("ingest/ingest", path=str(file), dataset=DIGITS) == "Quarantined"
        found = forms.submit(f"{decision}/{decision}", dataset=DIGITS, batch=quarantined(file), reason=WHY)
        assert found == state
    assert forms.submit("relearn/relearn-expectations", dataset=DIGITS, reason=WHY) == "Relearnt"
    unlabelled, labels = in_two_files(slice(1600, 1640))
    assert forms.submit("hold/hold", dataset=DIGITS, paths=[str(unlabelled)]) == "Waiting for labels"
    given = {"dataset": DIGITS, "path": str(labels), "identifier": "id"}
    assert forms.submit("label/label", **given) == "Versioned"


def in_two_files(rows: slice) -> tuple[Path, Path]:
    """Some digits without their labels, and the labels, by identifier."""
    names = [f"row {number}" for number in range(rows.start, rows.stop)]
    inputs, labels = (source("unlabelled", rows).with_name(f"{part}.csv") for part in ("inputs", "labels"))
    pd.DataFrame(X[rows], columns=COLUMNS).assign(id=names).to_csv(inputs, index=False)
    pd.DataFrame({"id": names, "label": y[rows]}).to_csv(labels, index=False)
    return inputs, labels


def test_what_only_looks_ends_as_what_it_did(forms: Forms) -> None:
    file = str(source("asked", slice(1640, 1700)))
    runs = {
        "Scored": forms.start("score/score", path=file, dataset=DIGITS),
        "Reported": forms.start("report/report", dataset=DIGITS),
        "Compared": forms.start("compare/compare", dataset=DIGITS),
        "Nothing to maintain": forms.start("maintenance/maintenance"),
        "Pinned": forms.start("pin/pin", dataset=DIGITS, version=1, reason=WHY),
    }
    assert {forms.ended(run) for run in runs.values()} == runs.keys()
    assert forms.submit("unpin/unpin", dataset=DIGITS, version=1) == "Unpinned"
    assert forms.submit("reproduce/reproduce", dataset=DIGITS) == "Reproduced"
    sites = {"north": str(source("north", slice(1700, 1760)))}
    assert forms.submit("federate/federate", dataset=DIGITS, sites=sites) in ("Promoted", "Kept")


def test_sums_that_a_site_has_sent_are_combined_and_leave_again(forms: Forms, tmp_path: Path) -> None:
    rows, publication, sent = source("south", slice(1760, 1790)), tmp_path / "publication", tmp_path / "south"
    for arguments in (
        ("publish", "-d", DIGITS, "--out", str(publication), "--with-rows"),
        ("contribute", str(rows), "--publication", str(publication), "--site", "south", "--out", str(sent)),
    ):
        done = greenlightning(forms.up.home, "federation", *arguments)
        assert done.returncode == 0, done.stderr
    given = {"dataset": DIGITS, "contributions": [str(sent)]}
    state = forms.submit("combine/combine", **given)
    assert state in ("Promoted", "Kept")
    if state == "Promoted":
        assert forms.submit("leave/leave", **given, site="south", reason=WHY) == "Promoted"


def test_every_form_but_that_of_the_gpu_is_submitted_here() -> None:
    plan = yaml.safe_load((ROOT / "infra" / "prefect.yaml").read_text())
    named = {one["name"] for one in plan["deployments"]} - {"gpu"}
    same = {name for name in named if name.startswith("retrain-")}
    assert (
        set(re.findall(r'"[a-z]+/([a-z-]+)"', Path(__file__).read_text())) | {"accept", "discard"} == named - same
    )


def test_a_form_shows_no_field_that_does_nothing_and_folds_its_groups(up: "Up") -> None:
    retraining = up.deployment("retrain/retrain")["parameter_openapi_schema"]
    assert not {"holdout", "holdout_fraction"} & retraining["definitions"]["Gate"]["properties"].keys()
    places = {name: about["position"] for name, about in retraining["properties"].items()}
    assert max(places, key=places.__getitem__) in ("learning", "deciding")
    assert {"type": "null"} in retraining["properties"]["learning"]["anyOf"]
    learning = up.deployment("learn/learn")["parameter_openapi_schema"]
    assert learning["required"] == ["path", "dataset"]
