"""``which`` names the version of a moment, and every version of a day."""

import json
from datetime import UTC, datetime

import pytest

from flows.predictions.which import print_which
from greenlightning.errors import NothingServedError
from tasks.models import champion
from tests.helpers.versions import bare_versions

pytestmark = pytest.mark.usefixtures("mlflow_home")


def answer(capsys: pytest.CaptureFixture[str], at: str | None) -> dict[str, object]:
    print_which("digits", at, as_json=True)
    return dict(json.loads(capsys.readouterr().out))


def test_a_moment_has_one_version_and_a_day_all_that_served_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    bare_versions(2)
    champion.promote.fn("digits", 1, None)
    between = datetime.now(UTC).isoformat()
    champion.promote.fn("digits", 2, 1)
    found = answer(capsys, between)
    assert (found["version"], found["notes"]) == (1, [])
    assert answer(capsys, None)["version"] == 2
    today = answer(capsys, between[:10])
    assert isinstance(today["served"], list)
    assert [period["version"] for period in today["served"]] == [1, 2]
    assert [period["until"] is None for period in today["served"]] == [False, True]


def test_the_text_says_since_when_it_serves(capsys: pytest.CaptureFixture[str]) -> None:
    bare_versions(1)
    champion.promote.fn("digits", 1, None)
    print_which("digits", None, as_json=False)
    assert capsys.readouterr().out.startswith(f"version 1 from {datetime.now(UTC):%Y-%m-%d}")


def test_a_dataset_that_never_served_has_no_answer() -> None:
    with pytest.raises(NothingServedError, match="none ever did"):
        print_which("digits", None, as_json=False)
