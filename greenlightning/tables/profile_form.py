"""The form of a profile that came from elsewhere: each field of its type, and counts that can be those of rows."""

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from greenlightning.tables.profile import ColumnProfile, LabelProfile

LARGEST = 1 << 53
"""Counts and microseconds below it are exact in float64 as well."""
BINS = 1 << 20
COUNTS = ("place", "sites", "rows", "missing", "unnamed")


def check_form(profile: "ColumnProfile | LabelProfile") -> None:
    """Raise ValueError where a field has another type than it should, or counts are negative or too many."""
    for name, hint in get_type_hints(type(profile)).items():
        if not _fits(getattr(profile, name), hint):
            raise ValueError(f"{name} of a profile has another type than it should")
    histogram: Mapping[int, int] = getattr(profile, "histogram", {})
    counts = [*(getattr(profile, name, 0) for name in COUNTS), *profile.named.values(), *histogram.values()]
    if min(counts) < 0 or any(not 0 <= place < BINS for place in histogram):
        raise ValueError("a profile counts less than nothing")
    if max(sum(histogram.values()), sum(profile.named.values())) > profile.rows:
        raise ValueError("a profile counts more values than rows")


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value is of a type as the fields of profiles have it."""
    parts = get_args(hint)
    if isinstance(hint, UnionType):
        return any(_fits(value, one) for one in parts)
    if get_origin(hint) is tuple:
        return isinstance(value, tuple) and all(_fits(one, parts[0]) for one in value)
    if get_origin(hint) is Mapping:
        return isinstance(value, dict) and all(_fits(k, parts[0]) and _fits(v, parts[1]) for k, v in value.items())
    if hint is int:
        return type(value) is int and abs(value) < LARGEST
    return type(value) is (NoneType if hint is None else hint)
