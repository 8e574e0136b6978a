"""Forms: what must be given comes first, short fields next, groups last and folded."""

from inspect import signature
from typing import Any

from pydantic import BaseModel

from flows.inputs.forms import filled_in, form_signature


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
