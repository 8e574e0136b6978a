"""The output of ``status``: datasets, champions, and the servers that ``up`` runs."""

import json
from typing import Any

from rich.table import Table

from flows.console.inert_console import InertConsole
from greenlightning.errors import ServerError
from tasks.core.workspace import Workspace
from tasks.data.batch_index import HOLDOUT, damage_error, datasets, survey
from tasks.orchestration import prefect_api
from tasks.orchestration.dashboards import Dashboards, running

out = InertConsole()
TITLES = {
    "champion": "champion",
    "since": "since",
    "prequential": "prequential",
    "batches": "batches",
    "not_learnt": "new",
    "forgotten": "forgotten",
    "waiting": "waiting",
    "unlabelled": "unlabelled",
    "quarantined": "quarantined",
    "damaged": "damaged",
}
SELDOM = ("forgotten", "waiting", "unlabelled", "quarantined", "damaged")


def summary(dataset: str) -> dict[str, Any]:
    """One dataset: champion, batches learnt and new, waiting, quarantined."""
    from tasks.models import registry

    serving = registry.champion(dataset)
    forgotten = serving.forgotten if serving else frozenset()
    not_new = {*serving.batches, *forgotten, *serving.held_back, *serving.aged} if serving else set()
    sound, damaged = survey(dataset)
    versioned = [ref.id for ref in sound]
    quarantine = Workspace.current().quarantine(dataset)
    return {
        "champion": serving.version if serving else None,
        "since": serving.tags.get("promoted_at", "") if serving else "",
        "prequential": dict(serving.prequential.mean) if serving else {},
        "batches": len(versioned),
        "not_learnt": [name for name in versioned if name not in not_new],
        "forgotten": sorted(forgotten),
        "waiting": _waiting(dataset),
        "unlabelled": _unlabelled(dataset),
        "quarantined": sorted(place.name for place in quarantine.glob("*/")),
        "damaged": _damaged(dataset, damaged),
    }


def _damaged(dataset: str, damaged: list[str]) -> list[str]:
    """A line on the damaged pointers of a dataset, and one on those of its holdout."""
    holdout = f"{dataset}{HOLDOUT}"
    found = {dataset: damaged, holdout: survey(holdout)[1]}
    return [str(damage_error(name, ids)) for name, ids in found.items() if ids]


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
    return {
        "prefect_url": dashboards.prefect_url,
        "mlflow_url": dashboards.mlflow_url,
        "deployments": _deployments(dashboards.prefect_url),
        "children": running(Workspace.current()).get("children", []),
    }


def _deployments(server: str | None) -> list[dict[str, Any]]:
    if server is None:
        return []
    try:
        return [_deployment(found) for found in prefect_api.deployments(server)]
    except ServerError:
        return []


def _deployment(found: dict[str, Any]) -> dict[str, Any]:
    schedules = [
        {"slug": one["slug"], "when": _when(one["schedule"]), "active": one["active"]}
        for one in found["schedules"]
    ]
    pool = found["work_pool_name"]
    return {"name": found["name"], "pool": pool, "schedules": schedules, "paused": found["paused"]}


def _when(schedule: dict[str, Any]) -> str:
    """A schedule in words: its cron or recurrence rule, or its interval."""
    if "interval" in schedule:
        return f"every {float(schedule['interval']):g} s"
    return str(schedule.get("cron") or schedule.get("rrule"))


def print_status(as_json: bool) -> list[str]:
    """Print the servers and every dataset of the workspace; return what is damaged."""
    found = {dataset: summary(dataset) for dataset in datasets()}
    faults = [str(fault) for facts in found.values() for fault in facts["damaged"]]
    about = servers()
    if as_json:
        champions = {dataset: facts["champion"] for dataset, facts in found.items()}
        place = {"workspace": str(Workspace.current().root)}
        print(json.dumps({**place, "datasets": found, "champion": champions, "errors": faults, **about}))
        return faults
    _print_servers(about)
    if found:
        out.print(_table(found))
    else:
        out.print("No dataset yet. Bring one in with: greenlightning ingest FILE --dataset NAME")
    return faults


def _table(found: dict[str, dict[str, Any]]) -> Table:
    """A row for each dataset; of the columns that are mostly empty, those that are not."""
    shown = [name for name in TITLES if name not in SELDOM or any(facts[name] for facts in found.values())]
    table = Table("dataset", *(TITLES[name] for name in shown), box=None)
    for dataset, facts in found.items():
        table.add_row(dataset, *(_cell(facts[name]) for name in shown))
    return table


def _cell(value: object) -> str:
    """A fact in a cell: a list's length, the first of several scores, a day, or the value itself."""
    if isinstance(value, dict):
        return next((f"{score:.3f}" for score in value.values()), "none")
    return str(len(value)) if isinstance(value, list) else "none" if value is None else str(value)[:10]


def _print_servers(about: dict[str, Any]) -> None:
    """Print addresses, processes, and deployments with their schedules."""
    if not (about["prefect_url"] or about["mlflow_url"] or about["children"]):
        out.print("No server runs. Start the dashboards and the schedules with: greenlightning up")
        return
    lines = {
        "Prefect": about["prefect_url"] or "does not answer",
        "MLflow": about["mlflow_url"] or "does not answer",
        "processes": ", ".join(_process(child) for child in about["children"]),
        "deployments": ", ".join(_scheduled(found) for found in about["deployments"]),
    }
    for name, line in lines.items():
        if line:
            out.print(f"{name:<11}  {line}", highlight=False, markup=False, soft_wrap=True)


def _process(child: dict[str, Any]) -> str:
    return f"{child['name']} {child['state']}" + (f" ({child['pid']})" if child["pid"] else "")


def _scheduled(found: dict[str, Any]) -> str:
    times = [one["when"] + ("" if one["active"] else ", off") for one in found["schedules"]]
    marks = [*times, *(["paused"] if found["paused"] else [])]
    return f"{found['name']} ({'; '.join(marks)})" if marks else str(found["name"])
