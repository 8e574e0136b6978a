"""What ``status`` tells: datasets, champions, runs, and the servers that ``up`` runs."""

import json
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Group
from rich.live import Live
from rich.text import Text

from flows.console.inert_console import InertConsole
from flows.console.status_text import status_text
from greenlightning.errors import ServerError
from tasks.core.constants import Alias, Tag
from tasks.core.workspace import Workspace
from tasks.data.batch_index import HOLDOUT, damage_error, datasets, survey
from tasks.models import embedded_registry
from tasks.models.version_info import VersionInfo
from tasks.orchestration import prefect_api
from tasks.orchestration.dashboards import Dashboards, running
from tasks.quarantine.records import DECISION

SCORES = ("accuracy", "rmse")
WATCH_SECONDS = 2.0
RECENT = timedelta(days=1)


def summary(dataset: str) -> dict[str, Any]:
    """One dataset: champion with score and health, batches by what became of them, and the last run."""
    serving = embedded_registry.find(dataset, Alias.CHAMPION)
    metrics = embedded_registry.metrics_of(serving.run_id) if serving else {}
    forgotten = serving.forgotten if serving else frozenset()
    not_new = {*serving.batches, *forgotten, *serving.held_back, *serving.aged} if serving else set()
    sound, damaged = survey(dataset)
    versioned = [ref.id for ref in sound]
    return {
        "champion": serving.version if serving else None,
        "since": serving.tags.get("promoted_at", "") if serving else "",
        "scores": {name: metrics[name] for name in SCORES if name in metrics},
        "health": serving.tags.get(Tag.HEALTH) if serving else None,
        "prequential": dict(serving.prequential.mean) if serving else {},
        "batches": len(versioned),
        "not_learnt": [name for name in versioned if name not in not_new],
        "forgotten": sorted(forgotten),
        "held_back": sorted(serving.held_back) if serving else [],
        "waiting": _waiting(dataset),
        "unlabelled": _unlabelled(dataset),
        "quarantined": _quarantined(dataset),
        "damaged": [*_damaged(dataset, damaged), *_of_champion(serving)],
        "last_run": _last_run(dataset),
    }


def _last_run(dataset: str) -> dict[str, str] | None:
    found = embedded_registry.last_run(dataset)
    about = found and {"name": found.name, "started": found.started.isoformat(), "status": found.status}
    return about or None


def _damaged(dataset: str, damaged: list[str]) -> list[str]:
    """A line on the damaged pointers of a dataset, and one on those of its holdout."""
    holdout = f"{dataset}{HOLDOUT}"
    found = {dataset: damaged, holdout: survey(holdout)[1]}
    return [str(damage_error(name, ids)) for name, ids in found.items() if ids]


def _of_champion(serving: VersionInfo | None) -> list[str]:
    """A line where the files or the tags of the champion are not those that were registered."""
    fault = embedded_registry.damage_of(serving) if serving else None
    return [str(fault)] if fault else []


def _quarantined(dataset: str) -> list[str]:
    """Ids of the batches in quarantine, less those that were discarded; a damaged record counts."""

    def is_discarded(place: Path) -> bool:
        return (place / DECISION).is_file() and not (place / f"{place.name}.parquet").is_file()

    places = Workspace.current().quarantine(dataset).glob("*/")
    return sorted(place.name for place in places if not is_discarded(place))


def _waiting(dataset: str) -> list[str]:
    """Ids of the batches in incoming/; imports what reads them only where there are any."""
    if not any(Workspace.current().incoming(dataset).glob("*.parquet")):
        return []
    from tasks.data.batch_files import waiting

    return [landed.id for landed in waiting(dataset)]


def _unlabelled(dataset: str) -> list[str]:
    """Sources of the files that wait for labels; imports what reads them only where there are any."""
    if not any((Workspace.current().root / "data" / "unlabelled" / dataset).glob("*.parquet")):
        return []
    from tasks.data.late_labels import unlabelled

    return [str(held) for held in unlabelled(dataset)]


def servers() -> dict[str, Any]:
    """The dashboards, the deployments that the running server knows, and the children of ``up``."""
    dashboards = Dashboards.current()
    prefect = _Prefect.of(dashboards.prefect_url)
    return {
        "prefect_url": dashboards.prefect_url,
        "mlflow_url": dashboards.mlflow_url,
        "deployments": [_deployment(found, prefect.idle) for found in prefect.deployments],
        "children": running(Workspace.current()).get("children", []),
        "next_runs": _next_runs(prefect.deployments, prefect.upcoming),
        "skipped": _skipped(prefect.deployments, prefect.skipped),
    }


class _Prefect(NamedTuple):
    """What the server knows: deployments, scheduled and skipped runs, pools without a worker."""

    deployments: list[dict[str, Any]]
    upcoming: list[dict[str, Any]]
    skipped: list[dict[str, Any]]
    idle: list[str]

    @classmethod
    def of(cls, server: str | None) -> "_Prefect":
        """Nothing where no server answers."""
        nothing = cls([], [], [], [])
        if server is None:
            return nothing
        try:
            return cls(
                prefect_api.deployments(server),
                prefect_api.upcoming(server),
                prefect_api.skipped(server, datetime.now(UTC) - RECENT),
                prefect_api.pools_without_worker(server),
            )
        except ServerError:
            return nothing


def _skipped(deployments: list[dict[str, Any]], runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The last skipped run of each deployment, and why."""
    names = {one["id"]: one["name"] for one in deployments}
    found: dict[str, dict[str, Any]] = {}
    for run in runs:
        if name := names.get(run["deployment_id"]):
            about = {"deployment": name, "start": run["expected_start_time"], "why": run["state"]["message"] or ""}
            found.setdefault(name, about)
    return list(found.values())


def _next_runs(deployments: list[dict[str, Any]], upcoming: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The next run of each deployment: its name, its dataset (None: every one), and when."""
    names = {one["id"]: one["name"] for one in deployments}
    found: dict[tuple[str, str | None], dict[str, Any]] = {}
    for run in upcoming:
        if name := names.get(run["deployment_id"]):
            dataset = run["parameters"].get("dataset")
            about = {
                "deployment": name,
                "dataset": dataset,
                "start": run["next_scheduled_start_time"],
                "state": run["state_name"],
            }
            found.setdefault((name, dataset), about)
    return list(found.values())


def _deployment(found: dict[str, Any], idle: list[str]) -> dict[str, Any]:
    schedules = [
        {"slug": one["slug"], "when": _when(one["schedule"]), "active": one["active"]}
        for one in found["schedules"]
    ]
    pool = found["work_pool_name"]
    about = {"name": found["name"], "pool": pool, "schedules": schedules, "paused": found["paused"]}
    return about | {"worker": pool not in idle}


def _when(schedule: dict[str, Any]) -> str:
    """A schedule in words: its cron or recurrence rule, or its interval."""
    if "interval" in schedule:
        return f"every {float(schedule['interval']):g} s"
    return str(schedule.get("cron") or schedule.get("rrule"))


def status_of(wanted: str | None = None) -> dict[str, Any]:
    """The workspace: its datasets, or the one that is wanted, with what is damaged, and its servers."""
    found = {dataset: summary(dataset) for dataset in ([wanted] if wanted else datasets())}
    return {
        "workspace": str(Workspace.current().root),
        "datasets": found,
        "champion": {dataset: facts["champion"] for dataset, facts in found.items()},
        "errors": [str(fault) for facts in found.values() for fault in facts["damaged"]],
        **servers(),
    }


def print_status(as_json: bool, wanted: str | None = None) -> list[str]:
    """Print the servers and the datasets of the workspace; return what is damaged."""
    found = status_of(wanted)
    if as_json:
        print(json.dumps(found))
    else:
        InertConsole().print(status_text(found))
    return list(found["errors"])


def watch_status(wanted: str | None, every: float = WATCH_SECONDS) -> None:
    """Print the status again every few seconds, until Ctrl-C."""
    console = InertConsole()
    with suppress(KeyboardInterrupt), Live(_now(wanted, every), console=console, auto_refresh=False) as live:
        while True:
            time.sleep(every)
            live.update(_now(wanted, every), refresh=True)


def _now(wanted: str | None, every: float) -> Group:
    """The status, and when it was looked at."""
    looked = f"{datetime.now(UTC).astimezone():%H:%M:%S %Z}, again every {every:g} s; Ctrl-C ends"
    return Group(status_text(status_of(wanted)), Text(looked, style="dim"))
