"""The results of a demo: each step with its baselines, and figures of all steps."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tasks.core.energy_cost import NO_COST, EnergyCost


@dataclass(frozen=True)
class DemoStep:
    """One step: its state, and accuracy and cost of GreenLightning and the baselines where it trained a model."""

    name: str
    state: str
    rows: int = 0
    ours: float = 0.0
    conventional: float = 0.0
    random_gates: float = 0.0
    spent: EnergyCost = NO_COST
    conventional_spent: EnergyCost = NO_COST

    @property
    def learnt(self) -> bool:
        """Whether the step trained a model."""
        return self.rows > 0

    @property
    def ratio(self) -> float:
        """Joules of the conventional network divided by ours."""
        return self.conventional_spent.joules / self.spent.joules


def draw(steps: Sequence[DemoStep], folder: Path) -> list[Path]:
    """Save figures of the accuracy after each step and the energy of all retrainings in ``folder``."""
    from tasks.figures.run_figures import energy_figure
    from tasks.figures.training_figures import retrainings_figure

    learnt = [step for step in steps if step.learnt]
    accuracy = {
        "GreenLightning": [step.ours for step in learnt],
        "conventional": [step.conventional for step in learnt],
        "random gates": [step.random_gates for step in learnt],
    }
    later = learnt[1:]
    joules = {
        "GreenLightning": sum(step.spent.joules for step in later),
        "conventional, from scratch": sum(step.conventional_spent.joules for step in later),
    }
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / "accuracy.png", folder / "energy.svg"]
    retrainings_figure([step.name for step in learnt], accuracy).savefig(files[0], dpi=150)
    files[1].write_text(energy_figure(joules, later[0].spent.source))
    return files


def to_json(dataset: str, steps: Sequence[DemoStep]) -> str:
    """All steps as one JSON object."""
    rows = [asdict(step) | ({"ratio": step.ratio} if step.learnt else {}) for step in steps]
    return json.dumps({"dataset": dataset, "steps": rows})
