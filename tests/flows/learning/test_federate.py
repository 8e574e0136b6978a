"""A federation equals the centralised model; a faulty site is refused in one line."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import flows.learning.federate
import flows.learning.retrain_dataset
from flows.learning.federate import federate
from flows.learning.retrain import retrain
from flows.versions.rollback import rollback
from greenlightning.errors import InputError, IntegrityError, MismatchError
from greenlightning.linear.statistics import Statistics
from tasks.core.constants import Alias, Kind, Tag
from tasks.core.workspace import Workspace
from tasks.models import registry
from tests.helpers.digits import (
    DIGITS,
    FIRST,
    SECOND,
    THIRD,
    X,
    add,
    outcome,
    source,
    y,
)

pytestmark = pytest.mark.usefixtures("prefect", "champion")


def champion() -> registry.VersionInfo:
    return registry.version(DIGITS, Alias.CHAMPION)


def test_a_federation_equals_the_centralised_model() -> None:
    sites = {"north": source("north", FIRST), "south": source("south", SECOND)}
    done = outcome(federate, dataset=DIGITS, sites=sites)
    federated = registry.load(DIGITS)
    assert (done.state, len(done.learnt), champion().tags[Tag.KIND]) == ("Promoted", 2, Kind.FEDERATE)
    assert {entry.site for entry in federated.ledger.entries.values()} == {None, "north", "south"}
    outcome(rollback, dataset=DIGITS, to=1, reason="a test")
    named = [add("north", FIRST), add("south", SECOND)]
    outcome(retrain, dataset=DIGITS, batches=named)
    central = registry.load(DIGITS)
    assert federated.statistics.digest == central.statistics.digest
    assert np.array_equal(federated.decision_function(X[THIRD]), central.decision_function(X[THIRD]))


def tampered(change: Callable[[Path], None]) -> Callable[..., Path]:
    """``site_statistics``, with what the site south sends changed on the way."""
    send = flows.learning.federate.site_statistics

    def sent(site: str, *rest: Any) -> Path:
        place = send(site, *rest)
        if site == "south":
            change(place)
        return place

    return sent


def inflate(place: Path) -> None:
    """Statistics with a digest of their own that no samples can have: labels that outweigh their features."""
    found = Statistics.load(place)
    replace(found, B=found.B * 100).save(place)


def flip(place: Path) -> None:
    [file] = place.glob("*.safetensors")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (inflate, MismatchError, "The statistics of south are not those of samples"),
        (flip, IntegrityError, "What site south sent is damaged"),
    ],
)
def test_tampered_statistics_are_refused_by_the_name_of_their_site(
    change: Callable[[Path], None], error: type[Exception], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flows.learning.federate, "site_statistics", tampered(change))
    sites = {"north": source("north", FIRST), "south": source("south", SECOND)}
    with pytest.raises(error, match=message):
        outcome(federate, dataset=DIGITS, sites=sites)
    assert [info.version for info in registry.versions(DIGITS)] == [1]


def broken_sites() -> dict[str, tuple[dict[str, Path], str]]:
    """Sites by what is wrong with one of them, and the error message."""
    north = source("north", FIRST)
    import pandas as pd

    fewer, texts = Path(north).with_name("fewer.parquet"), Path(north).with_name("texts.parquet")
    frame = pd.read_parquet(north)
    frame.drop(columns="pixel_4").to_parquet(fewer)
    frame.assign(pixel_4="dark").to_parquet(texts)
    return {
        "labels": ({"north": source("new", SECOND, y[SECOND] + 5)}, r"Site north has unknown labels \[10, 11"),
        "twice": ({"north": north, "south": north}, "Site south sent batch [0-9a-f]{16}, which is learnt already"),
        "cells": ({"north": texts}, "Row 1, column 'pixel_4' of texts.parquet holds 'dark', not a number"),
        "columns": ({"north": fewer}, "fewer.parquet lacks column 'pixel_4'"),
        "path": ({"../north": north}, r"site name '\.\./north' is not allowed"),
        "absent": ({"north": Path("nowhere.parquet")}, "nowhere.parquet does not exist"),
        "none": ({}, "No site takes part"),
    }


@pytest.mark.parametrize("fault", ["labels", "twice", "cells", "columns", "path", "absent", "none"])
def test_a_site_with_a_fault_is_refused_in_one_line(fault: str) -> None:
    sites, message = broken_sites()[fault]
    with pytest.raises((InputError, MismatchError), match=message):
        outcome(federate, dataset=DIGITS, sites=sites)
    assert champion().version == 1
    assert list(Workspace.current().scratch.iterdir()) == []


def test_a_site_may_bring_new_labels_where_that_is_allowed() -> None:
    sites = {"north": source("north", SECOND, y[SECOND] + 5)}
    done = outcome(federate, dataset=DIGITS, sites=sites, allow_new_labels=True)
    assert registry.load(DIGITS, done.version).classes == tuple(range(15))
