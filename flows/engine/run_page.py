"""The Markdown page of a flow run in Prefect's dashboard, the same for every flow; empty sections are left out."""

from base64 import b64encode
from collections.abc import Mapping
from typing import NamedTuple

from flows.engine.error_messages import ErrorMessage
from flows.engine.outcome import Outcome
from tasks.core.energy_cost import avoided_row
from tasks.core.templates import render
from tasks.orchestration.run_summary import RunSummary
from tasks.tracking.whole_run import COVERS, process_cost


class Link(NamedTuple):
    """A page of a dashboard, and the command that shows the same where no dashboard runs."""

    name: str
    address: str | None
    command: str


def outcome_page(
    flow: str,
    outcome: Outcome,
    summary: RunSummary | None,
    picture: bytes | None,
    now: Mapping[str, str] | None = None,
) -> str:
    """The page of a flow run that ended well: what serves ``now``, batches, scores, energy, notes, links."""
    dataset, plan = outcome.dataset, outcome.plan
    energy = {
        outcome.work: outcome.spent,
        "whole run so far": process_cost() if outcome.spent else None,
    } | (dict([avoided_row(outcome.avoided)]) if outcome.avoided else {})
    plan_costs = {f"{name}, about": spent for name, spent in plan.costs.items()} if plan else {}
    return render(
        "flow_run.md",
        title=f"{flow.capitalize()} {dataset}: {outcome.ending}",
        reason=_sentence(outcome.reason),
        now=dict(now or {}) | ({"health of what arrived": outcome.health} if now and outcome.health else {}),
        learnt=summary.learnt(dataset, outcome.learnt) if summary else [],
        learnt_pages=f"data/docs/{dataset}/BATCH/validation.html",
        planned=plan.batches if plan else [],
        compared=summary.compared if summary and outcome.scores else [],
        parent=summary.parent if summary else None,
        version=outcome.version,
        interval=summary.interval if summary else None,
        gate_score=summary.gate_score if summary else None,
        covers=COVERS,
        energy={name: spent for name, spent in energy.items() if spent} | plan_costs,
        notes=(*(f"refused: {fault}" for fault in outcome.refused), *outcome.notes),
        quarantined=outcome.quarantined,
        dataset=dataset,
        quarantine_pages=f"data/quarantine/{dataset}/BATCH/validation.html",
        picture=b64encode(picture).decode() if picture else None,
        links=_links(dataset, outcome.version, summary),
    )


def _sentence(reason: str) -> str:
    """The reason with a capital, unless it begins with the name of a file."""
    is_file = "." in reason.partition(" ")[0]
    return reason if is_file else reason[:1].upper() + reason[1:]


def failure_page(
    flow: str,
    dataset: str,
    error: ErrorMessage,
    summary: RunSummary | None,
    now: Mapping[str, str] | None = None,
) -> str:
    """The page of a flow run that failed: cause, remedy, what serves ``now`` as before, and links."""
    title = f"{flow.capitalize()} {dataset}".strip()
    links = _links(dataset, None, summary)
    return render("flow_run.md", title=f"{title}: failed", failure=error, now=now, links=links)


def _links(dataset: str, version: int | None, summary: RunSummary | None) -> list[Link]:
    """Links to the run and to the version."""
    if summary is None:
        return []
    links = [
        Link(f"the run {summary.run_id} in MLflow", summary.link, "greenlightning up"),
        Link(f"all retrainings of {dataset}, a row each", summary.retrainings, "greenlightning up"),
    ]
    if version:
        address = summary.dashboards.mlflow_version(dataset, version)
        command = f"greenlightning lineage {version} --dataset {dataset}"
        links.append(Link(f"version {version} of {dataset}", address, command))
    return links
