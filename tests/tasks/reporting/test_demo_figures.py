"""The results of a demo."""

import json
from pathlib import Path

import pytest

from tasks.core.energy_cost import EnergyCost
from tasks.reporting.demo_figures import DemoStep, draw, to_json
from tests.helpers.figures import svg_texts


def step(name: str, joules: float) -> DemoStep:
    spent, conventional = (EnergyCost(1.0, value, 0.1, "measured:rapl") for value in (joules, 10 * joules))
    return DemoStep(name, "Promoted", 100, 0.9, 0.8, 0.7, spent, conventional)


STEPS = [step("base", 5.0), step("batch 1", 2.0), DemoStep("broken", "Quarantined")]


def test_the_figures_show_the_steps_that_trained_a_model(tmp_path: Path) -> None:
    accuracy, energy = draw(STEPS, tmp_path / "new")
    assert accuracy.read_bytes().startswith(b"\x89PNG")
    assert {"2 J", "20 J, 10 × ours"} <= set(svg_texts(energy.read_text()))


def test_json_has_every_step_and_the_ratio_of_those_that_trained_a_model() -> None:
    found = json.loads(to_json("digits", STEPS))
    assert found["dataset"] == "digits"
    assert [one.get("ratio") for one in found["steps"]] == [pytest.approx(10), pytest.approx(10), None]
