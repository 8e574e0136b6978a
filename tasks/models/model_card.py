"""The model card: what a version learnt, how well it does, what it cost, and what it must not be used for."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from greenlightning.evaluation.score_text import score_text
from tasks.core.constants import Metric, Subject, Tag
from tasks.core.energy_cost import EnergyCost, avoided_row
from tasks.core.templates import render
from tasks.data.batch_index import BatchRef, survey
from tasks.models.certificate import Certificate
from tasks.tracking.inputs import files_of
from tasks.tracking.pages.run_notes import decision_reason, findings_of, score_table
from tasks.tracking.run_energy import avoided_by, spent_by

if TYPE_CHECKING:
    from mlflow.entities import Run

    from greenlightning.model import GreenLightningModel

LONGEST_SOURCE = 60
SHOWN_BATCHES = 12
"""Batches that a card lists; MLflow keeps 5,000 characters of a description."""


def model_description(dataset: str, now: Mapping[str, str] | None = None) -> str:
    """The Markdown description of a registered model, with what serves ``now`` where that is known."""
    return render("model_description.md", dataset=dataset, now=now)


def model_card(
    dataset: str,
    model: "GreenLightningModel",
    holdout: BatchRef,
    run: "Run",
    reason: str,
    certificates: Sequence[Certificate] = (),
) -> str:
    """The Markdown card of a model, with the scores and the energy that its ``run`` has logged.

    MLflow's list of versions shows the beginning of it: score, energy and files.
    """
    tags, metrics = run.data.tags, run.data.metrics
    parent, seen = tags.get(Tag.PARENT_VERSION), len(model.structure.seen)
    earlier, listed = _batches(dataset, model)
    return render(
        "model_card.md",
        dataset=dataset,
        model=model,
        holdout=holdout,
        made_by=f"{tags[Tag.KIND]} on version {parent}" if parent else tags[Tag.KIND],
        headline=_headline(metrics),
        files=_cut(", ".join(files_of(run))),
        regression=model.targets.task == "regression",
        findings=findings_of(tags),
        costs=_costs(run),
        decision=tags[Tag.DECISION].capitalize(),
        reason=decision_reason(reason),
        scores=score_table(metrics),
        earlier=earlier,
        batches=listed,
        settling=_settling(model),
        class_weights=_class_weights(model),
        slides=any(entry.holdout for entry in model.ledger.entries.values()),
        saturation=metrics.get(Metric.SATURATION_RATE),
        health=tags.get(Tag.HEALTH_REASON) or tags.get(Tag.HEALTH),
        scored_at=tags.get(Tag.SCORED_AT),
        held_back=any(name.startswith(Subject.CANDIDATE_FRESH) for name in metrics),
        extracted_from=f"{seen} batch{'' if seen == 1 else 'es'}" if seen else "data outside the ledger",
        forgetting=[line for one in certificates for line in one.lines],
    )


def _batches(dataset: str, model: "GreenLightningModel") -> tuple[dict[str, int], list[dict[str, Any]]]:
    """Count and rows of the older batches of the ledger, and the newest ones: in landed order, sites last."""
    known = {ref.id: ref for ref in survey(dataset)[0]}
    order = {name: number for number, name in enumerate(known)}
    entries = sorted(model.ledger.entries.items(), key=lambda entry: (order.get(entry[0], len(order)), entry[0]))
    older, listed = entries[:-SHOWN_BATCHES], []
    for name, entry in entries[-SHOWN_BATCHES:]:
        source = f"site {entry.site}" if entry.site else known[name].source if name in known else "unknown"
        parts = " and ".join(model.remembered_by(name))
        used_for = f"{parts}, statistics" if parts else "statistics"
        listed.append({"id": name, "rows": entry.rows, "source": _cut(source), "used_for": used_for})
    return {"batches": len(older), "rows": sum(entry.rows for _, entry in older)}, listed


def _costs(run: "Run") -> dict[str, EnergyCost]:
    """What the run spent, and what it avoided or cost more than training from scratch; what was logged."""
    costs = {"this run": spent} if (spent := spent_by(run)) else {}
    return costs | (dict([avoided_row(avoided)]) if (avoided := avoided_by(run)) else {})


def _headline(metrics: Mapping[str, float]) -> str:
    """Accuracy, or RMSE for real targets; empty where neither was logged."""
    names = {Metric.ACCURACY: "accuracy", Metric.RMSE: "RMSE"}
    return next((f"{name} {score_text(metrics[key], '.4g')}" for key, name in names.items() if key in metrics), "")


def _class_weights(model: "GreenLightningModel") -> str:
    """The weights of the classes, by name or by how they are chosen; empty where each row counts once."""
    weights = getattr(model.targets, "weights", None) or {}
    if isinstance(weights, str):
        return f"{weights}: the classes weigh alike, by the rows learnt"
    return ", ".join(f"{label} {weight:g}" for label, weight in weights.items())


def _settling(model: "GreenLightningModel") -> str:
    """How the structure settled; a structure taken from an existing network has no history."""
    history = model.structure.history
    if history is None:
        return "taken as given"
    last = f"{history.records[-1].flip_rate:.2%} of the gates flipped in the last" if history.records else ""
    return f"{history.ending} after {history.epochs} epochs ({last})"


def _cut(source: str) -> str:
    return f"{source[:LONGEST_SOURCE]}{'…' if source[LONGEST_SOURCE:] else ''}"
