"""What work cost: seconds, joules and g CO2e, with the source of the joules."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from greenlightning.energy.meter import Energy


@dataclass(frozen=True)
class EnergyCost:
    """Seconds, joules and g CO2e; ``source`` says how the joules are known."""

    seconds: float = 0.0
    joules: float = 0.0
    gco2e: float = 0.0
    source: str = "nothing spent"

    @classmethod
    def of(cls, energy: "Energy") -> Self:
        """The reading of a meter."""
        return cls(energy.seconds, energy.joules, energy.gco2e, energy.source)

    def __add__(self, other: "EnergyCost") -> "EnergyCost":
        sources = [s for s in dict.fromkeys((self.source, other.source)) if s != EnergyCost.source]
        return EnergyCost(
            self.seconds + other.seconds,
            self.joules + other.joules,
            self.gco2e + other.gco2e,
            " + ".join(sources) or EnergyCost.source,
        )

    def __mul__(self, factor: float) -> "EnergyCost":
        return EnergyCost(self.seconds * factor, self.joules * factor, self.gco2e * factor, self.source)


def avoided_line(avoided: EnergyCost) -> str:
    """What a run avoided, or cost more, than training from scratch would have, in words."""
    if avoided.joules < 0:
        return f"cost about {-avoided.joules:.3g} J more than training from scratch would have"
    return f"avoided about {avoided.joules:.3g} J"


def avoided_row(avoided: EnergyCost) -> tuple[str, EnergyCost]:
    """The same for a table of costs: the name of its row, and the cost there."""
    if avoided.joules < 0:
        return "more than training from scratch, about", avoided * -1
    return "avoided, about", avoided


NO_COST = EnergyCost()
