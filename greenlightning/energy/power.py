"""Power of a CPU and carbon intensity of the grid, from codecarbon's offline tables if they are installed.

The tables are read without importing codecarbon, and no connection is opened.
"""

import csv
import json
import math
import os
import platform
import re
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from greenlightning.errors import InputError

CPUINFO = Path("/proc/cpuinfo")
DEFAULT_WATTS_PER_CORE = 4.0
INTENSITY_VARIABLE = "GREENLIGHTNING_CARBON_INTENSITY"


@dataclass(frozen=True)
class Known:
    """A number and where it comes from.

    Attributes
    ----------
    value : float
        The number.
    source : str
        Its source.
    """

    value: float
    source: str


WORLD_AVERAGE = Known(475.0, "world average (IEA, 2019)")


@cache
def watts_per_core(cpuinfo: Path = CPUINFO) -> Known:
    """Estimate the watts of one busy logical CPU: the package's thermal design power over its logical CPUs.

    codecarbon's default of 4 W is used without its table, for a model that is not in it, and for a virtual
    machine, which shows only some of the package's CPUs.

    Parameters
    ----------
    cpuinfo : Path, optional
        File that describes the processor.

    Returns
    -------
    Known
        Watts and their source.
    """
    facts = _cpu_facts(cpuinfo)
    if _tables() is None:
        return Known(DEFAULT_WATTS_PER_CORE, f"{DEFAULT_WATTS_PER_CORE:g} W/core default: no table of CPUs")
    tdp = package_tdp(facts.model)
    if tdp is None:
        return Known(
            DEFAULT_WATTS_PER_CORE, f"{DEFAULT_WATTS_PER_CORE:g} W/core default: unknown CPU {facts.model}"
        )
    if facts.virtual:
        return Known(DEFAULT_WATTS_PER_CORE, f"{DEFAULT_WATTS_PER_CORE:g} W/core default: part of {facts.model}")
    watts = tdp * facts.packages / facts.logical
    return Known(watts, f"{watts:.3g} W/core: {facts.model}")


@cache
def package_tdp(model: str) -> float | None:
    """Look the thermal design power (W) of a CPU model up.

    An entry fits if all its words occur in the model's name; the longest one counts.

    Parameters
    ----------
    model : str
        Name of the CPU.

    Returns
    -------
    float or None
        Watts; None where the table is missing or has no single answer.
    """
    if (tables := _tables()) is None:
        return None
    words = _words(model)
    fitting: dict[int, set[float]] = {}
    with (tables / "hardware" / "cpu_power.csv").open(newline="", encoding="utf-8") as table:
        for row in csv.DictReader(table):
            entry = _words(row["Name"])
            if entry <= words and any(character.isdigit() for character in row["Name"]):
                fitting.setdefault(len(entry), set()).add(float(row["TDP"]))
    best = fitting[max(fitting)] if fitting else set()
    return best.pop() if len(best) == 1 else None


def carbon_intensity(given: float | None = None) -> Known:
    """Return the grid's intensity: as given, else from the environment, else the world average.

    Parameters
    ----------
    given : float, optional
        g CO2e per kWh.

    Returns
    -------
    Known
        g CO2e per kWh, and their source.

    Raises
    ------
    InputError
        Where it is not a number of at least 0.
    """
    if given is not None:
        return Known(_checked(given, "The carbon intensity"), "given")
    stated = os.environ.get(INTENSITY_VARIABLE)
    if stated:
        return Known(_checked(stated, INTENSITY_VARIABLE), INTENSITY_VARIABLE)
    return _world_average()


@cache
def _world_average() -> Known:
    if (tables := _tables()) is None:
        return WORLD_AVERAGE
    table = json.loads((tables / "private_infra" / "carbon_intensity_per_source.json").read_text("utf-8"))
    return Known(float(table["world_average"]), f"world average, codecarbon ({table['world_average_source']})")


def _checked(value: Any, name: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise InputError(f"{name} is {value!r}", "Give grams of CO2e per kWh, for example 475")
    return number


@dataclass(frozen=True)
class _CpuFacts:
    model: str
    packages: int
    logical: int
    virtual: bool


def _cpu_facts(cpuinfo: Path) -> _CpuFacts:
    try:
        lines = [line.partition(":") for line in cpuinfo.read_text("utf-8").splitlines()]
    except OSError:
        lines = []
    pairs = [(key.strip(), value.strip()) for key, _, value in lines]
    found = dict(pairs)
    return _CpuFacts(
        model=found.get("model name") or platform.processor() or platform.machine(),
        packages=len({value for key, value in pairs if key == "physical id"}) or 1,
        logical=sum(key == "processor" for key, _ in pairs) or os.cpu_count() or 1,
        virtual="hypervisor" in found.get("flags", "").split(),
    )


def _words(name: str) -> frozenset[str]:
    return frozenset(re.sub(r"\((r|tm)\)|[,@]", " ", name.lower()).split())


def _tables() -> Path | None:
    """Return the folder of codecarbon's tables, None if codecarbon (extra ``energy``) is not installed."""
    try:
        return Path(str(distribution("codecarbon").locate_file("codecarbon/data")))
    except PackageNotFoundError:
        return None
