"""The Markdown note of a run, composed when it ends from what the run itself has logged."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from greenlightning.errors import GreenLightningError
from tasks.core.constants import SCORES, Kind, Metric, Part, SharedParam, Subject, Tag
from tasks.tracking.saved_views import COMPARISON

if TYPE_CHECKING:
    from mlflow.entities import Dataset, Run

GAP = "\u2003 | "
"""Between the cells of a Markdown table: MLflow's pages set them without any space of their own."""

NOTE_TAG = "mlflow.note.content"
PARENT_TAG = "mlflow.parentRunId"
BESIDE = {Subject.CHAMPION: "champion before", Subject.VERSION: "version {version}"}
NAMES = {
    Metric.ACCURACY: "accuracy",
    Metric.MACRO_F1: "macro-F1",
    Metric.LOG_LOSS: "log-loss",
    Metric.ECE: "calibration error",
    Metric.R2: "R²",
    Metric.RMSE: "RMSE",
}
PARTS = {
    Part.STRUCTURE: "Extracting the structure: a network is trained until its gates settle",
    Part.LINEAR: "Linear training: statistics of the rows, and one solve",
    Part.EVALUATION: "Evaluation on the fixed holdout",
}

EXPERIMENT = """\
**Compare:** [ours against the references]({address}?viewStateShareKey={view}&compareRunsMode=CHART), also under
*Views* above. It draws every run that made a model on parallel coordinates, and accuracy against joules.

Each run is one flow run of GreenLightning; nested runs hold its structure, linear training and evaluation.

| to see | open |
|---|---|
| how some runs differ | tick them, then *Compare*: axes `method`, `rows`, `epochs`, `accuracy`, `joules` |
| which model serves | [registered model {dataset}](#/models/{dataset}), alias `champion`; with its model card |
| accuracy and energy over time | `greenlightning report --dataset {dataset}`, an artifact of the champion's run |
| two versions side by side | `greenlightning compare previous champion --dataset {dataset}` |
| where a model comes from | `greenlightning lineage --dataset {dataset}` |
| what a name means | `docs/metrics.md` |

Every joule carries its source in the tag `energy.source`: measured, or estimated and by which model.
"""


def experiment_note(dataset: str, experiment_id: str) -> str:
    """What a dataset's experiment holds, and which view to open first."""
    address = f"#/experiments/{experiment_id}/runs"
    return EXPERIMENT.format(dataset=dataset, address=address, view=COMPARISON)


def run_note(run: "Run", status: str, error: BaseException | None = None) -> str:
    """What a run learnt, what was decided, its scores beside the champion's, and its energy, as Markdown."""
    return "\n\n".join(filter(None, _paragraphs(run, status, error)))


def _paragraphs(run: "Run", status: str, error: BaseException | None) -> Iterator[str]:
    tags, metrics = run.data.tags, run.data.metrics
    if status != "FINISHED":
        yield _ended(status, error)
    if part := tags.get(Tag.PART):
        parent = f"#/experiments/{run.info.experiment_id}/runs/{tags[PARENT_TAG]}"
        yield f"**{PARTS[Part(part)]}.** Part of [this run]({parent})."
    elif tags[Tag.KIND] == Kind.REFERENCE:
        yield (
            f"**Reference: {run.data.params.get(SharedParam.METHOD, '')}**, from scratch on the rows of "
            f"{_version(tags)}. Stands beside it in every comparison; never serves."
        )
    elif Tag.DECISION in tags:
        yield f"**{tags[Tag.DECISION].capitalize()}{_number(tags)}.** {plain(tags.get(Tag.REASON, ''))}"
    yield scores_table(metrics, tags.get(Tag.VERSION, ""))
    yield _learnt(run)
    yield energy_line(metrics, tags)
    if Tag.VERSION in tags:
        yield f"[Model card of {tags[Tag.DATASET]} version {tags[Tag.VERSION]}]({_address(tags)})"


def scores_table(metrics: Mapping[str, float], version: str = "") -> str:
    """Scores as a table: this model's, and those of whichever model stands beside it; empty without scores."""
    names = [name for name in SCORES if name in metrics]
    if not names:
        return ""
    beside = [subject for subject in BESIDE if f"{subject}{names[0]}" in metrics]
    heads = ["on the holdout", "this run", *(BESIDE[subject].format(version=version) for subject in beside)]
    rows = [
        [NAMES[name], *(_score(metrics.get(f"{subject}{name}")) for subject in (Subject.CANDIDATE, *beside))]
        for name in names
    ]
    return table([heads, *rows])


def table(rows: list[list[str]]) -> str:
    """A Markdown table whose first row is its heading."""
    head, *body = rows
    return "\n".join(f"| {GAP.join(row)} |" for row in (head, [":--"] * len(head), *body))


def energy_line(metrics: Mapping[str, float], tags: Mapping[str, str]) -> str:
    """What was spent and avoided, each with how it is known; empty where nothing was metered."""
    if Metric.JOULES not in metrics:
        return ""
    spent = f"{metrics[Metric.JOULES]:.3g} J in {metrics[Metric.SECONDS]:.2f} s (`{tags.get(Tag.ENERGY_SOURCE)}`)"
    if Metric.JOULES_AVOIDED not in metrics:
        return f"**Energy:** spent {spent}."
    avoided = f"{metrics[Metric.JOULES_AVOIDED]:.3g} J (`{tags.get(Tag.ENERGY_AVOIDED_SOURCE)}`)"
    return f"**Energy:** spent {spent}; avoided about {avoided}."


def _learnt(run: "Run") -> str:
    """The batches that went in, their rows, and what the model holds now."""
    params, metrics = run.data.params, run.data.metrics
    if Metric.ROWS_LEARNT not in metrics:
        return ""
    rows, batches = int(metrics[Metric.ROWS_LEARNT]), int(metrics.get(Metric.BATCHES_LEARNT, 0))
    said = f"**Learnt:** {rows:,} rows in {_counted(batches, 'batch', 'batches')}"
    if named := [f"`{data.name}`" for data in _inputs(run, "training")][:5]:
        said += f" ({', '.join(named)}{', …' if batches > len(named) else ''})"
    if gone := [f"`{data.name}`" for data in _inputs(run, "forgotten")]:
        said = f"**Forgotten:** {', '.join(gone)}"
    if SharedParam.ROWS in params:
        known, learnt = int(params[SharedParam.ROWS]), int(params[SharedParam.BATCHES])
        said += f"; the model holds {known:,} rows of {_counted(learnt, 'batch', 'batches')}"
    return f"{said}."


def _inputs(run: "Run", role: str) -> Iterator["Dataset"]:
    for entry in run.inputs.dataset_inputs if run.inputs else ():
        if any((tag.key, tag.value) == ("mlflow.data.context", role) for tag in entry.tags):
            yield entry.dataset


def _ended(status: str, error: BaseException | None) -> str:
    if isinstance(error, GreenLightningError):
        return f"**Failed:** {_sentence(error.cause)} **Remedy:** {_sentence(error.remedy)}"
    if error is not None and status == "FAILED":
        return f"**Failed:** {type(error).__name__}: {_sentence(' '.join(str(error).split()))}"
    return "**Interrupted** before it was done; nothing of it serves."


def _version(tags: Mapping[str, str]) -> str:
    return f"[version {tags[Tag.VERSION]}]({_address(tags)})" if Tag.VERSION in tags else "a version"


def _number(tags: Mapping[str, str]) -> str:
    return f", version {tags[Tag.VERSION]}" if Tag.VERSION in tags else ""


def _address(tags: Mapping[str, str]) -> str:
    return f"#/models/{tags[Tag.DATASET]}/versions/{tags[Tag.VERSION]}"


def _score(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _counted(number: int, one: str, more: str) -> str:
    return f"{number:,} {one if number == 1 else more}"


def plain(reason: str) -> str:
    """A gate's reason without the decision that it begins with, as a sentence."""
    return _sentence(reason.removeprefix("promoted: ").removeprefix("champion kept: "))


def _sentence(text: str) -> str:
    return text if not text or text.endswith(".") else f"{text}."
