"""What serves a dataset now: version, why, from which data, how well, for how much, and what is next."""

from collections.abc import Sequence
from datetime import datetime

from greenlightning.evaluation.score_text import score_text
from tasks.core.constants import SCORES, Metric, Tag
from tasks.core.templates import readable
from tasks.data.batch_index import survey
from tasks.figures.style import joules_text
from tasks.models import embedded_registry, registry
from tasks.models.model_card import model_description
from tasks.models.version_info import VersionInfo
from tasks.orchestration import prefect_api
from tasks.orchestration.dashboards import Dashboards
from tasks.tracking.client import connect
from tasks.tracking.pages.run_notes import NAMES

NAMED = 4
LEARNING = ("retrain", "train", "learn")


def serving_now(dataset: str) -> dict[str, str]:
    """The facts of the version that serves, and the next run that may learn; none without a champion."""
    serving = registry.champion(dataset)
    if serving is None:
        return {}
    metrics = embedded_registry.metrics_of(serving.run_id)
    score = next(
        (f"{NAMES[name]} {score_text(metrics[name])} on the holdout" for name in SCORES if name in metrics), ""
    )
    facts = {
        "serves": f"version {serving.version} since {readable(serving.tags.get(Tag.PROMOTED_AT, ''))}",
        "why": serving.tags.get(Tag.PROMOTION_REASON) or serving.tags.get(Tag.REASON, ""),
        "from": _data(serving),
        "how well": score,
        "for": _energy(metrics.get(Metric.JOULES), metrics.get(Metric.WHOLE_RUN_JOULES)),
        "next": next_run(dataset),
    }
    return {name: fact for name, fact in facts.items() if fact}


def describe_serving(dataset: str, facts: dict[str, str]) -> None:
    """Show those facts in MLflow: on the page of the model, and the next run on the run of the champion.

    A promotion takes them away again.
    """
    if facts:
        client = connect()
        client.update_registered_model(dataset, model_description(dataset, facts))
        client.set_tag(registry.champion_of(dataset).run_id, Tag.NEXT_RUN, facts["next"])


def _data(serving: VersionInfo) -> str:
    landed, _ = survey(serving.dataset)
    sources = [ref.source for ref in reversed(landed) if ref.id in serving.batches][:NAMED]
    more = len(serving.batches) - len(sources)
    listed = ", ".join([*sources, *([f"{more} more"] if more else [])])
    return f"{int(serving.tags.get(Tag.ROWS, 0)):,} rows: {listed}"


def _energy(learning: float | None, whole: float | None) -> str:
    parts = [
        f"{joules_text(joules)} {what}"
        for joules, what in ((learning, "for learning"), (whole, "for the whole run"))
        if joules is not None
    ]
    return ", ".join(parts)


def next_run(dataset: str) -> str:
    """The next scheduled run that may learn for a dataset; what starts one where nothing is scheduled."""
    server = Dashboards.current().prefect_url
    if server is None:
        return "nothing was scheduled when this was written, since no server ran: greenlightning up"
    runs = prefect_api.upcoming(server)
    names = prefect_api.deployment_names(server, {run["deployment_id"] for run in runs if run["deployment_id"]})
    return first_due(dataset, names, runs)


def first_due(dataset: str, names: dict[str, str], runs: Sequence[dict[str, object]]) -> str:
    """The first of the scheduled runs whose deployment learns, for this dataset or for every one."""
    for run in runs:
        name, parameters = names.get(str(run["deployment_id"]), ""), run["parameters"]
        assert isinstance(parameters, dict)
        if name.startswith(LEARNING) and parameters.get("dataset") in (None, dataset):
            start = datetime.fromisoformat(str(run["next_scheduled_start_time"]))
            return f"{name} at {start:%Y-%m-%d %H:%M} UTC"
    return "the next batch that lands starts a retraining; none is scheduled"
