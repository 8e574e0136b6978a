"""Ordinary and mildly shifted batches pass; corrupt ones fail with a cause and are set aside whole."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from greenlightning.data.datasets import load
from tasks.data.batch_files import describe, read_content
from tasks.data.ingestion import land
from tasks.quarantine.moves import quarantine
from tasks.validation.expectations import Expectations, learn_expectations
from tasks.validation.verdict import validate
from tests.helpers.batches import Arrays, batch_of, blobs, with_cell
from tests.helpers.real_data import real_root

pytestmark = [pytest.mark.filterwarnings("ignore:module 'sre_:DeprecationWarning"), pytest.mark.slow]


@pytest.fixture
def base(tmp_path: Path) -> Expectations:
    return learn_expectations(batch_of(tmp_path, *blobs(0, 600)).path)


@pytest.mark.parametrize("corrupt", [with_cell(np.inf), lambda arrays: (arrays[0][:4], arrays[1][:4])])
def test_an_unfit_base_fails(tmp_path: Path, corrupt: Callable[[Arrays], Arrays]) -> None:
    assert not validate.fn(batch_of(tmp_path, *corrupt(blobs(1)))).passed


def test_a_base_is_checked_without_expectations(tmp_path: Path) -> None:
    report = validate.fn(batch_of(tmp_path, *blobs(0)))
    assert report.passed
    assert report.statistics["class_counts"] == {"0": 100, "1": 100, "2": 100}


@pytest.mark.parametrize("rows", [12, 60, 2000])
def test_batches_of_the_same_source_pass(tmp_path: Path, base: Expectations, rows: int) -> None:
    report = validate.fn(batch_of(tmp_path, *blobs(1, rows)), base)
    assert report.failures == ()


def test_a_mildly_shifted_batch_passes(tmp_path: Path, base: Expectations) -> None:
    X, y = blobs(1)
    assert validate.fn(batch_of(tmp_path, X + 0.4 * X.std(axis=0), y), base).passed


def one_column_in_another_unit(arrays: Arrays) -> Arrays:
    X, y = arrays
    X[:, 5] *= 1000
    return X, y


@pytest.mark.parametrize(
    ("corrupt", "causes"),
    [
        (with_cell(np.inf), ["Infinite cells: 1, in columns 'x2'"]),
        (one_column_in_another_unit, ["Columns in another unit: 'x5' (multiplied by 1,000)"]),
        (lambda a: (a[0] * 1000, a[1]), ["Columns far outside their range", "(multiplied by 1,000)"]),
        (lambda a: (a[0][:, ::-1], a[1]), ["fit only in another order"]),
        (lambda a: (a[0][:, np.random.default_rng(0).permutation(8)], a[1]), ["Columns are swapped: "]),
        (lambda a: (np.ones_like(a[0]), a[1]), ["no feature varies", "99.0% of the rows repeat"]),
        (lambda a: (np.tile(a[0][:150], (2, 1)), np.tile(a[1][:150], 2)), ["50.0% of the rows repeat"]),
        (
            lambda a: (a[0], np.where(a[1] == 2, 7, a[1])),
            ["Labels that the base does not know: 7, in 100 of 300 rows"],
        ),
        (lambda a: (a[0], np.array(["a", "b", "c"])[a[1]]), ["of type str where the base has int"]),
        (lambda a: (a[0][:, :7], a[1]), ["The columns are not those of the base: without 'x7'"]),
    ],
)
def test_corrupt_batches_fail_with_the_cause(
    tmp_path: Path, base: Expectations, corrupt: Callable[[Arrays], Arrays], causes: list[str]
) -> None:
    report = validate.fn(batch_of(tmp_path, *corrupt(blobs(1))), base)
    assert not report.passed
    for cause in causes:
        assert any(cause in failure for failure in report.failures), report.failures
    assert all("\n" not in failure for failure in report.failures)


@pytest.mark.parametrize(
    ("change", "moves"),
    [
        (with_cell(np.nan), ()),
        (lambda a: (a[0][:7], a[1][:7]), ()),
        (
            lambda a: (a[0] + 2 * a[0].std(axis=0), a[1]),
            (
                "49.0% of the rows have over 1 cell outside the range so far",
                "The means moved by 1.98 standard deviations",
            ),
        ),
        (lambda a: (a[0], a[1] * 0), ("The most frequent label takes 100.0% of the rows",)),
        (
            lambda a: (a[0], np.where(np.arange(300) < 6, a[1], 0)),
            ("The most frequent label takes 98.7% of the rows",),
        ),
    ],
)
def test_what_a_moving_stream_does_passes_and_is_reported(
    tmp_path: Path, base: Expectations, change: Callable[[Arrays], Arrays], moves: tuple[str, ...]
) -> None:
    report = validate.fn(batch_of(tmp_path, *change(blobs(1))), base)
    assert report.failures == ()
    assert len(report.moved) >= len(moves)
    for move in moves:
        assert any(move in found for found in report.moved), report.moved
    page = report.docs.read_text().replace("&#39;", "'")
    assert all(found in page for found in report.moved)


def test_missing_labels_fail(tmp_path: Path, base: Expectations) -> None:
    X, y = blobs(1)
    rows = [[*row, "" if index < 2 else label] for index, (row, label) in enumerate(zip(X, y, strict=True))]
    lines = [",".join([*base.features, "label"]), *(",".join(map(str, row)) for row in rows)]
    (tmp_path / "made.csv").write_text("\n".join(lines))
    report = validate.fn(land.fn(tmp_path / "made.csv", "d"), base)
    assert report.failures == (
        "2 of 300 rows have no label (the first is row 1): fill in the label, or leave the row out",
    )


def test_new_labels_pass_only_where_they_are_allowed(tmp_path: Path, base: Expectations) -> None:
    X, y = blobs(1)
    batch = batch_of(tmp_path, X, np.where(y == 2, 7, y))
    allowed = validate.fn(batch, base, allow_new_labels=True)
    assert allowed.passed
    assert allowed.statistics["new_labels"] == [7]
    assert validate.fn(batch, base.model_copy(update={"allow_new_labels": True})).passed
    assert not validate.fn(batch, base).passed


def test_a_file_that_cannot_be_opened_is_a_failed_report(tmp_path: Path, base: Expectations) -> None:
    path = batch_of(tmp_path, *blobs(1)).path
    path.write_bytes(path.read_bytes()[:-30])
    report = validate.fn(describe(path, "d"), base)
    assert not report.passed
    assert "cannot be opened" in report.failures[0]
    assert report.docs.is_file()


def test_a_batch_without_rows_fails(home: Path, base: Expectations) -> None:
    path = home / "empty.parquet"
    pq.write_table(pa.table({name: pa.array([], pa.float32()) for name in [*base.features, "label"]}), path)
    assert "The batch has 0 rows; at least 1 are needed" in validate.fn(describe(path, "d"), base).failures


def test_the_page_is_self_contained_and_its_links_lead_to_the_data_docs(
    tmp_path: Path, base: Expectations
) -> None:
    X, y = blobs(1)
    batch = batch_of(tmp_path, X, np.where(y == 2, 7, y), feature_names=[*base.features[:7], "<b>"])
    report = validate.fn(batch, base)
    page = report.docs.read_text()
    assert "http" not in page
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    folder = quarantine.fn(batch, report.failures)
    links = re.findall(r'href="([^"]+)"', page)
    assert links
    for place in (report.docs.parent, folder):
        assert all((place / link).is_file() for link in links)


@pytest.mark.parametrize("name", ["digits", "letter", "fashion-mnist"])
def test_real_batches_pass_and_their_corruptions_fail(tmp_path: Path, name: str) -> None:
    data = load(name, None if name == "digits" else real_root(name))
    X, y = data.X_train[:2000], data.y_train[:2000]
    half = len(X) // 2
    base = learn_expectations(batch_of(tmp_path, X[:half], y[:half]).path)
    for start in (half, half + 200):
        batch = batch_of(tmp_path, X[start : start + 100], y[start : start + 100])
        assert validate.fn(batch, base).failures == ()
    later, labels = X[half:], y[half:]
    shuffled = later[:, np.random.default_rng(0).permutation(X.shape[1])]
    for bad in (later / 255, later.max() - later, shuffled):
        assert not validate.fn(batch_of(tmp_path, bad, labels), base).passed


def test_sixty_thousand_rows_of_784_columns_take_seconds(home: Path) -> None:
    images = real_root("fashion-mnist") / "fashion-mnist" / "train-images-idx3-ubyte.gz"
    batch = land.fn(images, "d")
    base = learn_expectations(batch.path)
    started = time.perf_counter()
    report = validate.fn(batch, base)
    seconds = time.perf_counter() - started
    print(f"validate, 60,000 x 784: {seconds:.1f} s")
    assert report.passed
    assert seconds < 30
    assert read_content(batch.path).numbers.shape == (60_000, 784)
