"""A finding says where, what and the remedy in one line; what is repaired is told apart from what is left."""

from greenlightning.errors import IntegrityError
from tasks.integrity.findings import Finding, found_by, repaired


def fails() -> None:
    raise IntegrityError("The file is damaged", "Restore it")


def test_a_check_that_raises_is_a_finding_and_one_that_passes_is_none() -> None:
    assert [one.line for one in found_by("digits", fails)] == ["digits: The file is damaged. Restore it."]
    assert list(found_by("digits", lambda: None)) == []


def test_what_can_be_repaired_is_and_the_rest_is_left() -> None:
    mended: list[str] = []
    one, other = Finding("a", "w", "r", repair=lambda: mended.append("a")), Finding("b", "w", "r")
    assert repaired([one, other]) == ([one], [other])
    assert mended == ["a"]
    assert [found.to_dict()["repairable"] for found in (one, other)] == [True, False]
