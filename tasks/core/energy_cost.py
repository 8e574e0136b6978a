"""What work cost: seconds, joules and g CO2e, with the source of the joules and, of an estimate, their range."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from greenlightning.energy.meter import Energy

JOINT = " + "
WORDS = {
    "measured:rapl": "measured by processor counters",
    "measured:nvml": "measured by GPU counters",
    "unmeasured:": "without a device that does not tell",
    "estimated:cpu-time": "estimated from processor time",
    "estimated:process-cpu-time": "estimated from processor time",
    "estimated:network-cost": "estimated from a network's cost of a row in an epoch",
    "conventional-network-beside-it": "by a network trained beside it",
    "estimated:by-rows": "estimated from other rows",
    "estimated:structure-phase": "estimated from the structure's training",
    "estimated:at-most-by-structure": "estimated from the structure's training, at most",
    "estimated:at-most-by-": "estimated from earlier retrainings, at most",
    "estimated:line-through": "estimated from earlier retrainings",
}
"""What a source means for a reader; the first of those that it begins with."""


@dataclass(frozen=True)
class EnergyCost:
    """Seconds, joules and g CO2e; ``source`` says how the joules are known, ``within`` the least and most of them.

    Only an estimate with a known range has ``within``.
    """

    seconds: float = 0.0
    joules: float = 0.0
    gco2e: float = 0.0
    source: str = "nothing spent"
    within: tuple[float, float] | None = None

    @classmethod
    def of(cls, energy: "Energy") -> Self:
        """The reading of a meter."""
        return cls(energy.seconds, energy.joules, energy.gco2e, energy.source)

    @property
    def kwh(self) -> float:
        """The joules in kilowatt-hours."""
        from greenlightning.energy.meter import JOULES_PER_KWH

        return self.joules / JOULES_PER_KWH

    @property
    def known(self) -> str:
        """How the joules are known, in plain words; a source without words as it is."""
        parts = self.source.replace("-beside-it(", f"-beside-it{JOINT}").split(JOINT)
        words = (next((WORDS[start] for start in WORDS if part.startswith(start)), None) for part in parts)
        return ", ".join(dict.fromkeys(filter(None, words))) or self.source

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and most joules; both are the joules themselves where there is no range."""
        return self.within or (self.joules, self.joules)

    @property
    def text(self) -> str:
        """Joules, kilowatt-hours and grams, in a few words."""
        return f"{_number(self.joules)} J, {self.kwh:.3g} kWh, {self.gco2e:.3g} g CO2e"

    def __add__(self, other: "EnergyCost") -> "EnergyCost":
        each = dict.fromkeys((*self.source.split(JOINT), *other.source.split(JOINT)))
        sources = [source for source in each if source != EnergyCost.source]
        least, most = (a + b for a, b in zip(self.bounds, other.bounds, strict=True))
        return EnergyCost(
            self.seconds + other.seconds,
            self.joules + other.joules,
            self.gco2e + other.gco2e,
            JOINT.join(sources) or EnergyCost.source,
            (least, most) if self.within or other.within else None,
        )

    def __mul__(self, factor: float) -> "EnergyCost":
        least, most = sorted(factor * bound for bound in self.bounds)
        within = (least, most) if self.within else None
        return EnergyCost(self.seconds * factor, self.joules * factor, self.gco2e * factor, self.source, within)

    def less(self, spent: "EnergyCost") -> "EnergyCost":
        """This cost beyond what was ``spent``, known as this one is."""
        both = self + spent * -1
        return EnergyCost(both.seconds, both.joules, both.gco2e, self.source, both.within)


def avoided_line(avoided: EnergyCost) -> str:
    """What a run avoided, or cost more, than training from scratch, in words: an estimate has its range."""
    size = abs(avoided.joules)
    about, range_of = ("about ", f" (estimated: {_range(avoided.within)})") if avoided.within else ("", "")
    if avoided.joules < 0:
        return f"cost {about}{_number(size)} J more than training from scratch would have{range_of}"
    return f"avoided {about}{_number(size)} J{range_of}"


def _number(joules: float) -> str:
    """Joules to three figures; thousands in full."""
    return f"{joules:,.0f}" if abs(joules) >= 1000 else f"{joules:.3g}"


def _range(within: tuple[float, float]) -> str:
    """The range of what was avoided; what may also have cost more is below 0."""
    return f"{_number(within[0])} to {_number(within[1])} J"


def avoided_row(avoided: EnergyCost) -> tuple[str, EnergyCost]:
    """The same for a table of costs: the name of its row, and the cost there."""
    about = f", estimated ({_range(avoided.within)})" if avoided.within else ", measured"
    if avoided.joules < 0:
        return f"more than training from scratch{about}", avoided * -1
    return f"avoided{about}", avoided


NO_COST = EnergyCost()
