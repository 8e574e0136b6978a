"""Software Carbon Intensity (ISO/IEC 21031:2024): SCI = (E x I + M) per R, here per accepted retraining."""

import os
from dataclasses import dataclass
from math import inf

from greenlightning.energy.meter import JOULES_PER_KWH
from greenlightning.errors import InputError

SECONDS_PER_YEAR = 365.25 * 24 * 3600


@dataclass(frozen=True)
class Machine:
    """What the machine adds: kg CO2e of its making, the years it lives, the share reserved, watts while idle."""

    embodied_kg: float = 0.0
    years: float = 4.0
    share: float = 1.0
    idle_watts: float = 0.0

    @classmethod
    def stated(cls) -> "Machine":
        """The machine as the environment states it; InputError for what is no number in its bounds."""
        return cls(
            _number("GREENLIGHTNING_EMBODIED_KG", cls.embodied_kg),
            _number("GREENLIGHTNING_LIFETIME_YEARS", cls.years, least=0.01),
            _number("GREENLIGHTNING_MACHINE_SHARE", cls.share, most=1.0),
            _number("GREENLIGHTNING_IDLE_WATTS", cls.idle_watts),
        )


@dataclass(frozen=True)
class CarbonScore:
    """Seconds, joules and grams of whole runs, without idle power and making, and the retrainings accepted (R)."""

    machine: Machine
    seconds: float
    joules: float
    gco2e: float
    accepted: int

    @property
    def kwh(self) -> float:
        """E: kilowatt-hours of the runs, with the share of the machine's idle power while they ran."""
        idle = self.machine.idle_watts * self.machine.share * self.seconds
        return (self.joules + idle) / JOULES_PER_KWH

    @property
    def intensity(self) -> float:
        """I: grams of CO2e a kilowatt-hour."""
        return self.gco2e / self.joules * JOULES_PER_KWH if self.joules else 0.0

    @property
    def embodied(self) -> float:
        """M: grams of CO2e of the machine's making, for the time and the share that the runs took of it."""
        time_share = self.seconds / (self.machine.years * SECONDS_PER_YEAR)
        return 1000 * self.machine.embodied_kg * time_share * self.machine.share

    @property
    def grams(self) -> float:
        """SCI: grams of CO2e for each accepted retraining."""
        return (self.kwh * self.intensity + self.embodied) / self.accepted

    @property
    def text(self) -> str:
        """The score with its terms, in a line."""
        idle = f"idle power {self.machine.idle_watts:g} W" if self.machine.idle_watts else "idle power not stated"
        making = f"M {self.embodied:.3g} g" if self.machine.embodied_kg else "M 0 g, not stated"
        return (
            f"{self.grams:.3g} g CO2e for each of {self.accepted} accepted retraining(s): E {self.kwh:.3g} kWh "
            f"({idle}), I {self.intensity:.4g} g/kWh, {making}"
        )


def _number(name: str, default: float, *, least: float = 0.0, most: float = inf) -> float:
    given = os.environ.get(name)
    if not given:
        return default
    try:
        number = float(given)
    except ValueError:
        number = -1.0
    if not least <= number <= most or number == inf:
        limit = f"{least:g} or more" if most == inf else f"{least:g} to {most:g}"
        raise InputError(f"{name} is {given!r}", f"Give a number, {limit}")
    return number
