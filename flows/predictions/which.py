"""Which version of a dataset served at a moment, or in the course of a day: printed, or as JSON."""

import json
from datetime import UTC, datetime
from typing import Any

from flows.console.inert_console import InertConsole
from tasks.core.moments import moment
from tasks.models.serving_history import Period, ServingHistory, history_of, iso

out = InertConsole(soft_wrap=True)


def print_which(dataset: str, at: str | None, as_json: bool) -> None:
    """Print the version that served at ``at``, now by default; a date names every version that served that day."""
    now = datetime.now(UTC)
    first, last = (moment(at), min(moment(at, end=True), now)) if at else (now, now)
    history = history_of(dataset)
    found = history.during(first, max(first, last))
    if as_json:
        print(json.dumps(_to_json(history, found, at or iso(now))))
        return
    for period in found:
        until = f"until {_shown(period.end)}" if period.end else "and serves still"
        out.print(f"[bold green]version {period.version}[/] from {_shown(period.start)} {until}", highlight=False)
    for note in history.notes:
        out.print(f"  [yellow]note[/] {note}", highlight=False)


def _to_json(history: ServingHistory, found: tuple[Period, ...], at: str) -> dict[str, Any]:
    """The last version in that time, and all that served in it."""
    served = [
        {"version": each.version, "from": iso(each.start), "until": iso(each.end) if each.end else None}
        for each in found
    ]
    about = {"dataset": history.dataset, "at": at, "version": found[-1].version}
    return about | {"served": served, "notes": list(history.notes)}


def _shown(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
