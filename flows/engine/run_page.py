"""The page of a flow run, made from what it came to: one for every flow; empty sections are left out."""

from base64 import b64encode

from flows.engine.error_messages import ErrorMessage
from flows.engine.outcome import Outcome
from tasks.orchestration.run_page import render
from tasks.orchestration.run_summary import RunSummary

Links = dict[str, tuple[str | None, str]]


def outcome_page(flow: str, outcome: Outcome, facts: RunSummary | None, picture: bytes | None) -> str:
    """What was learnt, challenger beside champion, energy, notes, what was set aside, and where to look."""
    dataset = outcome.dataset
    energy = {"spent": outcome.spent, "avoided, about": outcome.avoided}
    plan_costs = {f"{name}, about": spent for name, spent in outcome.plan.costs.items()} if outcome.plan else {}
    return render(
        title=f"{flow.capitalize()} {dataset}: {outcome.ending}",
        reason=outcome.reason,
        learnt=facts.learnt(dataset, outcome.learnt) if facts else [],
        compared=facts.compared if facts and outcome.scores else [],
        parent=facts.parent if facts else None,
        version=outcome.version,
        interval=facts.interval if facts else None,
        planned=outcome.plan.batches if outcome.plan else [],
        energy={name: spent for name, spent in energy.items() if spent} | plan_costs,
        notes=outcome.notes,
        aside=outcome.quarantined,
        learnt_pages=f"data/docs/{dataset}/BATCH/validation.html",
        aside_pages=f"data/quarantine/{dataset}/BATCH/validation.html",
        picture=b64encode(picture).decode() if picture else None,
        links=_links(dataset, outcome.version, facts),
    )


def failure_page(flow: str, dataset: str, why: ErrorMessage, facts: RunSummary | None) -> str:
    """What failed, what to do about it, and where to look."""
    title = f"{flow.capitalize()} {dataset}".strip()
    return render(title=f"{title}: failed", reason="", failure=why, links=_links(dataset, None, facts))


def _links(dataset: str, version: int | None, facts: RunSummary | None) -> Links:
    """Pages of the run and the version, each with the command that shows it where no MLflow serves pages."""
    if facts is None:
        return {}
    links: Links = {f"the run {facts.run_id} in MLflow": (facts.link, "greenlightning up")}
    if version:
        link = facts.dashboards.mlflow_version(dataset, version)
        links[f"version {version} of {dataset}"] = (link, f"greenlightning lineage {version} --dataset {dataset}")
    return links
