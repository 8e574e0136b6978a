"""What work cost, in a form that travels between tasks and into MLflow."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from greenlightning.energy.meter import Energy


@dataclass(frozen=True)
class EnergyCost:
    """Seconds, joules and g CO2e, and how the joules are known."""

    seconds: float = 0.0
    joules: float = 0.0
    gco2e: float = 0.0
    source: str = "nothing spent"

    @classmethod
    def of(cls, energy: "Energy") -> Self:
        """What a meter read."""
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

    def logged(self) -> dict[str, Any]:
        """Keywords of ``tracking.log_energy``, and what its ``avoided`` holds."""
        return {
            "seconds": self.seconds,
            "joules": self.joules,
            "gco2e": self.gco2e,
            "source": self.source,
        }


NO_COST = EnergyCost()
