"""Prefect seen from a task: its API, artifacts, concurrency limits, dashboards and the page of a run."""
