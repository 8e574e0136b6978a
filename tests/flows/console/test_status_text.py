"""The status in words: a line for each dataset, whatever its name, and when the next run begins."""

from io import StringIO
from typing import Any

from rich.console import Console

from flows.console.status_text import status_text

NOTHING: dict[str, Any] = {
    "prefect_url": None,
    "mlflow_url": None,
    "children": [],
    "deployments": [],
    "next_runs": [],
    "skipped": [],
}
ORDERS: dict[str, Any] = {
    "champion": 3,
    "scores": {"accuracy": 0.98444},
    "health": "amber",
    "batches": 5,
    "not_learnt": ["a" * 16],
    "waiting": [],
    "unlabelled": [],
    "quarantined": ["b" * 16, "c" * 16],
    "forgotten": [],
    "held_back": [],
    "damaged": [],
    "last_run": {"name": "retrain orders +1 batch", "started": "2026-11-29T06:30:00+00:00", "status": "FAILED"},
}


def shown(found: dict[str, Any], width: int = 120) -> str:
    console = Console(file=StringIO(), width=width)
    console.print(status_text(NOTHING | found))
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_a_line_tells_champion_score_health_batches_and_last_run() -> None:
    line = shown({"datasets": {"orders": ORDERS}}).splitlines()[-1]
    assert line.split()[:4] == ["orders", "v3", "0.984", "amber"]
    assert "5, 1 new, 2 quarantined" in line
    assert "retrain 29 Nov" in line and line.rstrip().endswith(", failed")


def test_scores_of_several_kinds_are_named_in_their_cells_and_one_kind_in_the_heading() -> None:
    houses = ORDERS | {"scores": {"rmse": 53612.73}}
    both = shown({"datasets": {"orders": ORDERS, "houses": houses}}).splitlines()
    assert "score" in both[-3].split() and "accuracy 0.984" in both[-2] and "RMSE 53,613" in both[-1]
    alone = shown({"datasets": {"houses": houses}}).splitlines()
    assert "RMSE" in alone[-2].split() and alone[-1].split()[:3] == ["houses", "v3", "53,613"]


def test_a_batch_that_a_rollback_holds_back_is_counted() -> None:
    line = shown({"datasets": {"orders": ORDERS | {"held_back": ["d" * 16]}}}).splitlines()[-1]
    assert "5, 1 new, 2 quarantined, 1 held back" in line


def test_the_next_run_has_a_time_zone_and_is_that_of_the_dataset_or_of_all() -> None:
    runs = [
        {"deployment": "maintenance", "dataset": None, "start": "2026-11-29T05:00:00+00:00"},
        {"deployment": "retrain", "dataset": "other", "start": "2026-11-29T06:00:00+00:00"},
        {"deployment": "retrain", "dataset": None, "start": "2026-11-29T07:05:00+00:00"},
    ]
    runs = [run | {"state": "Scheduled"} for run in runs]
    text = shown({"datasets": {"orders": ORDERS}, "next_runs": runs})
    assert "next run" in text
    due = text.splitlines()[-1].split("failed")[1].split()
    assert (due[0], due[2], due[3][-3:]) == ("retrain", "Nov", ":05")
    assert len(due) == 5


def test_a_late_run_a_skipped_one_and_a_pool_without_a_worker_are_told_with_the_reason() -> None:
    late = {"deployment": "retrain", "dataset": None, "start": "2026-11-29T07:05:00+00:00", "state": "Late"}
    busy = {
        "deployment": "retrain-hourly",
        "start": "2026-11-29T06:00:00Z",
        "why": "Deployment concurrency limit reached.",
    }
    gpu = {"name": "gpu", "pool": "gpu", "schedules": [], "paused": False, "worker": False}
    found = {"prefect_url": "http://127.0.0.1:4200", "deployments": [gpu], "skipped": [busy], "next_runs": [late]}
    text = shown({"datasets": {"orders": ORDERS}} | found, width=200)
    assert "gpu (no worker polls its pool)" in text
    assert "skipped      retrain-hourly 29 Nov" in text and ": the run before it was under way" in text
    assert text.rstrip().endswith(", late, no worker took it")


def test_on_eighty_columns_what_is_long_is_wrapped_between_words() -> None:
    run = {"deployment": "retrain-nightly", "dataset": None, "start": "2026-11-29T07:05:00+00:00", "state": "Late"}
    houses = ORDERS | {"scores": {"rmse": 53612.73}}
    found = {"datasets": {"orders": ORDERS, "houses": houses}, "next_runs": [run]}
    text = shown(found, width=80)
    words = {"champion", "accuracy", "quarantined", "retrain-nightly", "late,", "worker", "53,613", "failed"}
    assert words <= set(text.split())
    assert max(len(line) for line in text.splitlines()) <= 80


def test_deployments_without_a_schedule_are_counted() -> None:
    nightly = {"name": "retrain-nightly", "pool": "cpu", "paused": False, "worker": True}
    nightly |= {"schedules": [{"slug": None, "when": "0 2 * * *", "active": True}]}
    others = [{"name": name, "pool": "cpu", "schedules": [], "paused": False, "worker": True} for name in "ab"]
    found = {"prefect_url": "http://127.0.0.1:4200", "deployments": [*others, nightly], "datasets": {}}
    assert "deployments  retrain-nightly (0 2 * * *), 2 without a schedule" in shown(found)


def test_a_long_name_is_wrapped_not_cut() -> None:
    name = "measurements-of-the-weather-station-on-the-roof"
    text = shown({"datasets": {name: ORDERS | {"champion": None, "scores": {}, "last_run": None}}}, width=60)
    column = "".join(line[:12].split(" ")[0] for line in text.splitlines()[3:])
    assert column == name
    assert "…" not in text


def test_without_a_dataset_the_first_command_is_named() -> None:
    assert "No dataset yet. Bring one in with: greenlightning ingest FILE" in shown({"datasets": {}})
