"""Readers read exactly what was published, and say in one line why anything else is refused."""

import hashlib
import io
import urllib.error
from pathlib import Path

import numpy as np
import pytest

from greenlightning.data import datasets
from greenlightning.errors import IntegrityError, NothingServedError
from tests.helpers.real_data import real_root


def test_digits_have_a_fixed_stratified_holdout() -> None:
    first, second = datasets.load("digits"), datasets.load_digits()
    assert first.X_train.shape == (1347, 64)
    assert first.X_test.shape == (450, 64)
    assert np.array_equal(first.X_test, second.X_test)
    assert len(first.feature_names) == 64
    shares = np.bincount(first.y_test) / np.bincount(np.r_[first.y_train, first.y_test])
    assert np.all(np.abs(shares - 0.25) < 0.01)


def test_an_unknown_dataset_names_the_known_ones() -> None:
    with pytest.raises(NothingServedError, match="digits, fashion-mnist, letter"):
        datasets.load("mnist")


def test_without_a_folder_the_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GREENLIGHTNING_DATASETS", raising=False)
    with pytest.raises(NothingServedError, match="GREENLIGHTNING_DATASETS"):
        datasets.load("letter")


def test_a_missing_file_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(NothingServedError, match=r"download\('fashion-mnist', root\)"):
        datasets.load("fashion-mnist", tmp_path)


def test_altered_bytes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "letter").mkdir()
    (tmp_path / "letter" / "letter-recognition.data").write_text("T,2,8\n")
    monkeypatch.setenv("GREENLIGHTNING_DATASETS", str(tmp_path))
    with pytest.raises(IntegrityError, match="not the published"):
        datasets.load_letter()


def test_both_published_layouts_of_letter_read_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = " ".join(str(number) for number in range(16))
    read = []
    for number, text in enumerate(
        (f"{values} A\r\n{values} Z\r\n", f"A {values}\nZ {values}\n".replace(" ", ","))
    ):
        content = text.encode()
        folder = tmp_path / str(number) / "letter"
        folder.mkdir(parents=True)
        (folder / "letter-recognition.data").write_bytes(content)
        known = datasets.KnownFile("https://host/letter-recognition.data", (hashlib.sha256(content).hexdigest(),))
        monkeypatch.setitem(datasets.KNOWN, "letter", (known,))
        read.append(datasets.load_letter(folder.parent))
    for letter in read:
        assert letter.y_train.tolist() == ["A", "Z"]
        assert letter.X_train.tolist() == [list(range(16))] * 2


def test_download_fetches_once_and_only_the_published_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(url: str, timeout: float) -> io.BytesIO:
        asked.append(url)
        return io.BytesIO(b"published" if "good" in url else b"tampered")

    sha256 = (hashlib.sha256(b"published").hexdigest(),)
    monkeypatch.setattr("urllib.request.urlopen", answer)
    monkeypatch.setitem(datasets.KNOWN, "letter", (datasets.KnownFile("https://good/a", sha256),))
    assert (datasets.download("letter", tmp_path) / "a").read_bytes() == b"published"
    datasets.download("letter", tmp_path)
    assert asked == ["https://good/a"]

    monkeypatch.setitem(datasets.KNOWN, "letter", (datasets.KnownFile("https://bad/b", sha256),))
    with pytest.raises(IntegrityError, match="not the published"):
        datasets.download("letter", tmp_path)
    assert [path.name for path in (tmp_path / "letter").iterdir()] == ["a"]


def test_download_says_when_nothing_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(url: str, timeout: float) -> None:
        raise urllib.error.URLError("no route")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    with pytest.raises(NothingServedError, match="no route"):
        datasets.download("letter", tmp_path)
    with pytest.raises(NothingServedError, match="No files are known"):
        datasets.download("digits", tmp_path)


def test_letter_is_split_by_convention() -> None:
    letter = datasets.load("letter", real_root("letter"))
    assert letter.X_train.shape == (16_000, 16)
    assert letter.X_test.shape == (4_000, 16)
    assert letter.y_train[:4].tolist() == ["T", "I", "D", "N"]
    assert letter.X_train[0].tolist() == [2, 8, 3, 5, 1, 8, 13, 0, 6, 6, 10, 8, 0, 8, 0, 8]


def test_fashion_mnist_is_upstreams() -> None:
    fashion = datasets.load("fashion-mnist", real_root("fashion-mnist"))
    assert fashion.X_train.shape == (60_000, 784)
    assert fashion.X_test.shape == (10_000, 784)
    assert np.bincount(fashion.y_train).tolist() == [6_000] * 10
    assert fashion.X_train.max() == 255
