"""The demo: a real data set as a stream; each step compares GreenLightning with a conventional network."""

import os
import sys
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from flows.console.inert_console import out
from flows.console.progress_bars import progress_bars
from flows.engine.flow_decorator import flow
from flows.engine.outcome import Outcome, outcome_of
from flows.engine.runtime import embedded
from flows.inputs.demo import BATCHES, check_demo
from flows.learning.ingest import ingest
from flows.learning.retrain import retrain
from flows.learning.train import train
from flows.versions.lineage import show_lineage
from tasks.core.constants import Subject
from tasks.core.workspace import Workspace
from tasks.data.demo_stream import Part, write_stream
from tasks.data.holdout import holdout_of
from tasks.models import registry
from tasks.reporting.demo_figures import DemoStep, draw, to_json
from tasks.training.baselines import run_baseline

ENDING = """
Open the two dashboards, Prefect and MLflow; the command prints their addresses:
  [bold]{tools}greenlightning up[/]
Continue on the command line:
  [bold]{tools}greenlightning status[/]
  [bold]{tools}greenlightning ingest FILE --dataset NAME[/]
  [bold]{tools}greenlightning train --dataset NAME[/]
Pictures: {pictures}
"""


def demo(dataset: str, as_json: bool, console: Console) -> None:
    """Run the stream, then print a table of its steps, the champion's lineage, and the next commands."""
    check_demo(dataset)
    with TemporaryDirectory() as folder, progress_bars(console), embedded():
        name, steps = show_stream(dataset, Path(folder))
    pictures = draw(steps, Workspace.current().mlruns / "demo" / name)
    if as_json:
        print(to_json(name, steps))
        return
    out.print(as_table(name, steps))
    show_lineage(name, "champion")
    tools = f"{Path(sys.executable).parent}{os.sep}"
    out.print(ENDING.format(pictures=", ".join(map(str, pictures)), tools=tools), soft_wrap=True, highlight=False)


@flow(name="demo", flow_run_name="demo {dataset}", persist_result=False)
def show_stream(dataset: str, folder: Path) -> tuple[str, list[DemoStep]]:
    """Train on the base, retrain on each batch as it arrives, and train the baselines for each version."""
    name = unused(dataset)
    holdout, [base, *batches] = write_stream(dataset, folder, BATCHES[dataset])
    ingest(holdout.path, holdout_of(name))
    ingest(base.path, name)
    steps = [_step(name, base, outcome_of(train(name, return_state=True)))]
    for part in batches:
        admitted = outcome_of(ingest(part.path, name, return_state=True))
        outcome = admitted if admitted.quarantined else outcome_of(retrain(name, return_state=True))
        steps.append(_step(name, part, outcome))
    return name, steps


def unused(dataset: str) -> str:
    """``dataset``, with a number added if earlier demos took the name."""
    names = (dataset if number == 1 else f"{dataset}-{number}" for number in count(1))
    return next(name for name in names if registry.champion(name) is None)


def _step(name: str, part: Part, outcome: Outcome) -> DemoStep:
    if outcome.version is None or outcome.spent is None:
        return DemoStep(part.name, outcome.state)
    ours, spent = outcome.scores, outcome.spent
    scores, conventional = run_baseline(name, outcome.version, Subject.CONVENTIONAL)
    random, _ = run_baseline(name, outcome.version, Subject.RANDOM_GATES)
    return DemoStep(
        part.name,
        outcome.state,
        int(registry.version(name, outcome.version).tags["rows"]),
        ours["accuracy"],
        scores["accuracy"],
        random["accuracy"],
        spent,
        conventional,
    )


def as_table(name: str, steps: list[DemoStep]) -> Table:
    """A row for each step: accuracy, seconds and joules, ours and the conventional network's from scratch."""
    table = Table(
        title=f"{name}: ours/conventional from scratch/random gates, on the holdout",
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1),
    )
    for heading in ("step", "rows", "accuracy", "seconds", "joules", "ratio"):
        table.add_column(heading, justify="left" if heading == "step" else "right", no_wrap=True)
    for step in steps:
        if not step.learnt:
            table.add_row(step.name, "-", step.state.lower(), "-", "-", "-")
            continue
        accuracy = f"{step.ours:.3f}/{step.conventional:.3f}/{step.random_gates:.3f}"
        seconds = f"{step.spent.seconds:.2f}/{step.conventional_spent.seconds:.2f}"
        joules = f"{step.spent.joules:.1f}/{step.conventional_spent.joules:.1f}"
        kept = " (champion kept)" if step.state == "Kept" else ""
        table.add_row(step.name + kept, f"{step.rows:,}", accuracy, seconds, joules, f"{step.ratio:.1f}x")
    sources = {step.spent.source for step in steps if step.learnt}
    table.caption = f"joules: {', '.join(sorted(sources))}; ratio: conventional over ours"
    return table
