"""The report on a dataset, made from MLflow and the champion's files, and logged with the champion's run."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from greenlightning.data.counted import counted
from greenlightning.errors import GreenLightningError
from greenlightning.evaluation.regression import RegressionEvaluation
from greenlightning.evaluation.score_text import score_text
from tasks.core.constants import Alias, Tag
from tasks.data.batch_files import read_content
from tasks.data.versioning import checkout
from tasks.energy.carbon_score import Machine
from tasks.figures.residual_figure import residual_figure
from tasks.figures.shift_figure import shift_figure
from tasks.figures.style import energy_text, joules_with_range
from tasks.figures.training_figures import settling_figure
from tasks.lineage.drawing import draw
from tasks.lineage.graph import graph_of
from tasks.lineage.tree import lineage, short
from tasks.models import registry
from tasks.models.holdouts import holdout_for
from tasks.reporting.class_table import Table, error_tables
from tasks.reporting.history import HistoryEntry, history_of
from tasks.reporting.history_figures import accuracy_figure, break_even_text, reliability_figure, spending_figure
from tasks.reporting.report_page import drawn, embedded, render_report
from tasks.reporting.shifts import shifts_of
from tasks.reporting.spending import Spending, carbon_score, spending_of
from tasks.tracking.client import connect
from tasks.training.scoring import answers_of, evaluation_of, uncalibrated

if TYPE_CHECKING:
    from greenlightning.model import GreenLightningModel
    from tasks.models.version_info import VersionInfo

FILE = "report.html"
HOLDOUT = "On the holdout that no model learns."
BASELINES = "Baselines were trained from scratch on the same rows."
BEFORE = "Predicted before learning: the mean over all rows that came later, each predicted before it was learnt."
SETTLING = "The champion's gates were frozen when they stopped changing. The weights would change further."
CALIBRATION = "How often the champion is correct at each confidence. A calibrated model lies on the dotted line."
ENERGY = "Energy from the first training on"
UNSPENT = "No version logged its energy: there is none to compare with conventional training."
BOUNDARY = (
    "Learning: from rows in memory to an evaluated model, imports left out, as for the baselines. "
    "Whole runs: the process from start to end. "
    "A band is the range of an estimate, and a dotted line marks the break-even."
)
COLUMNS = (
    "version",
    "made by",
    "created",
    "decision",
    "rows",
    "{score}",
    "prequential",
    "spent",
    "whole run",
    "from scratch",
    "avoided",
)
MOVED = "The base, on which the structure was trained, against the batch that was learnt last."
RESIDUALS = "Predictions against actual targets, and what is left. Good predictions lie on the dashed lines."


@dataclass(frozen=True)
class Report:
    """The HTML page, the champion it shows, the run that made the champion, and the history."""

    dataset: str
    champion: int
    run_id: str
    html: str
    history: tuple[HistoryEntry, ...]

    def numbers(self) -> dict[str, Any]:
        """The numbers of the page as plain data: what each method spent in all, and every version."""
        spending, score = spending_of(self.history), carbon_score(self.history, Machine.stated())
        return {
            "dataset": self.dataset,
            "champion": self.champion,
            "run_id": self.run_id,
            "retrainings": sum(one.retraining for one in self.history),
            "spent": {name: asdict(cost) for name, cost in spending.totals.items()} if spending else {},
            "break_even": spending.break_even if spending else None,
            "carbon_score": score and {**asdict(score), "grams": score.grams},
            "versions": [asdict(one) | {"avoided": one.avoided and asdict(one.avoided)} for one in self.history],
        }


def make_report(dataset: str) -> Report:
    """Make the report; raises NothingServedError where the dataset has no champion."""
    serving = registry.version(dataset, Alias.CHAMPION)
    history = tuple(history_of(dataset))
    spending = spending_of(history)
    score = history[-1].score_name
    figures = [embedded(f"{score[0].upper()}{score[1:]} over time", accuracy_figure(history), _drawn(history))]
    if spending:
        figures.append(embedded(ENERGY, spending_figure(spending), _sources(spending)))
    missing, tables = [] if spending else [UNSPENT], list[Table]()
    try:
        more, tables = _of_model(serving, registry.load_version(serving))
        figures += more
    except GreenLightningError as error:
        missing.append(f"Settling and calibration are not shown. {error}")
    tree = lineage(dataset, serving.version)
    html = render_report(
        dataset=dataset,
        summary=_summary(history, spending),
        facts=_facts(serving, history),
        figures=figures,
        missing=missing,
        tables=tables,
        title=tree.name,
        drawing=draw(graph_of(dataset, tree), linked=False),
        columns=[column.format(score=score) for column in COLUMNS],
        rows=[_row(one) for one in reversed(history)],
    )
    return Report(dataset, serving.version, serving.run_id, html, history)


def log_report(report: Report) -> None:
    """Log the page as artifact ``report.html`` of the run that made the champion; a later one replaces it."""
    connect().log_text(report.run_id, report.html, FILE)


def _of_model(serving: "VersionInfo", model: "GreenLightningModel") -> tuple[list[dict[str, str]], list[Table]]:
    """What needs the model: settling, calibration or residuals, columns that moved; and where it errs."""
    rows = read_content(checkout(holdout_for(serving)))
    inputs = rows.inputs(model.encoder)
    found = evaluation_of(answers_of(model, inputs, rows.y))
    figures, tables = [], list[Table]()
    if history := model.structure.history:
        figures.append(embedded("Settling", settling_figure(history), SETTLING))
    if isinstance(found, RegressionEvaluation):
        picture = residual_figure(found.answers.truth[:, 0], found.answers.predicted[:, 0], found.r2)
        figures.append(drawn("Residuals", picture, RESIDUALS))
    else:
        raw = evaluation_of(answers_of(uncalibrated(model), inputs, rows.y)) if model.calibration else None
        before = None if raw is None or isinstance(raw, RegressionEvaluation) else raw.reliability
        figures.append(embedded("Calibration", reliability_figure(found.reliability, before), CALIBRATION))
        tables = error_tables(found)
    shifts, source = shifts_of(serving, model.structure.seen)
    if shifts:
        figures.append(drawn("Columns that moved", shift_figure(shifts, source), MOVED))
    return figures, tables


def _summary(history: Sequence[HistoryEntry], spending: Spending | None) -> str:
    """The history in one line: what each method spent from the first training on."""
    count = counted(len(history), "version")
    first, last = history[0].created[:10], history[-1].created[:10]
    span = f"{count}, {first} to {last}" if first < last else f"{count}, {first}"
    if spending is None:
        return span
    spent = "; ".join(f"{name} {energy_text(cost)}" for name, cost in spending.totals.items())
    return f"{span}. From the first training on: {spent}; {break_even_text(spending)}"


def _facts(serving: "VersionInfo", history: Sequence[HistoryEntry]) -> dict[str, str]:
    """The facts of the champion; those that it has."""
    now = next(one for one in history if one.version == serving.version)
    score = carbon_score(history, Machine.stated())
    facts = {
        "champion": f"version {serving.version}",
        "serving since": serving.tags.get(Tag.PROMOTED_AT, ""),
        now.score_name: _score(now.ours.score),
        f"{now.score_name} before learning": _score(now.prequential),
        "notes": serving.tags.get(Tag.FINDINGS, ""),
        "rows learnt": f"{now.rows:,}",
        "batches": f"{len(serving.batches):,}",
        "structure": short(serving.tags[Tag.STRUCTURE_DIGEST]),
        "code": short(serving.tags.get(Tag.GIT_COMMIT, "unknown")),
        "Software Carbon Intensity": score.text if score else "",
    }
    return {name: fact for name, fact in facts.items() if fact}


def _drawn(history: Sequence[HistoryEntry]) -> str:
    """What the lines of the figure of scores are; those that are drawn."""
    baselines, before = any(one.references for one in history), any(one.prequential is not None for one in history)
    return " ".join([HOLDOUT, *([BASELINES] if baselines else []), *([BEFORE] if before else [])])


def _sources(spending: Spending) -> str:
    """The sources of the lines of the energy figure."""
    count = len(spending.versions)
    trained = [f"{name} trained beside {found} of {count}" for name, found in spending.measured.items() if found]
    beside = f"Beside these versions: {'; '.join(trained)}." if trained else "No baseline was trained beside them."
    known = " ".join(f"{name[0].upper()}{name[1:]}: {cost.known}." for name, cost in spending.totals.items())
    return f"{BOUNDARY} {beside} {known}"


def _row(one: HistoryEntry) -> list[str]:
    costs = (one.ours.spent, one.whole, one.conventional, one.avoided)
    joules = [joules_with_range(cost) if cost else "" for cost in costs]
    about = [str(one.version), one.made_by, one.created, one.decision]
    return [*about, f"{one.rows:,}", _score(one.ours.score), _score(one.prequential), *joules]


def _score(value: float | None) -> str:
    return "" if value is None else score_text(value)
