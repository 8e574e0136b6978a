"""The flow `fit`: errors reach the flow that asked for it."""

from pathlib import Path

import pytest

from flows.learning.fit import fit
from greenlightning.errors import InputError, NothingServedError
from tasks.core.workspace import Workspace
from tasks.data.holdout import current_holdout
from tasks.training.remote_fit import read_result, scratch_of
from tests.helpers.digits import DIGITS, FIRST, add


def test_what_fails_in_a_fit_is_raised_where_it_is_awaited(prefect: None, champion: Path) -> None:
    run_id, first = "0" * 32, add("first", FIRST)
    with pytest.raises(InputError, match="has no folder"):
        scratch_of(run_id, 0)
    folder = Workspace.current().scratch / run_id / "0"
    folder.mkdir(parents=True)
    about = {"dataset": DIGITS, "run_id": run_id, "batches": [first], "holdout": current_holdout(DIGITS).id}
    state = fit(**about, parent=7, attempt=0, return_state=True)
    assert state.name == "Failed"
    with pytest.raises(NothingServedError, match=r"has no version 7\. See its versions with"):
        read_result(folder, "ended as Failed")
    (folder / "error.json").unlink()
    with pytest.raises(InputError, match=r"ended as Crashed \(killed\). See its run"):
        read_result(folder, "ended as Crashed (killed)")
