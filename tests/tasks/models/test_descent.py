"""The line of a version, and the version in it that learnt a batch first."""

from tasks.core.constants import BATCH_TAG, Kind, Tag
from tasks.models.descent import ancestors_of, first_learner
from tasks.models.version_info import VersionInfo


def version(number: int, kind: Kind, recipe: str, *batches: str) -> VersionInfo:
    tags: dict[str, str] = {Tag.KIND: kind, Tag.RECIPE_DIGEST: recipe, Tag.PARENT_VERSION: str(number - 1)}
    tags |= {f"{BATCH_TAG}{name}": "" for name in batches}
    return VersionInfo("digits", number, "run", "2026-11-29", (), tags, "")


def test_a_growth_passes_on_when_a_batch_was_learnt_and_a_training_reads_it_again() -> None:
    line = [
        version(5, Kind.GROW, "wider", "a", "b", "c"),
        version(4, Kind.RETRAIN, "wide", "a", "b"),
        version(3, Kind.GROW, "wide", "a", "b"),
        version(2, Kind.RETRAIN, "narrow", "a"),
        version(1, Kind.TRAIN, "narrow", "a"),
    ]
    assert [first_learner(name, line).version for name in "abc"] == [1, 3, 5]
    again = version(2, Kind.TRAIN, "another", "a")
    assert first_learner("a", [again, line[-1]]) is again
    assert ancestors_of(line[2], {one.version: one for one in line}) == [line[3], line[4]]
