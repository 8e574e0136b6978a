"""What a check found: where, what is wrong, the remedy, and a repair where one is safe."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from greenlightning.errors import GreenLightningError


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong; ``repair`` repairs it without losing anything, where that is possible."""

    where: str
    what: str
    remedy: str
    damage: bool = True
    repair: Callable[[], Any] | None = field(default=None, compare=False)

    @property
    def line(self) -> str:
        """The finding in one line."""
        return f"{self.where}: {self.what}. {self.remedy}."

    def to_dict(self) -> dict[str, object]:
        """The finding as plain data."""
        facts = {"where": self.where, "what": self.what, "remedy": self.remedy, "damage": self.damage}
        return facts | {"repairable": self.repair is not None}


FIX = "Run: greenlightning doctor --fix"


def found_by(where: str, check: Callable[[], object]) -> Iterator[Finding]:
    """The finding that a check raises as an error; none where it passes."""
    try:
        check()
    except GreenLightningError as error:
        yield Finding(where, error.cause, error.remedy)


def repaired(findings: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
    """Repair what can be; the findings that are repaired, and those that are left."""
    done, left = [], []
    for finding in findings:
        if finding.repair is None:
            left.append(finding)
            continue
        finding.repair()
        done.append(finding)
    return done, left
