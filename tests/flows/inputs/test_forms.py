"""Forms: what must be given comes first, short fields next, groups last and folded."""

from inspect import signature
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from flows.inputs.forms import DEPLOYED, filled_in, for_form, form_signature


class Group(BaseModel):
    """Some fields."""

    width: int = 3


GROUP = Group()


def body(path: str, group: Group = GROUP, fast: bool = False, name: str | None = None) -> Any:
    """A flow's function."""


def test_what_is_required_comes_first_and_groups_come_folded_at_the_end() -> None:
    parameters = form_signature(signature(body)).parameters
    assert list(parameters) == ["path", "fast", "name", "group"]
    assert (parameters["group"].default, parameters["group"].annotation) == (None, Group | None)
    assert (parameters["fast"].default, parameters["fast"].annotation) == (False, bool)


def test_a_folded_group_has_its_defaults_and_another_none_stays() -> None:
    given = {"path": "a.csv", "group": None, "name": None}
    assert filled_in(given, signature(body)) == {"path": "a.csv", "name": None}


@pytest.mark.parametrize(
    ("remedy", "shown"),
    [
        ("Name it with --path", "Name it with the field path (on the terminal: --path)"),
        ("Leave --width out", "Leave the field width of the group group (on the terminal: --width) out"),
        ("Give --debug", "Give --debug"),
        ("See greenlightning doctor --path x", "See greenlightning doctor --path x"),
        (
            "Run: greenlightning train -d a.b",
            "Run: greenlightning train -d a.b (here: the form of the deployment train)",
        ),
        (
            "Name it: greenlightning retrain --dataset a --batch b",
            "Name it: greenlightning retrain --dataset a --batch b"
            " (here: the form of the deployment retrain, field batches)",
        ),
    ],
)
def test_a_remedy_names_the_field_of_the_form_beside_the_option(remedy: str, shown: str) -> None:
    assert for_form(remedy, signature(body)) == shown


def test_the_commands_that_a_remedy_sends_to_a_form_are_deployments() -> None:
    plan = yaml.safe_load((Path(__file__).parents[3] / "infra" / "prefect.yaml").read_text())
    assert {one["name"] for one in plan["deployments"]} >= DEPLOYED
