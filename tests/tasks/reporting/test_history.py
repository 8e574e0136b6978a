"""The history of a dataset: every version, its baselines, and what its run logged."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.core.constants import Kind, SharedParam, Tag
from tasks.core.energy_cost import EnergyCost
from tasks.reporting.history import HistoryEntry, MethodResult, history_of
from tasks.tracking.client import connect, experiment_id
from tests.helpers.digits import DIGITS

METRICS_PAGE = Path(__file__).resolve().parents[3] / "docs" / "metrics.md"

COST = EnergyCost(1.0, 2.0, 3.0, "measured:rapl")
SCRATCH = EnergyCost(10.0, 20.0, 30.0, "estimated:rows", (8.0, 40.0))


def milestone(references: Mapping[str, MethodResult], scratch: EnergyCost | None = SCRATCH) -> HistoryEntry:
    return HistoryEntry(
        2, Kind.RETRAIN, "2026-01-02", "promoted", True, 10, MethodResult(0.9, COST), scratch, references
    )


def promised() -> dict[str, set[str]]:
    """Metrics, parameters and tags that docs/metrics.md promises of every run that makes a model."""
    section = METRICS_PAGE.read_text().split("## What every run that makes a model has")[1].split("\n## ")[0]
    return {
        kind: set(re.findall("`([^`]+)`", row))
        for kind, row in re.findall(r"^\| (\w+) \| (.+) \|$", section, re.M)
    }


@pytest.mark.usefixtures("workspace")
def test_runs_of_every_kind_log_what_the_page_of_names_promises() -> None:
    found = connect().search_runs([experiment_id(DIGITS)], f"tags.{Tag.VERSION} LIKE '%'")
    kinds = {run.data.tags[Tag.KIND] for run in found}
    assert kinds == {Kind.TRAIN, Kind.RETRAIN, Kind.FORGET, Kind.FEDERATE, Kind.REFERENCE}
    for run in found:
        assert set(run.data.metrics) >= promised()["metrics"], run.info.run_name
        assert set(run.data.params) >= promised()["parameters"], run.info.run_name
        assert set(run.data.tags) >= promised()["tags"] - {Tag.FLOW_RUN_ID}, run.info.run_name
        for name in set(SharedParam) - {SharedParam.METHOD, SharedParam.MODEL, SharedParam.SETTLED_AT}:
            assert float(run.data.params[name]) >= 0


@pytest.mark.usefixtures("workspace")
def test_the_history_has_every_version_and_the_reference_beside_its_own() -> None:
    history = history_of(DIGITS)
    assert [one.version for one in history] == [1, 2, 3, 4]
    assert [one.made_by for one in history] == [Kind.TRAIN, Kind.RETRAIN, Kind.FORGET, Kind.FEDERATE]
    assert [one.rows for one in history] == [400, 800, 600, 800]
    assert [list(one.references) for one in history] == [[], ["conventional"], [], []]
    assert [one.retraining for one in history] == [False, True, True, True]
    assert all(one.served for one in history)


def test_conventional_training_costs_what_was_measured_beside_it_else_its_estimate() -> None:
    measured = EnergyCost(5.0, 50.0, 5.0, "measured:rapl")
    beside = milestone({"conventional": MethodResult(0.9, measured)})
    assert beside.conventional == replace(measured, source="conventional-network-beside-it(measured:rapl)")
    assert beside.avoided and (beside.avoided.joules, beside.avoided.within) == (48.0, None)
    guessed = milestone({})
    assert guessed.conventional == SCRATCH
    assert guessed.avoided and (guessed.avoided.joules, guessed.avoided.within) == (18.0, (6.0, 38.0))
    assert (milestone({}, scratch=None).conventional, milestone({}, scratch=None).avoided) == (None, None)


def test_a_version_that_was_trained_anew_is_no_retraining() -> None:
    assert milestone({}).retraining
    assert not replace(milestone({}), made_by=Kind.TRAIN).retraining
    assert replace(milestone({}), made_by=Kind.TRAIN).avoided is None
