"""The study as a flow: what is missing is measured, lines are logged to MLflow, and the tables are made again."""

import json
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field
from rich.console import Console

from flows.console.inert_console import out
from flows.console.progress_bars import progress_bars
from flows.engine.flow_decorator import flow
from flows.engine.runtime import embedded
from flows.inputs.study import DATASETS, EXPERIMENTS, SEEDS, check_study
from tasks.core.environment import CHECKOUT
from tasks.core.progress import report_progress
from tasks.core.workspace import Workspace
from tasks.tracking.study_runs import EXPERIMENT, log_study_line


@dataclass(frozen=True)
class Studied:
    """Lines measured now, lines there are, the pages made from them, and the folder of the records."""

    measured: int
    lines: int
    records: str
    pages: tuple[str, ...]
    mlflow_experiment: str = EXPERIMENT


@flow(name="study", flow_run_name="study", persist_result=False)
def study(
    experiments: Annotated[tuple[str, ...], Field(description="questions that are asked")] = EXPERIMENTS,
    datasets: Annotated[tuple[str, ...], Field(description="data sets")] = DATASETS[:1],
    seeds: Annotated[tuple[int, ...], Field(description="repetitions")] = SEEDS,
    quick: Annotated[bool, Field(description="a small part of it, in a folder of the workspace")] = False,
) -> Studied:
    """Measure what is missing of the study, log its lines to MLflow, and make its tables again."""
    check_study(experiments, datasets)
    from benchmarks.report.studies.pages import write
    from benchmarks.study.running import Plan

    records, docs = folders(quick)
    plan = Plan(tuple(experiments), tuple(datasets), tuple(seeds), records, quick)
    lines, measured = plan.lines(), 0
    for number, line in enumerate(lines):
        report_progress(line.title, number, len(lines))
        measured += not line.is_measured
        log_study_line(line.experiment, line.cell, line.result())
    report_progress("tables", len(lines), len(lines))
    pages = write(records, docs)
    return Studied(measured, len(lines), str(records), tuple(map(str, pages)))


def folders(quick: bool) -> tuple[Path, Path]:
    """Where records and pages lie: in the checkout, or for a quick run in the workspace."""
    if quick:
        folder = Workspace.current().mlruns / "study"
        return folder / "results", folder / "docs"
    return CHECKOUT / "benchmarks" / "results", CHECKOUT / "docs"


def print_study(
    chosen: tuple[Sequence[str], Sequence[str], Sequence[int]], quick: bool, as_json: bool, console: Console
) -> None:
    """Run the study with progress, then print what was measured and where the pages are."""
    experiments, datasets, seeds = chosen
    with progress_bars(console), embedded(), redirect_stdout(sys.stderr):
        done = study(tuple(experiments), tuple(datasets), tuple(seeds), quick)
    if as_json:
        print(json.dumps(asdict(done)))
        return
    there = f"{done.measured} of {done.lines} lines measured now, the others were there"
    lines = there, f"MLflow: a run a line, in the experiment {EXPERIMENT}", f"records: {done.records}", *done.pages
    out.print("\n".join(lines), soft_wrap=True, highlight=False)
