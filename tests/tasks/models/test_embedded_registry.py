"""The registry's file answers as MLflow does, at once."""

import sqlite3
from pathlib import Path

import pytest

from tasks.core.constants import Alias, Kind, Part, Tag
from tasks.models import champion, embedded_registry, registry
from tasks.tracking.client import connect
from tasks.tracking.metrics import log_metrics
from tasks.tracking.runs import flow_run, part_run
from tests.helpers.versions import bare_versions


def test_a_version_is_the_one_that_mlflow_finds(mlflow_home: Path) -> None:
    bare_versions(2)
    champion.promote.fn("digits", 1, None, "first")
    champion.promote.fn("digits", 2, 1, "second")
    connect().set_model_version_tag("digits", "2", Tag.PINNED, "a test")
    for of in (1, 2, Alias.CHAMPION, Alias.PREVIOUS):
        found = embedded_registry.find("digits", of)
        assert found is not None and found == registry.find_in_mlflow("digits", of)
    assert embedded_registry.find("digits", 2).aliases == ("champion",)  # type: ignore[union-attr]


@pytest.mark.parametrize("query", ["ALIASES", "VERSION", "TAGS", "HAVING", "MADE_BY", "NEWEST", "LOCATION"])
def test_no_look_reads_the_rows_of_all_versions(query: str, mlflow_home: Path) -> None:
    """The table of tags grows with every version."""
    bare_versions(2)
    asked = getattr(embedded_registry, query)
    with sqlite3.connect(f"file:{mlflow_home / 'mlruns' / 'mlflow.db'}?mode=ro", uri=True) as store:
        plan = store.execute(f"EXPLAIN QUERY PLAN {asked}", ("digits", *"1" * (asked.count("?") - 1)))
        assert all(step.startswith("SEARCH") for *_, step in plan)
    store.close()


def test_what_is_not_there_is_none(mlflow_home: Path) -> None:
    bare_versions(2)
    connect().delete_model_version("digits", "2")
    for dataset, of in (("digits", 2), ("digits", 7), ("digits", Alias.CHAMPION), ("letters", 1)):
        assert embedded_registry.find(dataset, of) is None
        assert registry.find_in_mlflow(dataset, of) is None


def test_without_a_file_there_is_no_version(home: Path) -> None:
    assert embedded_registry.find("digits", Alias.CHAMPION) is None


def test_mlflow_is_asked_where_the_file_is_another(mlflow_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (mlflow_home / "mlruns" / "mlflow.db").write_bytes(b"no database at all" * 100)
    monkeypatch.setattr(registry, "find_in_mlflow", lambda dataset, of: (dataset, of))
    assert embedded_registry.find("digits", 3) == ("digits", 3)


def test_a_run_has_the_metrics_that_mlflow_finds_and_the_last_whole_one_is_named(mlflow_home: Path) -> None:
    assert embedded_registry.last_run("digits") is None
    with flow_run("digits", Kind.TRAIN, name="train digits") as run_id:
        log_metrics(run_id, {"accuracy": 0.5})
        log_metrics(run_id, {"accuracy": 0.75})
        with part_run(run_id, Part.LINEAR):
            found = embedded_registry.last_run("digits")
    assert found is not None and (found.name, found.status) == ("train digits", "RUNNING")
    assert embedded_registry.metrics_of(run_id) == connect().get_run(run_id).data.metrics
    assert embedded_registry.metrics_of(run_id)["accuracy"] == 0.75


def test_versions_are_found_by_a_tag_and_by_their_run_as_mlflow_finds_them(
    mlflow_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare_versions(3)
    client = connect()
    for number in "13":
        client.set_model_version_tag("digits", number, Tag.PARENT_VERSION, "7")
    with flow_run("digits", Kind.RETRAIN) as run_id:
        client.create_model_version("digits", "file:///nowhere", run_id)
    client.delete_model_version("digits", "3")
    read = (registry.having("digits", Tag.PARENT_VERSION, "7"), registry.made_by("digits", run_id))
    assert [one.version for one in read[0]] == [1]
    assert [one.version for one in read[1]] == [4]
    assert embedded_registry.newest("digits") == 4

    def elsewhere(*_: object) -> None:
        raise sqlite3.Error

    monkeypatch.setattr(embedded_registry, "_store", elsewhere)
    asked = (registry.having("digits", Tag.PARENT_VERSION, "7"), registry.made_by("digits", run_id))
    assert asked == read
    assert registry._next_name("digits") == "digits v5"
