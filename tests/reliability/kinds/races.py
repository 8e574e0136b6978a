"""Pairs of commands at once: what they come to is what one after the other comes to, in one of both orders."""

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations_with_replacement
from pathlib import Path

from tests.reliability.commands import COMMANDS, ingest
from tests.reliability.scene import Ended, State, fresh, unsound
from tests.reliability.trials import Attack, in_a_fork, together

RACING: dict[str, Callable[[], Ended]] = {
    name: COMMANDS[name]
    for name in ("retrain", "forget", "roll back", "accept", "discard", "federate", "maintain", "back up")
} | {"ingest": lambda: ingest("third")}
TIMES = 5
"""Races of one pair."""


def races(stage: Path, home: Path) -> Attack:
    """Every pair of commands, several times, on a workspace where each has something to do."""

    def trial(name: str) -> str:
        first, second = name.split(", ")
        allowed = {in_a_fork(lambda pair=pair: _one_by_one(pair)) for pair in ((first, second), (second, first))}  # type: ignore[misc]
        alone = {name: in_a_fork(lambda name=name: _one_by_one((name,))) for name in (first, second)}  # type: ignore[misc]
        for _ in range(TIMES):
            fresh(stage, home)
            endings = together([RACING[first], RACING[second]])
            if not set(endings) <= {Ended.DONE, Ended.REFUSED}:
                return f"they ended with {endings[0]}, {endings[1]}"
            may = allowed | {alone[second]} if endings[0] is Ended.REFUSED else allowed
            may = may | {alone[first]} if endings[1] is Ended.REFUSED else may
            if _state() not in may:
                return f"{_state()} is none of {may}"
            if harm := unsound():
                return harm
        return ""

    def _one_by_one(names: tuple[str, ...]) -> State:
        fresh(stage, home)
        for name in names:
            RACING[name]()
        return _state()

    def _state() -> State:
        return in_a_fork(lambda: replace(State.now(), archived=0))  # type: ignore[no-any-return]

    names = [", ".join(pair) for pair in combinations_with_replacement(RACING, 2)]
    return Attack("racing pairs of commands", names, trial, TIMES)
