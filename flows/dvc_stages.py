"""The stages of ``dvc.yaml``, as ``params.yaml`` sets them: ``python -m flows.dvc_stages prepare``, and so on."""

import sys
from argparse import ArgumentParser
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from flows.engine.runtime import set_up
from greenlightning.errors import GreenLightningError
from tasks.core.settings import Learning
from tasks.training import dvc_stages

BENCH = Path("data/bench")


class Parameters(BaseModel):
    """What ``params.yaml`` says: the known data set, and how to learn it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: str
    learning: Learning


def run(stage: str, parameters: Parameters) -> None:
    """Run one stage on the files in ``data/bench/``."""
    steps = {
        "prepare": lambda: dvc_stages.prepare(parameters.dataset, BENCH),
        "structure": lambda: dvc_stages.structure(parameters.learning, BENCH),
        "linear": lambda: dvc_stages.linear(parameters.learning, BENCH),
        "evaluate": lambda: dvc_stages.evaluate(BENCH),
    }
    steps[stage]()


def main() -> None:
    """Read the stage's name and the parameters; one clear line where something is wrong."""
    parser = ArgumentParser(prog="python -m flows.dvc_stages", description="Run one stage of the bench.")
    parser.add_argument("stage", choices=["prepare", "structure", "linear", "evaluate"])
    stage = parser.parse_args().stage
    set_up(Path.cwd())
    try:
        run(stage, Parameters.model_validate(yaml.safe_load(Path("params.yaml").read_text())))
    except (GreenLightningError, ValidationError) as error:
        sys.exit(f"error {error}")


if __name__ == "__main__":
    main()
