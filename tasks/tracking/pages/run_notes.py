"""The Markdown note of a run, written when it ends from what the run has logged."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from greenlightning.errors import GreenLightningError
from greenlightning.evaluation.score_text import score_text
from tasks.core.constants import SCORES, SIDES, Kind, Metric, Part, SharedParam, Subject, Tag
from tasks.core.energy_cost import avoided_line
from tasks.core.templates import render
from tasks.tracking.pages.addresses import metrics_page, model_page, run_page, version_page, view_page
from tasks.tracking.pages.saved_views import COMPARISON, RETRAININGS, TRAININGS
from tasks.tracking.run_energy import avoided_by, spent_by
from tasks.tracking.whole_run import COVERS

if TYPE_CHECKING:
    from mlflow.entities import Dataset, Run

NOTE_TAG = "mlflow.note.content"
PARENT_TAG = "mlflow.parentRunId"
NAMED_BATCHES = 5
COMPARED = {
    Subject.CHAMPION: "champion before",
    Subject.VERSION: "version {version}",
    Subject.PREQUENTIAL: "champion on the new rows, before they were learnt",
}
NAMES = {
    Metric.ACCURACY: "accuracy",
    Metric.BALANCED_ACCURACY: "balanced accuracy",
    Metric.MACRO_F1: "macro-F1",
    Metric.LOG_LOSS: "log-loss",
    Metric.ECE: "calibration error",
    Metric.COST: "cost a row",
    Metric.R2: "R²",
    Metric.RMSE: "RMSE",
    Metric.MAE: "MAE",
}
PARTS = {
    Part.STRUCTURE: "Structure extraction: a network is trained until its gates settle",
    Part.LINEAR: "Linear training: statistics of the rows, and one solve",
    Part.EVALUATION: "Evaluation on the holdout, whose rows the model has not learnt",
}


class ScoreTable(NamedTuple):
    """Scores on the holdout: a column a model, a row a score."""

    columns: list[str]
    rows: list[tuple[str, list[str]]]


def experiment_note(dataset: str, experiment_id: str) -> str:
    """The Markdown note of a dataset's experiment: what it holds, and which view to open first."""
    return render(
        "experiment_note.md",
        dataset=dataset,
        retrainings=view_page(experiment_id, RETRAININGS),
        curves=view_page(experiment_id, TRAININGS, "CHART"),
        comparison=view_page(experiment_id, COMPARISON, "CHART"),
        model=model_page(dataset),
    )


def run_note(run: "Run", status: str, error: BaseException | None = None) -> str:
    """The Markdown note of a run: batches, decision, scores beside the champion's, and energy."""
    tags, params = run.data.tags, run.data.params
    part, version, dataset = tags.get(Tag.PART), tags.get(Tag.VERSION), tags.get(Tag.DATASET)
    return render(
        "run_note.md",
        whole=run.data.metrics.get(Metric.WHOLE_RUN_JOULES),
        covers=COVERS,
        failure=_failure(error) if status == "FAILED" and error else None,
        interrupted=status != "FINISHED",
        part=PARTS[Part(part)] if part else None,
        curves_address=metrics_page(run.info.experiment_id, run.info.run_id)
        if Metric.EPOCHS in run.data.metrics
        else None,
        parent_address=run_page(run.info.experiment_id, str(tags.get(PARENT_TAG))),
        baseline=params.get(SharedParam.METHOD, "") if tags[Tag.KIND] == Kind.REFERENCE else None,
        decision=tags.get(Tag.DECISION, "").capitalize(),
        reason=decision_reason(tags.get(Tag.REASON, "")),
        scores=score_table(run.data.metrics, version or ""),
        findings=findings_of(tags),
        learnt=_learnt(run),
        spent=spent_by(run),
        avoided=avoided_by(run),
        avoided_line=avoided_line,
        dataset=dataset,
        version=version,
        version_address=version_page(str(dataset), str(version)),
    )


def score_table(metrics: Mapping[str, float], version: str = "") -> ScoreTable | None:
    """Scores of this run's model, and of the model it was compared with; None where a run logged none."""
    names = [name for name in SCORES if name in metrics]
    if not names:
        return None
    others = [subject for subject in COMPARED if f"{subject}{names[0]}" in metrics]
    return ScoreTable(
        ["this run", *(COMPARED[subject].format(version=version) for subject in others)],
        [
            (NAMES[name], [_score(metrics, f"{subject}{name}") for subject in (Subject.CANDIDATE, *others)])
            for name in names
        ],
    )


def findings_of(tags: Mapping[str, str]) -> list[str]:
    """What was found in the scores of a run or a version, as sentences."""
    return [_sentence(line) for line in tags.get(Tag.FINDINGS, "").split("; ") if line]


def decision_reason(reason: str) -> str:
    """The reason of a decision as a sentence, without the decision that it begins with."""
    return _sentence(reason.removeprefix("promoted: ").removeprefix("champion kept: "))


def _learnt(run: "Run") -> dict[str, Any] | None:
    """The batches that a run learnt or forgot, and what its model holds now; None where it logged neither."""
    params, metrics = run.data.params, run.data.metrics
    if Metric.ROWS_LEARNT not in metrics:
        return None
    return {
        "rows": int(metrics[Metric.ROWS_LEARNT]),
        "batches": int(metrics.get(Metric.BATCHES_LEARNT, 0)),
        "named": [data.name for data in _inputs(run, "training")][:NAMED_BATCHES],
        "forgotten": [data.name for data in _inputs(run, "forgotten")],
        "model_rows": int(params[SharedParam.ROWS]) if SharedParam.ROWS in params else None,
        "model_batches": int(params.get(SharedParam.BATCHES, 0)),
    }


def _inputs(run: "Run", role: str) -> Iterator["Dataset"]:
    for entry in run.inputs.dataset_inputs if run.inputs else ():
        if any((tag.key, tag.value) == ("mlflow.data.context", role) for tag in entry.tags):
            yield entry.dataset


def _failure(error: BaseException) -> dict[str, str]:
    """Cause and remedy of an error; the remedy is empty for errors that GreenLightning did not foresee."""
    if isinstance(error, GreenLightningError):
        return {"cause": _sentence(error.cause), "remedy": _sentence(error.remedy)}
    return {"cause": f"{type(error).__name__}: {_sentence(' '.join(str(error).split()))}", "remedy": ""}


def _score(metrics: Mapping[str, float], name: str) -> str:
    """A score with its 95 % interval, as far as they are known."""
    if name not in metrics:
        return ""
    ends = [score_text(metrics[end], ".4g") for side in SIDES if (end := f"{name}_{side}") in metrics]
    return score_text(metrics[name]) + (f" [{', '.join(ends)}]" if ends else "")


def _sentence(text: str) -> str:
    """``text`` with a capital and a full stop; empty where it is empty."""
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}." if text else ""
