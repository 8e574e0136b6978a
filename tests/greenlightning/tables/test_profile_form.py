"""A profile of another site is JSON that anybody may have written: each field has its type, or it is refused."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from greenlightning.tables import profile_of
from greenlightning.tables.profile import TableProfile
from tests.helpers.federation.published_table import TABLE

SOUND = json.loads(json.dumps(profile_of(TABLE, "outcome", 3).to_dict()))
STRANGE = (None, -5, 60.0, 1e300, float("nan"), "text", [], {}, [[1]], [None], {"a": "b"}, True, 10**30)


def places(content: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where anything is in a profile: fields, and the first few entries of each mapping."""
    if isinstance(content, dict):
        for name in list(content)[:3] if path else content:
            yield (*path, name)
        for name in content if len(path) in (0, 1, 2) else ():
            yield from ((*path, name, *rest) for rest in places(content[name]))


def changed(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    content = copy.deepcopy(SOUND)
    inner = content
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return content


def written(profile: TableProfile) -> Any:
    return json.loads(json.dumps(profile.to_dict()))


def test_a_sound_profile_comes_back() -> None:
    assert written(TableProfile.from_dict(SOUND)) == SOUND


@pytest.mark.parametrize("path", sorted(set(places(SOUND)) - {("label", "name")}), ids="-".join)
def test_whatever_stands_in_a_field_it_is_of_its_type_or_refused(path: tuple[str, ...]) -> None:
    """What is not refused can be added to the profile of a sound site, and is written as it was read."""
    for value in STRANGE:
        content = changed(path, value)
        try:
            found = TableProfile.from_dict(content)
        except (AttributeError, KeyError, TypeError, ValueError):
            continue
        assert written(found) == content
        assert (found + TableProfile.from_dict(SOUND)).label.rows >= 600


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("columns", "size", "rows"), -1),
        (("columns", "size", "rows"), 10),
        (("columns", "size", "histogram"), {"-3": 1}),
        (("columns", "size", "histogram"), {str(1 << 20): 1}),
        (("columns", "size", "histogram"), {"3": 601}),
        (("columns", "size", "histogram"), {"3": 10**30}),
        (("columns", "city", "named"), {"Rome": 601}),
        (("columns", "city", "named"), {"Rome": -1}),
        (("columns", "city", "unnamed"), -1),
        (("label", "rows"), 5),
        (("label", "named"), {"buys": True}),
        (("sites",), -5),
    ],
    ids=str,
)
def test_counts_that_no_rows_have_are_refused(path: tuple[str, ...], value: Any) -> None:
    with pytest.raises(ValueError):
        TableProfile.from_dict(changed(path, value))
