"""What Prefect, MLflow, DVC and Great Expectations add to learning, by phase.

``python -m benchmarks.measures.overhead``

Protocol: one process, a workspace of its own. Train on half of digits, then ingest and retrain small batches one
by one; the first is not counted, so that all is imported. Learning is statistics and solve; the rest is overhead.
Beside the wall time stands the processor time of the process, which says less about who else uses the machine.
Prints a Markdown table with the median and the range over the batches, and writes
``benchmarks/results/overhead.json``.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.core.common import median_and_range
from benchmarks.core.records import RESULTS
from benchmarks.measures.phases import Clock, watch

DATASET = "digits"
PREFECT, BODY = "Prefect: flow and task runs", "everything else"
LEARNING = ("statistics", "solve")
PHASES = {
    "statistics": (
        "greenlightning.linear.statistics:Statistics.collect",
        "greenlightning.linear.statistics:Statistics._combined",
    ),
    "solve": (
        "greenlightning.linear.equations:NormalEquations.of",
        "greenlightning.linear.solver:Solution.of",
        "greenlightning.linear.solver:Since.solved",
    ),
    "opening models": ("tasks.models.registry:load_version", "greenlightning.model:GreenLightningModel.load"),
    "version look-ups, ledger": (
        "tasks.models.registry:champion",
        "tasks.models.registry:version",
        "tasks.models.registry:made_from",
        "tasks.models.registry:made_by",
        "tasks.models.version_expectations:expectations_of",
        "tasks.data.batch_index:batches",
        "tasks.data.ingestion:waiting",
    ),
    "DVC: versioning": ("tasks.data.versioning:version_batch",),
    "DVC: reading, hash check, holdout's rows left out": (
        "tasks.data.versioning:checkout",
        "tasks.data.ingestion:read_content",
        "tasks.data.holdout:Learnable.__init__",
        "tasks.data.holdout:Learnable.rows",
    ),
    "landing": ("tasks.data.ingestion:land",),
    "Great Expectations: validation": ("tasks.validation.verdict:validate",),
    "structure health, drift": (
        "tasks.training.health:assess_batches",
        "tasks.training.health:assess_landed",
        "tasks.training.health:inherit_health_reference",
    ),
    "gate and evaluation": (
        "tasks.training.evaluation:evaluate_model",
        "tasks.training.retraining:decide",
        "tasks.training.retraining:_probabilities",
    ),
    "figures": (
        "mlflow:MlflowClient.log_figure",
        "tasks.figures.run_figures:confusion_figure",
        "tasks.figures.run_figures:energy_figure",
        "tasks.figures.health_figure:health_figure",
    ),
    "MLflow: runs, metrics, tags, notes": (
        *(
            f"mlflow:MlflowClient.{name}"
            for name in (
                "create_run",
                "get_run",
                "log_artifact",
                "log_artifacts",
                "log_batch",
                "log_dict",
                "log_inputs",
                "log_text",
                "set_tag",
                "set_terminated",
            )
        ),
        "tasks.tracking.runs:end_orphans",
        "tasks.tracking.client:experiment_id",
        "tasks.tracking.run_params:log_model_params",
        "mlflow.system_metrics.system_metrics_monitor:SystemMetricsMonitor.start",
        "mlflow.system_metrics.system_metrics_monitor:SystemMetricsMonitor.finish",
    ),
    "saving and logging the model": (
        "greenlightning.model:GreenLightningModel.save",
        "tasks.models.logged_models:log_model",
        "tasks.models.logged_models:attach_structures",
    ),
    "registering, promoting": (
        "tasks.models.registry:register_model",
        "tasks.models.champion:promote",
        "tasks.models.champion:set_challenger",
        "tasks.models.model_card:model_card",
    ),
    "lineage: page, OpenLineage": (
        "tasks.lineage.run_artifacts:log_lineage",
        "tasks.lineage.openlineage_events:_tell",
    ),
    "Prefect: pages, events": (
        "flows.engine.flow_decorator:_Run.ended",
        "tasks.orchestration.artifacts:RunArtifacts.put",
        "tasks.orchestration.artifacts:RunArtifacts.rename",
        "tasks.data.events:_emit",
    ),
    PREFECT: ("prefect:Flow.__call__", "prefect:Task.__call__"),
    BODY: (
        "flows.learning.ingest:ingest",
        "flows.learning.retrain:retrain",
        "tasks.training.retraining:learn_batches",
        "tasks.promotion.publishing:publish",
    ),
}


def measured(batches: int, folder: Path) -> list[dict[str, Any]]:
    """Seconds by phase of each flow run on each batch but the first, in the embedded workspace ``folder``."""
    os.environ["GREENLIGHTNING_HOME"] = str(folder)
    from flows.engine.runtime import embedded, set_up

    set_up(folder)
    from flows.engine.outcome import outcome_of
    from flows.learning.ingest import ingest
    from flows.learning.retrain import retrain
    from flows.learning.train import train
    from greenlightning.data.datasets import load
    from tasks.data.demo_stream import write_part
    from tasks.data.holdout import holdout_of

    data = load(DATASET)
    order = np.random.default_rng(0).permutation(len(data.X_train))
    base, rest = np.array_split(order, 2)
    pieces = {"base": base} | {f"batch {n}": rows for n, rows in enumerate(np.array_split(rest, batches + 1))}
    files = {name: write_part(folder, name, data, data.X_train[r], data.y_train[r]) for name, r in pieces.items()}
    held = write_part(folder, "holdout", data, data.X_test, data.y_test)
    clock, runs = Clock(), []
    watch(clock, PHASES)
    with embedded():
        ingest(held, holdout_of(DATASET))
        ingest(files.pop("base"), DATASET)
        assert outcome_of(train(DATASET, return_state=True)).promoted
        for number, file in enumerate(files.values()):
            for flow, given in ((ingest, {"path": file}), (retrain, {})):
                clock.taken()
                start = time.process_time()
                outcome = outcome_of(flow(dataset=DATASET, **given, return_state=True))
                seconds, cpu = clock.taken(), time.process_time() - start
                assert outcome.state in ("Versioned", "Promoted", "Kept"), outcome
                if number:
                    about = {"flow": flow.name, "rows": len(pieces[file.stem.replace("-", " ")])}
                    runs.append(about | {"state": outcome.state, "cpu": cpu, "seconds": seconds})
    return runs


def outside(seconds: dict[str, float]) -> float:
    """Seconds that are not learning."""
    return sum(value for phase, value in seconds.items() if phase not in LEARNING)


def as_table(runs: list[dict[str, Any]]) -> str:
    """Seconds of each phase, median and range over the batches, ingest beside retraining, and their sums."""
    lines = ["| phase | ingest, s: median (range) | retraining, s: median (range) |", "|---|---|---|"]
    flows = [[run for run in runs if run["flow"] == name] for name in ("ingest", "retrain")]
    rows: dict[str, Callable[[dict[str, Any]], float]] = {
        **{phase: lambda run, phase=phase: run["seconds"].get(phase, 0.0) for phase in PHASES},
        "**in all**": lambda run: sum(run["seconds"].values()),
        "**outside learning**": lambda run: outside(run["seconds"]),
        "processor time": lambda run: run["cpu"],
    }
    for name, value in rows.items():
        lines.append(f"| {name} | {' | '.join(_spread([value(run) for run in some]) for some in flows)} |")
    shares = [
        statistics.median(outside(r["seconds"]) / sum(r["seconds"].values()) for r in some) for some in flows
    ]
    lines.append(f"| **share outside learning** | {' | '.join(f'{share:.1%}' for share in shares)} |")
    return "\n".join(lines)


def _spread(seconds: list[float]) -> str:
    return median_and_range(seconds, 3) if any(seconds) else ""


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", type=int, default=7)
    parser.add_argument("--output", type=Path, default=RESULTS / "overhead.json")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        runs = measured(options.batches, Path(folder))
        from tasks.tracking.code_version import code_tags

        record = {"dataset": DATASET, "code": dict(code_tags()), "cpus": os.cpu_count(), "runs": runs}
    options.output.parent.mkdir(exist_ok=True)
    options.output.write_text(json.dumps(record, indent=1) + "\n")
    print(f"\n{as_table(runs)}\n")


if __name__ == "__main__":
    main()
