"""Trials of attacks: each in a process of its own, recorded at once, so that a run can stop anywhere and go on."""

import json
import os
import pickle
import random
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

Outcome = dict[str, Any]
PLAN = "plan"
"""Lines of this name say how many trials an attack has in all."""


@dataclass(frozen=True)
class Attack:
    """Many trials of one kind: the name of each, and ``trial``, which says what harm it did (empty: none).

    A trial counts as ``times`` attacks.
    """

    what: str
    names: list[str]
    trial: Callable[[str], str]
    times: int = 1
    about: str = ""


@dataclass
class Records:
    """The trials that were done, one JSON object a line in ``file``."""

    file: Path
    lines: list[Outcome] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.file.is_file():
            self.lines = [json.loads(line) for line in self.file.read_text().splitlines()]

    def plan(self, attack: Attack) -> None:
        """Note how many trials an attack has in all, and what there is to say about it."""
        planned = {
            "attack": PLAN,
            "trial": attack.what,
            "times": len(attack.names) * attack.times,
            "about": attack.about,
        }
        if planned not in self.lines:
            self.add(**planned)

    def has(self, attack: str, trial: str) -> bool:
        """Whether this trial was done."""
        return any((line["attack"], line["trial"]) == (attack, trial) for line in self.lines)

    def add(self, **outcome: Any) -> None:
        """Append one trial."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a") as stream:
            stream.write(json.dumps(outcome) + "\n")
        self.lines.append(outcome)

    def of(self, attack: str) -> Iterator[Outcome]:
        """The trials of an attack."""
        return (line for line in self.lines if line["attack"] == attack)


def run(attack: Attack, records: Records, most: int, until: float) -> None:
    """Do up to ``most`` trials, of all kinds, that are not done yet, while the clock is before ``until``."""
    for name in random.Random(0).sample(attack.names, most):
        if time.monotonic() > until:
            return
        if records.has(attack.what, name):
            continue
        harm = in_a_fork(lambda name=name: attack.trial(name))  # type: ignore[misc]
        records.add(attack=attack.what, trial=name, times=attack.times, harm=harm)
        if harm:
            print(f"{attack.what}: {name}: {harm}", flush=True)


def in_a_fork(work: Callable[[], Any]) -> Any:
    """What ``work`` returns in a copy of this process, which has all libraries at hand; its error as text."""
    return together([work])[0]


def together(works: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each of ``works`` returns, all at once, each in a copy of this process."""
    started = []
    for work in works:
        reader, writer = os.pipe()
        if not (pid := os.fork()):
            os.close(reader)
            _leave(work, writer)
        os.close(writer)
        started.append((pid, reader))
    results = []
    for pid, reader in started:
        with os.fdopen(reader, "rb") as stream:
            content = stream.read()
        os.waitpid(pid, 0)
        results.append(pickle.loads(content) if content else "the trial itself was killed")  # noqa: S301
    return results


def _leave(work: Callable[[], Any], writer: int) -> NoReturn:
    """Do the work, send what it returns, and end without what a process does at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    try:
        result = work()
    except BaseException:
        result = traceback.format_exc(limit=-4)
    with os.fdopen(writer, "wb") as stream:
        pickle.dump(result, stream)
    os._exit(0)


def is_killed(work: Callable[[], object], after: float | None = None) -> bool:
    """Let ``work`` run in a copy of this process and have the kernel kill it, or let it kill itself.

    ``after`` are seconds on the processor, so a busy machine does not matter. Whether it was killed: it may end
    before.
    """
    if not (pid := os.fork()):
        try:
            if after is not None:
                signal.setitimer(signal.ITIMER_PROF, max(after, 1e-3))
            work()
        finally:
            os._exit(0)
    _, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status)
