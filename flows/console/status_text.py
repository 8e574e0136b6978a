"""The status of a workspace as people read it: its servers, and a line for each dataset."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from greenlightning.evaluation.score_text import score_text

Facts = Mapping[str, Any]
COLOURS = {"green": "green", "amber": "yellow", "red": "red"}
COUNTED = {"not_learnt": "new", "waiting": "waiting", "unlabelled": "unlabelled", "quarantined": "quarantined"}
SELDOM = {"forgotten": "forgotten", "held_back": "held back", "damaged": "damaged"}
STATES = {"FINISHED": "done", "FAILED": "failed", "KILLED": "stopped", "RUNNING": "runs", "SCHEDULED": "waits"}
SCORES = {"accuracy": "accuracy", "rmse": "RMSE"}
LEARNING = ("retrain", "train", "ingest")
GAP = 2
NO_WORKER = "no worker polls its pool"
DELAYED = {"Late": "late, no worker took it", "AwaitingConcurrencySlot": "waits for the run before it"}


def status_text(found: Facts) -> RenderableType:
    """The servers, then a table with a row for each dataset."""
    if not found["datasets"]:
        none = Text("No dataset yet. Bring one in with: greenlightning ingest FILE --dataset NAME")
        return Group(*_servers(found), none)
    return Group(*_servers(found), _Datasets(found))


class _Datasets:
    """A table with a row for each dataset, as wide as the terminal: what is long is wrapped between words."""

    def __init__(self, found: Facts) -> None:
        self.found = found

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The table, its columns narrowed from the right as far as their longest words allow."""
        columns = list(zip(*_rows(self.found), strict=True))
        widths = [max(len(cell) for cell in column) for column in columns]
        excess = sum(widths) + GAP * (len(columns) - 1) - options.max_width
        table = Table(box=None, pad_edge=False)
        for place in reversed(range(1, len(columns))):
            longest = max(len(word) for cell in columns[place] for word in cell.plain.split())
            cut = min(max(excess, 0), widths[place] - longest)
            widths[place], excess = widths[place] - cut, excess - cut
        for (heading, *_), width in zip(columns, widths, strict=True):
            table.add_column(heading, overflow="fold", width=width if excess <= 0 else None)
        for row in zip(*(column[1:] for column in columns), strict=True):
            table.add_row(*row)
        yield table


def _rows(found: Facts) -> list[list[Text]]:
    """The headings, then the cells of each dataset."""
    headings = ("dataset", "champion", _score_name(found), "health", "batches", "last run", "next run")
    rows = [[Text(heading, style="bold") for heading in headings]]
    for dataset, facts in found["datasets"].items():
        health = facts["health"] or "-"
        cells = [
            Text(dataset),
            Text(f"v{facts['champion']}" if facts["champion"] else "none"),
            Text(_score(facts["scores"], found)),
            Text(health, style=COLOURS.get(health, "")),
            Text(_batches(facts)),
            Text(_last(facts["last_run"])),
            Text(_next(dataset, found["next_runs"])),
        ]
        rows.append(cells)
    return rows if found["next_runs"] else [row[:-1] for row in rows]


def _score_name(found: Facts) -> str:
    """What the column of scores is called: by the score that all datasets have; else each cell names its own."""
    names = {SCORES[name] for facts in found["datasets"].values() for name in facts["scores"]}
    return names.pop() if len(names) == 1 else "score"


def _score(scores: Mapping[str, float], found: Facts) -> str:
    """The score of a dataset; its name stands before it where datasets differ."""
    if not scores:
        return "-"
    name, value = next(iter(scores.items()))
    prefix = "" if _score_name(found) == SCORES[name] else f"{SCORES[name]} "
    return f"{prefix}{score_text(value, '.3f')}"


def _batches(facts: Facts) -> str:
    """How many batches there are, and of these or beside them what is new, waits or was put aside."""
    counts = {word: len(facts[name]) for name, word in (COUNTED | SELDOM).items()}
    parts = [f"{count} {word}" for word, count in counts.items() if count]
    return ", ".join([str(facts["batches"]), *parts])


def _last(run: Facts | None) -> str:
    if run is None:
        return "-"
    state = STATES.get(run["status"], run["status"].lower())
    return f"{run['name'].partition(' ')[0]} {_moment(run['started'])}, {state}"


def _next(dataset: str, runs: list[Facts]) -> str:
    """The next run that learns: of this dataset, or of every one."""
    due = [run for run in runs if run["dataset"] in (dataset, None) and run["deployment"].startswith(LEARNING)]
    first = min(due, key=lambda run: datetime.fromisoformat(run["start"]), default=None)
    if first is None:
        return "-"
    delay = DELAYED.get(first["state"])
    return f"{first['deployment']} {_moment(first['start'])}" + (f", {delay}" if delay else "")


def _moment(text: str) -> str:
    """A moment in the time zone of this machine, which it names; of another day, with the day."""
    moment = datetime.fromisoformat(text).astimezone()
    today = moment.date() == datetime.now(UTC).astimezone().date()
    return f"{moment:%H:%M %Z}" if today else f"{moment:%d %b %H:%M %Z}"


def _servers(found: Facts) -> list[Text]:
    """Addresses, processes, and deployments with their schedules."""
    if not (found["prefect_url"] or found["mlflow_url"] or found["children"]):
        return [Text("No server runs. Start the dashboards and the schedules with: greenlightning up")]
    lines = {
        "Prefect": found["prefect_url"] or "does not answer",
        "MLflow": found["mlflow_url"] or "does not answer",
        "processes": ", ".join(_process(child) for child in found["children"]),
        "deployments": _deployments(found["deployments"]),
        "skipped": "; ".join(_skipped(one) for one in found["skipped"]),
    }
    return [Text(f"{name:<11}  {line}", overflow="fold") for name, line in lines.items() if line]


def _process(child: Facts) -> str:
    return f"{child['name']} {child['state']}" + (f" ({child['pid']})" if child["pid"] else "")


def _skipped(run: Facts) -> str:
    """A scheduled run that did not take place; Prefect's reason in words."""
    busy = run["why"].startswith("Deployment concurrency limit")
    why = "the run before it was under way" if busy else run["why"] or "cancelled"
    return f"{run['deployment']} {_moment(run['start'])}: {why}"


def _deployments(found: list[Facts]) -> str:
    """Those with a schedule, then those that cannot run; the others are counted."""
    named = [text for one in sorted(found, key=lambda one: not one["schedules"]) if (text := _scheduled(one))]
    more = len(found) - len(named)
    return ", ".join([*named, *([f"{more} without a schedule"] if more else [])])


def _scheduled(found: Facts) -> str:
    """A deployment with its schedules and what keeps it from running; empty where it has neither."""
    times = [one["when"] + ("" if one["active"] else ", off") for one in found["schedules"]]
    marks = [*times, *(["paused"] if found["paused"] else []), *([] if found["worker"] else [NO_WORKER])]
    return f"{found['name']} ({'; '.join(marks)})" if marks else ""
