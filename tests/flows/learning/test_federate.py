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
from greenlightning.federation import SigningKey
from greenlightning.federation.messages import read_message, sign_message
from greenlightning.linear.statistics import Statistics
from tasks.core.constants import Alias, Kind, Tag
from tasks.core.workspace import Workspace
from tasks.models import registry
from tests.helpers.command import Said, command
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


@pytest.fixture
def say(capfd: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    return command(capfd)


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
    found, message = Statistics.load(place), read_message(place, "contribution")
    changed = replace(found, B=found.B * 100)
    for file in place.iterdir():
        file.unlink()
    changed.save(place)
    about = message.about | {"statistics": changed.digest}
    sign_message(place, "contribution", about, SigningKey.generate())


def flip(place: Path) -> None:
    [file] = place.glob("*.safetensors")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (inflate, MismatchError, "The statistics of site south are not those of samples"),
        (flip, IntegrityError, "south: statistics.safetensors of .* is not the file that was signed"),
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
        "twice": (
            {"north": north, "south": north},
            "Site south sent batch [0-9a-f]{16}, which is c",
        ),
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


def test_two_sites_send_signed_sums_a_coordinator_combines_them_and_one_leaves(
    say: Callable[..., Said], tmp_path: Path
) -> None:
    say("train", "-d", DIGITS, "--paths", "synthetic", "--max-epochs", "2")
    base = registry.load(DIGITS).statistics.digest
    publication = str(tmp_path / "publication")
    key = say("federation", "publish", "-d", DIGITS, "--out", publication, "--json").json["key"]
    folders = {name: str(tmp_path / name) for name in ("north", "south")}
    for name, rows in (("north", FIRST), ("south", SECOND)):
        file, out = str(source(name, rows)), ("--out", folders[name])
        done = say("federation", "contribute", file, "--publication", publication, "--site", name, *out, "--json")
        assert (done.json["rows"], done.json["key"]) == (200, key)
    refused = say("federation", "combine", *folders.values(), "-d", DIGITS, "--trust", "0" * 64)
    assert (refused.code, "is not trusted" in refused.err) == (3, True)
    done = say("federation", "combine", *folders.values(), "-d", DIGITS, "--trust", key, "--json")
    model = registry.load(DIGITS)
    assert sum(done.json["learnt"].values()) == 400
    assert {entry.site for entry in model.ledger.entries.values()} == {None, "north", "south"}
    again = say("federation", "combine", folders["north"], "-d", DIGITS)
    assert (again.code, "is counted already" in again.err) == (3, True)
    both = (folders["north"], folders["south"])
    for site in ("north", "south"):
        say("federation", "leave", site, *both, "-d", DIGITS, "--reason", "a test", "--json")
    assert registry.load(DIGITS).statistics.digest == base
