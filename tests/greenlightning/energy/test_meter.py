"""Every joule says how it is known: counters on a fake machine, with numbers that can be checked by hand."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from greenlightning.energy import counters, power
from greenlightning.energy.meter import Energy, EnergyMeter, EnergyPart
from greenlightning.energy.power import (
    DEFAULT_WATTS_PER_CORE,
    Known,
    carbon_intensity,
    watts_per_core,
)
from greenlightning.errors import InputError, NotFittedError
from tests.helpers.waiting import wait_for

BUSY = "import time\nwhile time.process_time() < 0.2: pass\nprint('done', flush=True)\ninput()"


class FakeMachine:
    """A sysfs tree and a /proc/cpuinfo that a test writes."""

    def __init__(self, folder: Path) -> None:
        self.powercap = folder / "powercap"
        self.cpuinfo = folder / "cpuinfo"
        self.powercap.mkdir()

    def domain(self, folder: str, name: str, energy_uj: int, range_uj: int = 1_000_000_000) -> None:
        place = self.powercap / folder
        place.mkdir(exist_ok=True)
        (place / "name").write_text(f"{name}\n")
        (place / "max_energy_range_uj").write_text(f"{range_uj}\n")
        (place / "energy_uj").write_text(f"{energy_uj}\n")

    def cpus(self, model: str, logical: int, packages: int = 1, flags: str = "fpu sse") -> None:
        entry = "processor\t: {}\nmodel name\t: {}\nphysical id\t: {}\nflags\t\t: {}\n\n"
        self.cpuinfo.write_text("".join(entry.format(i, model, i % packages, flags) for i in range(logical)))

    def meter(self, device: str = "cpu", intensity: float = 500.0) -> EnergyMeter:
        return EnergyMeter(device, intensity, powercap=self.powercap, cpuinfo=self.cpuinfo)


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    """A machine with four logical CPUs of a known model and no RAPL."""
    fake = FakeMachine(tmp_path)
    fake.cpus("Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz", logical=4)
    return fake


def test_rapl_counts_packages_and_memory_once(machine: FakeMachine) -> None:
    domains = {"intel-rapl:0": "package-0", "intel-rapl:0:0": "core", "intel-rapl:0:1": "dram"}
    domains |= {"intel-rapl:1": "psys", "intel-rapl-mmio:0": "package-0"}
    for folder, name in domains.items():
        machine.domain(folder, name, 1_000_000)
    with machine.meter() as meter:
        for folder, name in domains.items():
            machine.domain(folder, name, 1_000_000 + (2_000_000 if name == "dram" else 7_200_000))
    assert meter.energy.parts == (
        EnergyPart("package-0", 7.2, "measured:rapl"),
        EnergyPart("dram", 2.0, "measured:rapl"),
    )
    assert meter.energy.joules == pytest.approx(9.2)
    assert meter.energy.source == "measured:rapl"
    assert meter.energy.gco2e == pytest.approx(9.2 / 3.6e6 * 500)


def test_a_rapl_counter_that_starts_over_loses_nothing(machine: FakeMachine) -> None:
    machine.domain("intel-rapl:0", "package-0", 9_000_000, range_uj=10_000_000)
    with machine.meter() as meter:
        machine.domain("intel-rapl:0", "package-0", 500_000, range_uj=10_000_000)
        assert meter.energy.joules == pytest.approx(1.5)
        machine.domain("intel-rapl:0", "package-0", 400_000, range_uj=10_000_000)
    assert meter.energy.joules == pytest.approx(1.5 + 9.9)


def test_long_work_is_sampled_before_the_counter_can_start_over_twice(
    machine: FakeMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counters.Rapl, "period", 0.005)
    machine.domain("intel-rapl:0", "package-0", 0, range_uj=10)
    with machine.meter() as meter:
        counter = meter._counters[0]
        for energy_uj in (6, 2, 8):
            before = counter.joules
            (machine.powercap / "intel-rapl:0" / "next").write_text(str(energy_uj))
            (machine.powercap / "intel-rapl:0" / "next").replace(machine.powercap / "intel-rapl:0" / "energy_uj")
            wait_for(lambda before=before: counter.joules > before, "a sample of the counter")
    assert meter.energy.joules == pytest.approx((6 + 6 + 6) / 1e6)


def test_a_counter_that_vanishes_costs_no_work_and_says_so(machine: FakeMachine) -> None:
    machine.domain("intel-rapl:0", "package-0", 0)
    with machine.meter() as meter:
        machine.domain("intel-rapl:0", "package-0", 3_000_000)
        assert meter.energy.joules == 3.0
        (machine.powercap / "intel-rapl:0" / "energy_uj").unlink()
    assert meter.energy.joules == 3.0
    assert meter.energy.source == "measured:rapl(readings lost)"


def test_without_rapl_cpu_seconds_are_priced_by_the_tdp_of_the_model(
    machine: FakeMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter([10.0, 12.0])
    monkeypatch.setattr(counters, "cpu_seconds", lambda: next(seconds))
    with machine.meter() as meter:
        pass
    assert meter.energy.joules == pytest.approx(2.0 * 125 / 4)
    source = "estimated:cpu-time*tdp(31.2 W/core: Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz)"
    assert meter.energy.parts == (EnergyPart("cpu", 62.5, source),)


def test_children_count_while_they_live_and_after_they_ended(machine: FakeMachine) -> None:
    with machine.meter() as meter:
        child = subprocess.Popen(
            [sys.executable, "-c", BUSY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        with child:
            assert child.stdout is not None
            child.stdout.readline()
            living = meter.energy.joules
            child.communicate("\n")
    watts = 125 / 4
    assert 0.18 * watts <= living <= meter.energy.joules <= 5 * watts


@pytest.mark.parametrize(
    ("model", "logical", "packages", "flags", "watts", "why"),
    [
        ("AMD EPYC 7763 64-Core Processor", 256, 2, "", 2 * 280 / 256, "2.19 W/core: AMD EPYC 7763"),
        ("AMD EPYC 7763 64-Core Processor", 2, 1, "hypervisor", DEFAULT_WATTS_PER_CORE, "default: part of"),
        ("Unheard Of 1", 8, 1, "", DEFAULT_WATTS_PER_CORE, "default: unknown CPU Unheard Of 1"),
    ],
)
def test_a_core_is_priced_by_its_share_of_the_package(
    machine: FakeMachine, model: str, logical: int, packages: int, flags: str, watts: float, why: str
) -> None:
    machine.cpus(model, logical, packages, flags)
    known = watts_per_core(machine.cpuinfo)
    assert known.value == pytest.approx(watts)
    assert why in known.source


def test_a_machine_that_tells_nothing_gets_the_default(machine: FakeMachine) -> None:
    machine.cpuinfo.unlink()
    assert watts_per_core(machine.cpuinfo).value > 0


def fake_nvml(**functions: Callable[[Any], int]) -> ModuleType:
    """A ``pynvml`` with one board that has these functions only."""

    class NVMLError(Exception):
        pass

    def unsupported(handle: object) -> int:
        raise NVMLError("Not Supported")

    module = ModuleType("pynvml")
    names = ("nvmlDeviceGetTotalEnergyConsumption", "nvmlDeviceGetPowerUsage")
    module.__dict__.update(dict.fromkeys(names, unsupported) | functions)
    module.__dict__.update(NVMLError=NVMLError, nvmlInit=lambda: None, nvmlDeviceGetHandleByUUID=lambda uuid: uuid)
    return module


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Install a fake board under NVML."""
    monkeypatch.setattr(counters, "_gpu_uuid", lambda device: "GPU-1")

    def install(**functions: Callable[[Any], int]) -> None:
        monkeypatch.setitem(sys.modules, "pynvml", fake_nvml(**functions))

    return install


def test_a_gpu_counts_beside_the_processor(machine: FakeMachine, board: Callable[..., None]) -> None:
    millijoules = iter([5_000, 47_000])
    board(nvmlDeviceGetTotalEnergyConsumption=lambda handle: next(millijoules))
    machine.domain("intel-rapl:0", "package-0", 0)
    with machine.meter("cuda:0") as meter:
        machine.domain("intel-rapl:0", "package-0", 8_000_000)
    assert meter.energy.parts == (
        EnergyPart("package-0", 8.0, "measured:rapl"),
        EnergyPart("cuda:0", 42.0, "measured:nvml"),
    )
    assert (meter.energy.joules, meter.energy.source) == (50.0, "measured:rapl + measured:nvml")


def test_a_gpu_without_an_energy_counter_has_its_power_summed(
    machine: FakeMachine, board: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counters.GpuPower, "period", 0.005)
    board(nvmlDeviceGetPowerUsage=lambda handle: 200_000)
    with machine.meter("cuda") as meter:
        time.sleep(0.05)
    gpu = meter.energy.parts[-1]
    assert gpu.source == "measured:nvml(power samples)"
    assert gpu.joules == pytest.approx(200 * meter.energy.seconds, rel=0.2)


def test_a_gpu_that_nvml_cannot_read_adds_no_joules_and_says_so(
    machine: FakeMachine, board: Callable[..., None]
) -> None:
    board()
    with machine.meter("cuda") as meter:
        pass
    assert meter.energy.parts[-1] == EnergyPart("cuda", 0.0, "unmeasured:cuda(Not Supported)")


def test_no_gpu_at_all_is_not_an_error(machine: FakeMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with machine.meter("cuda") as meter:
        pass
    assert meter.energy.parts[-1].source.startswith("unmeasured:cuda(")


def test_energies_add() -> None:
    cpu, gpu = EnergyPart("cpu", 3.6e6, "measured:rapl"), EnergyPart("cuda", 7.2e6, "measured:nvml")
    day = Energy.of([cpu], seconds=10, intensity=Known(100.0, "given"))
    night = Energy.of([cpu, gpu], seconds=5, intensity=Known(400.0, "hourly"))
    both = day + night
    assert (both.joules, both.seconds, both.gco2e) == (3.6e6 * 4, 15, 100 + 3 * 400)
    assert both.parts == (EnergyPart("cpu", 7.2e6, "measured:rapl"), gpu)
    assert both.intensity == pytest.approx(1300 / 4)
    assert (both.source, both.intensity_source) == ("measured:rapl + measured:nvml", "given + hourly")
    assert sum([day, day]) == day + day
    assert (day + day).intensity == 100.0


def test_the_intensity_is_the_one_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GREENLIGHTNING_CARBON_INTENSITY", raising=False)
    assert carbon_intensity().value == 475.0
    assert carbon_intensity().source.startswith("world average, codecarbon (https://www.iea.org/")
    monkeypatch.setenv("GREENLIGHTNING_CARBON_INTENSITY", "56.5")
    assert carbon_intensity() == Known(56.5, "GREENLIGHTNING_CARBON_INTENSITY")
    assert carbon_intensity(20) == Known(20.0, "given")


@pytest.mark.parametrize("stated", ["green", "-1", "nan", "inf"])
def test_an_intensity_that_is_no_number_is_refused(stated: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENLIGHTNING_CARBON_INTENSITY", stated)
    with pytest.raises(InputError, match=f"GREENLIGHTNING_CARBON_INTENSITY is '{stated}'"):
        EnergyMeter()


def test_work_that_fails_is_metered_too(machine: FakeMachine) -> None:
    machine.domain("intel-rapl:0", "package-0", 0)
    meter = machine.meter()
    with pytest.raises(RuntimeError, match="work failed"), meter:
        machine.domain("intel-rapl:0", "package-0", 1_000_000)
        raise RuntimeError("work failed")
    assert meter.energy.joules == 1.0


def test_a_meter_that_never_ran_knows_nothing() -> None:
    with pytest.raises(NotFittedError, match="never started"):
        _ = EnergyMeter().energy


def test_the_seconds_are_those_of_the_work(machine: FakeMachine) -> None:
    began = time.perf_counter()
    with machine.meter() as meter:
        time.sleep(0.02)
    assert 0.02 <= meter.energy.seconds <= time.perf_counter() - began
    assert meter.energy is meter.energy


def test_codecarbon_is_never_imported_nor_a_connection_opened() -> None:
    code = (
        "import sys\n"
        "def refuse(event, args):\n"
        "    assert event not in ('socket.connect', 'socket.getaddrinfo'), event\n"
        "sys.addaudithook(refuse)\n"
        "from greenlightning.energy.meter import EnergyMeter\n"
        "with EnergyMeter('cuda') as meter: pass\n"
        "assert meter.energy.joules >= 0\n"
        "assert 'codecarbon' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_the_tables_the_defaults_are_named_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(power, "_tables", lambda: None)
    monkeypatch.delenv("GREENLIGHTNING_CARBON_INTENSITY", raising=False)
    power.watts_per_core.cache_clear()
    power._world_average.cache_clear()
    try:
        assert power.watts_per_core() == power.Known(4.0, "4 W/core default: no table of CPUs")
        assert carbon_intensity() == power.Known(475.0, "world average (IEA, 2019)")
    finally:
        power.watts_per_core.cache_clear()
        power._world_average.cache_clear()
