"""Publishing a candidate, and building it again where another run changed the champion first."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from flows.engine.outcome import Outcome, published_outcome
from flows.engine.session import Session, champion_of
from greenlightning.errors import MismatchError
from tasks.models.champion import publication_turn
from tasks.models.version_info import VersionInfo
from tasks.promotion.candidate import Candidate
from tasks.promotion.publishing import publish

MAX_ATTEMPTS = 5


@dataclass(frozen=True)
class Attempt:
    """One attempt to build a candidate: on which champion, and in which folder."""

    number: int
    champion: VersionInfo
    folder: Path


def publish_once(candidate: Candidate) -> Outcome:
    """Publish a candidate that cannot be moved onto another champion; MismatchError where there is one by now."""
    version = publish(candidate)
    if version is None:
        raise MismatchError(f"Another run changed the champion of {candidate.dataset!r} meanwhile", "Run it again")
    return published_outcome(candidate, version)


def publish_on_champion(run: Session, build: Callable[[Attempt], Candidate | None]) -> Outcome | None:
    """Publish what ``build`` makes of the champion; build again where another run changes the champion first.

    From the second attempt on this run holds the turn to publish, so that only a decision by hand overtakes it.
    None where ``build`` returns None: there is nothing to publish.
    """
    for number in range(MAX_ATTEMPTS):
        folder = run.folder / str(number)
        folder.mkdir()
        with publication_turn(run.dataset) if number else nullcontext():
            candidate = build(Attempt(number, champion_of(run.dataset), folder))
            if candidate is None:
                return None
            version = publish(candidate)
        if version is not None:
            return published_outcome(candidate, version)
    raise MismatchError(
        f"Other runs changed the champion of {run.dataset!r} {MAX_ATTEMPTS} times meanwhile", "Run it again"
    )
