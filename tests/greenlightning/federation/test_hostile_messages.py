"""Messages that a hostile site signed soundly: each is refused in one line, and nothing of it is shown raw."""

import hashlib
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from greenlightning.data.batch import Batch
from greenlightning.data.files import read_tensors, write_tensors
from greenlightning.errors import IntegrityError, MismatchError
from greenlightning.federation import (
    Contribution,
    SigningKey,
    combine,
    contribute,
    publish,
    read_contribution,
    read_publication,
    withdraw,
)
from greenlightning.federation.messages import ABOUT, SIGNATURE, sign_message
from greenlightning.model import GreenLightningModel
from tests.helpers.small import blobs, small_recipe

NORTH = SigningKey.generate()
SUMS, FACTS = "statistics.safetensors", "statistics.json"
INFINITE = "1e999"


@pytest.fixture
def published(tmp_path: Path) -> GreenLightningModel:
    empty = GreenLightningModel.empty(small_recipe("explicit"), alpha=1.0)
    publish(empty, tmp_path / "publication", SigningKey.generate())
    return read_publication(tmp_path / "publication")


@pytest.fixture
def sound(published: GreenLightningModel, tmp_path: Path) -> Path:
    contribute(published, Batch(*blobs(60, seed=1)), tmp_path / "north", NORTH, site="north")
    return tmp_path / "north"


def signed(folder: Path, text: bytes) -> None:
    """``text`` as the signed file of a message, whatever it is."""
    (folder / ABOUT).write_bytes(text)
    (folder / SIGNATURE).write_text(f"{NORTH.public} {NORTH.sign(text)}\n")


def refusal(folder: Path, published: GreenLightningModel) -> str:
    with pytest.raises((IntegrityError, MismatchError)) as found:
        read_contribution(folder, published)
    said = str(found.value)
    assert said.isprintable() and len(said) < 400
    return said


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b"null", b"3", b'"text"', b"[" * 100_000, b"\xff\xfe{", b'{"format": []}', b'{"kind": null}'],
)
def test_a_signed_file_that_is_no_message(published: GreenLightningModel, sound: Path, text: bytes) -> None:
    signed(sound, text)
    assert refusal(sound, published)


@pytest.mark.parametrize("about", [None, [1], 3])
@pytest.mark.parametrize("part", ["about", "files"])
def test_parts_of_another_form(published: GreenLightningModel, sound: Path, part: str, about: Any) -> None:
    content = json.loads((sound / ABOUT).read_text()) | {part: about}
    signed(sound, json.dumps(content).encode())
    assert "is corrupt" in refusal(sound, published)


@pytest.mark.parametrize("name", ["site", "batch", "md5", "recipe"])
@pytest.mark.parametrize("value", ["\x1b[2J\x1b[31mnorth", "north\nsouth", "n" * 1000, [1, 2], {"a": 1}, 7, True])
def test_names_that_would_be_shown(published: GreenLightningModel, sound: Path, name: str, value: Any) -> None:
    content = json.loads((sound / ABOUT).read_text())
    content["about"][name] = value
    signed(sound, json.dumps(content).encode())
    assert f"{name} is not a text of 1 to 128 printable characters" in refusal(sound, published)


@pytest.mark.parametrize("value", ["sixty", 60.5, -60, None, "INF", 10**40])
def test_counts_that_are_none(published: GreenLightningModel, sound: Path, value: Any) -> None:
    content = json.loads((sound / ABOUT).read_text())
    content["about"]["rows"] = value
    signed(sound, json.dumps(content).replace('"INF"', INFINITE).encode())
    assert "rows is " in refusal(sound, published)


@pytest.mark.parametrize("size", [-5, 1 << 50, "INF"])
@pytest.mark.parametrize("name", [FACTS, "../publication/message.json", "/etc/hostname"])
def test_files_that_are_not_there(published: GreenLightningModel, sound: Path, name: str, size: Any) -> None:
    content = json.loads((sound / ABOUT).read_text())
    content["files"][name] = {"bytes": size, "sha256": "0" * 64}
    signed(sound, json.dumps(content).replace('"INF"', INFINITE).encode())
    assert refusal(sound, published)


@pytest.mark.parametrize(
    "facts",
    [
        {"n": -5},
        {"n": 60.0},
        {"n": True},
        {"n": 1 << 70},
        {"bits": -3},
        {"bits": 1_000_000},
        {"weight_bits": -1},
        {"weight_bits": 1_000_000_000},
        {"columns": (0, 0, 1)},
        {"columns": (2, 1, 0)},
        {"columns": ("a", 1, 2)},
        {"columns": (0, 1)},
        {"columns": (0, 1, float("nan"))},
        {"columns": ([0], [1], [2])},
    ],
    ids=str,
)
def test_facts_of_sums_that_no_release_writes(
    published: GreenLightningModel, sound: Path, facts: dict[str, Any]
) -> None:
    """A weight of ``2^1`` a row in units of a half, say, would count each row twice."""
    content = json.loads((sound / FACTS).read_text()) | facts
    sums = published.collect(*blobs(60, seed=1))
    try:
        content["digest"] = replace(sums, **facts).digest
    except (TypeError, ValueError):
        content["digest"] = "0" * 64
    about = json.loads((sound / ABOUT).read_text())["about"] | {"statistics": content["digest"]}
    tensors = read_tensors(sound / SUMS)
    shutil.rmtree(sound)
    write_tensors(sound / SUMS, tensors)
    (sound / FACTS).write_text(json.dumps(content))
    sign_message(sound, "contribution", about, NORTH)
    assert "is corrupt" in refusal(sound, published)


def test_a_fifo_a_folder_and_a_link_are_not_opened(published: GreenLightningModel, sound: Path) -> None:
    tensors = (sound / SUMS).read_bytes()
    (sound / SUMS).unlink()
    (sound / SUMS).mkdir()
    assert "is not the file that was signed" in refusal(sound, published)
    (sound / SUMS).rmdir()
    (sound.parent / "elsewhere").write_bytes(tensors)
    (sound / SUMS).symlink_to(sound.parent / "elsewhere")
    assert "is not the file that was signed" in refusal(sound, published)
    (sound / SIGNATURE).unlink()
    os.mkfifo(sound / SIGNATURE)
    assert "message.sig is missing" in refusal(sound, published)


@pytest.mark.parametrize("text", [b"", b"\xff\x00\x1b[2J" * 99, b"zz" * 32 + b" " + b"zz" * 64])
def test_a_signature_that_is_none(published: GreenLightningModel, sound: Path, text: bytes) -> None:
    (sound / SIGNATURE).write_bytes(text)
    assert "does not begin with a public key" in refusal(sound, published)


def test_a_file_cut_short(published: GreenLightningModel, sound: Path) -> None:
    for name in (SUMS, FACTS):
        whole = (sound / name).read_bytes()
        (sound / name).write_bytes(whole[:-10])
        assert f"{name} of {sound} is not the file that was signed" in refusal(sound, published)
        (sound / name).write_bytes(whole)
    assert hashlib.sha256((sound / SUMS).read_bytes()).hexdigest() in (sound / ABOUT).read_text()


def test_a_site_leaves_with_the_sums_that_it_sent_and_with_no_others(published: GreenLightningModel) -> None:
    """Sums of other rows under the batch's name would leave a model that nothing can repair."""
    (X, y), (X_other, y_other) = blobs(60, seed=1), blobs(60, seed=2)
    first = Contribution("north", "key", "monday", None, published.collect(X, y))
    together = combine(published, [first])
    with pytest.raises(MismatchError, match="has other sums than those that were added"):
        withdraw(together, [replace(first, statistics=published.collect(X_other, y_other))], "north")
    assert withdraw(together, [first], "north").statistics == published.statistics


def test_the_same_rows_in_another_order_are_a_copy_in_a_later_round_too(published: GreenLightningModel) -> None:
    X, y = blobs(60, seed=1)
    first, turned = Batch(X, y), Batch(X[::-1], y[::-1])
    assert first.id != turned.id
    sent = [Contribution("north", "key", one.id, None, published.collect(one.X, one.y)) for one in (first, turned)]
    together = combine(published, sent[:1])
    with pytest.raises(MismatchError, match="have the same sums: one is a copy"):
        combine(together, [replace(sent[1], site="south", sender="another")])
    assert combine(withdraw(together, sent[:1], "north"), sent[1:]).statistics == together.statistics


def test_a_site_may_come_back(published: GreenLightningModel) -> None:
    first = Contribution("north", "key", "monday", None, published.collect(*blobs(60, seed=1)))
    together = combine(published, [first])
    again = combine(withdraw(together, [first], "north"), [first])
    assert (again.statistics, again.ledger) == (together.statistics, together.ledger)
    assert np.array_equal(again.statistics.target_sums, [20, 20, 20])
