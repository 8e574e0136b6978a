"""Schedules across a change of clocks: every night has its run, and none has two."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from prefect.server.schemas.schedules import CronSchedule

DEPLOYMENTS = yaml.safe_load((Path(__file__).parents[2] / "infra" / "prefect.yaml").read_text())["deployments"]
CRONS = {one["cron"] for each in DEPLOYMENTS for one in each.get("schedules", ()) if "cron" in one}
BERLIN, WEEK = ZoneInfo("Europe/Berlin"), timedelta(days=7)


@pytest.mark.parametrize("cron", sorted(cron for cron in CRONS | {"30 2 * * *"} if cron.endswith("* * *")))
@pytest.mark.parametrize("change", [date(2026, 10, 25), date(2027, 3, 28)])
def test_each_night_has_one_run_where_clocks_change(cron: str, change: date) -> None:
    start = datetime(change.year, change.month, change.day, 12, tzinfo=UTC) - timedelta(days=4)
    schedule = CronSchedule(cron=cron, timezone="Europe/Berlin")
    runs = asyncio.run(schedule.get_dates(n=100, start=start, end=start + WEEK))
    nights = [run.astimezone(BERLIN).date() for run in runs]
    assert nights == [start.date() + timedelta(days=day) for day in range(1, 8)]
    assert change in nights
