"""Software Carbon Intensity: (E x I + M) per accepted retraining."""

import pytest

from greenlightning.errors import InputError
from tasks.energy.carbon_score import SECONDS_PER_YEAR, CarbonScore, Machine

# 7.2 MJ are 2 kWh, and 1,000 g for them are 500 g/kWh; shared by four accepted retrainings
SPENT = {"seconds": 0.01 * SECONDS_PER_YEAR, "joules": 7.2e6, "gco2e": 1_000.0, "accepted": 4}


def test_without_a_stated_machine_it_is_the_energy_times_the_intensity_per_retraining() -> None:
    score = CarbonScore(Machine(), **SPENT)
    assert (score.kwh, score.intensity, score.embodied, score.grams) == (2.0, 500.0, 0.0, 250.0)
    assert score.text == (
        "250 g CO2e for each of 4 accepted retraining(s): E 2 kWh (idle power not stated), I 500 g/kWh, "
        "M 0 g, not stated"
    )


def test_a_share_of_the_making_and_of_the_idle_power_is_added_where_they_are_stated() -> None:
    # a hundredth of one of 4 years, and half of the machine: 1,000 kg x 0.0025 x 0.5 = 1.25 kg
    making = CarbonScore(Machine(embodied_kg=1_000, years=4, share=0.5), **SPENT)
    assert making.embodied == pytest.approx(1_250.0)
    assert making.grams == pytest.approx((1_000 + 1_250) / 4)
    # 36 W for 1e5 s are 1 kWh more
    idle = CarbonScore(Machine(idle_watts=36), seconds=1e5, joules=3.6e6, gco2e=500, accepted=1)
    assert (idle.kwh, idle.grams) == (2.0, 1_000.0)
    assert "idle power 36 W" in idle.text


def test_the_environment_states_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Machine.stated() == Machine(0.0, 4.0, 1.0, 0.0)
    for name, value in {"EMBODIED_KG": "350", "LIFETIME_YEARS": "5", "MACHINE_SHARE": ".25"}.items():
        monkeypatch.setenv(f"GREENLIGHTNING_{name}", value)
    assert Machine.stated() == Machine(350.0, 5.0, 0.25, 0.0)


@pytest.mark.parametrize(
    ("name", "value", "limit"), [("MACHINE_SHARE", "2", "0 to 1"), ("EMBODIED_KG", "heavy", "0 or more")]
)
def test_what_is_no_number_in_its_bounds_is_refused(
    name: str, value: str, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"GREENLIGHTNING_{name}", value)
    with pytest.raises(InputError, match=f"GREENLIGHTNING_{name} is '{value}'.*Give a number, {limit}"):
        Machine.stated()
