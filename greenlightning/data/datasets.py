"""Loaders of three public data sets; nothing is fetched unless ``download`` is called.

>>> from greenlightning.data.datasets import load
>>> load("digits").X_train.shape
(1347, 64)
"""

import os
import shutil
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from greenlightning.data.files import sha256_of_file
from greenlightning.data.idx import read_idx
from greenlightning.errors import IntegrityError, NothingServedError

__all__ = [
    "KNOWN",
    "Dataset",
    "download",
    "load",
    "load_digits",
    "load_fashion_mnist",
    "load_letter",
]

DATASETS_VARIABLE = "GREENLIGHTNING_DATASETS"
FASHION = "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion"
UCI = "https://archive.ics.uci.edu/ml/machine-learning-databases"
LETTER_FEATURES = (
    *("x-box", "y-box", "width", "high", "onpix", "x-bar", "y-bar", "x2bar"),
    *("y2bar", "xybar", "x2ybr", "xy2br", "x-ege", "xegvy", "y-ege", "yegvx"),
)


@dataclass(frozen=True)
class Dataset:
    """A named set with its training and test rows.

    Attributes
    ----------
    name : str
        Name of the set.
    X_train, X_test : ndarray of shape (n, d), float32
        Inputs.
    y_train, y_test : ndarray of shape (n,)
        Labels.
    feature_names : tuple of d str
        Names of the columns.
    source : str
        One line of source and licence.
    """

    name: str
    X_train: NDArray[np.float32]
    y_train: NDArray[Any]
    X_test: NDArray[np.float32]
    y_test: NDArray[Any]
    feature_names: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class KnownFile:
    """A published file.

    Attributes
    ----------
    url : str
        Its public address.
    sha256 : tuple of str
        Digests of every layout it is published in.
    """

    url: str
    sha256: tuple[str, ...]

    @property
    def name(self) -> str:
        """The file's name below ``root/<dataset>/``."""
        return self.url.rpartition("/")[2]


KNOWN: dict[str, tuple[KnownFile, ...]] = {
    "fashion-mnist": tuple(
        KnownFile(f"{FASHION}/{name}", (sha256,))
        for name, sha256 in (
            (
                "train-images-idx3-ubyte.gz",
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            ),
            (
                "train-labels-idx1-ubyte.gz",
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            ),
            ("t10k-images-idx3-ubyte.gz", "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
            ("t10k-labels-idx1-ubyte.gz", "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
        )
    ),
    "letter": (
        KnownFile(
            f"{UCI}/letter-recognition/letter-recognition.data",
            (
                "2b89f3602cf768d3c8355267d2f13f2417809e101fc2b5ceee10db19a60de6e2",  # commas, letter first
                "0a248cae784120212b2691e14cf4cf1d22efedbbdc2c1bca2b49d7e3cf53daad",  # blanks, letter last
            ),
        ),
    ),
}


def load(name: str, root: str | Path | None = None) -> Dataset:
    """Load a data set.

    Parameters
    ----------
    name : {"digits", "fashion-mnist", "letter"}
        The set.
    root : str or Path, optional
        Folder that holds the sets' folders; by default GREENLIGHTNING_DATASETS. Not used for "digits".

    Returns
    -------
    Dataset
        The set.

    Raises
    ------
    NothingServedError
        Where the name is another, or a file is missing.
    IntegrityError
        Where a file does not have its published bytes.
    """
    loaders: dict[str, Callable[[], Dataset]] = {
        "digits": load_digits,
        "fashion-mnist": lambda: load_fashion_mnist(root),
        "letter": lambda: load_letter(root),
    }
    if name not in loaders:
        raise NothingServedError(f"No dataset is called {name!r}", f"Use one of {', '.join(loaders)}")
    return loaders[name]()


def load_digits() -> Dataset:
    """Load scikit-learn's bundled 8x8 digits: 1,347 to train and a fixed stratified holdout of 450."""
    from sklearn.datasets import load_digits as bundled
    from sklearn.model_selection import train_test_split

    digits = bundled()
    X_train, X_test, y_train, y_test = train_test_split(
        digits.data.astype(np.float32),
        digits.target.astype(np.int64),
        test_size=0.25,
        random_state=0,
        stratify=digits.target,
    )
    source = "Optical Recognition of Handwritten Digits, UCI, CC BY 4.0; bundled with scikit-learn"
    return Dataset("digits", X_train, y_train, X_test, y_test, tuple(digits.feature_names), source)


def load_fashion_mnist(root: str | Path | None = None) -> Dataset:
    """Load Fashion-MNIST from below ``root``: 60,000 + 10,000 images of 28x28, flattened."""
    images, labels, test_images, test_labels = map(read_idx, _verified_files("fashion-mnist", root))
    return Dataset(
        "fashion-mnist",
        images.reshape(len(images), -1).astype(np.float32),
        labels.astype(np.int64),
        test_images.reshape(len(test_images), -1).astype(np.float32),
        test_labels.astype(np.int64),
        tuple(f"pixel_{row}_{column}" for row in range(28) for column in range(28)),
        "Fashion-MNIST, Zalando Research, MIT",
    )


def load_letter(root: str | Path | None = None) -> Dataset:
    """Load UCI letter recognition from below ``root``: 16,000 rows to train and 4,000 to test."""
    (path,) = _verified_files("letter", root)
    rows = np.array(path.read_text().replace(",", " ").split()).reshape(-1, 17)
    if rows[0, 0].isalpha():
        rows = np.roll(rows, -1, axis=1)
    X, y = rows[:, :-1].astype(np.float32), rows[:, -1].astype("<U1")
    return Dataset(
        "letter",
        X[:16_000],
        y[:16_000],
        X[16_000:],
        y[16_000:],
        LETTER_FEATURES,
        "Letter Recognition, D. J. Slate, UCI Machine Learning Repository 1991, CC BY 4.0",
    )


def download(name: str, root: str | Path | None = None) -> Path:
    """Fetch a known set's files; files already right are kept.

    Parameters
    ----------
    name : {"fashion-mnist", "letter"}
        The set.
    root : str or Path, optional
        Folder that holds the sets' folders; by default GREENLIGHTNING_DATASETS.

    Returns
    -------
    Path
        ``root/<name>``.

    Raises
    ------
    IntegrityError
        Where the bytes are not the published ones.
    NothingServedError
        Where the name is unknown, no folder is given, or nothing answers.
    """
    files = _known(name)
    folder = _root(name, root) / name
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        target = folder / file.name
        if target.is_file() and sha256_of_file(target) in file.sha256:
            continue
        partial = target.with_name(f".{file.name}.{os.getpid()}.part")
        try:
            with urllib.request.urlopen(file.url, timeout=60) as reply, partial.open("wb") as stream:
                shutil.copyfileobj(reply, stream)
            _verify(partial, file)
            partial.replace(target)
        except IntegrityError:
            raise
        except OSError as error:
            raise NothingServedError(
                f"{file.url} could not be fetched ({error})",
                f"Fetch it by hand into {folder} and try again",
            ) from error
        finally:
            partial.unlink(missing_ok=True)
    return folder


def _known(name: str) -> tuple[KnownFile, ...]:
    if name not in KNOWN:
        raise NothingServedError(f"No files are known for a dataset {name!r}", f"Use one of {', '.join(KNOWN)}")
    return KNOWN[name]


def _root(name: str, root: str | Path | None) -> Path:
    folder = root or os.environ.get(DATASETS_VARIABLE)
    if not folder:
        raise NothingServedError(
            f"No folder is given to look for {name!r} in",
            f"Set {DATASETS_VARIABLE}, or pass root=",
        )
    return Path(folder).expanduser()


def _verified_files(name: str, root: str | Path | None) -> list[Path]:
    folder = _root(name, root) / name
    paths = []
    for file in _known(name):
        path = folder / file.name
        if not path.is_file():
            raise NothingServedError(
                f"The dataset {name!r} is not complete: {path} does not exist",
                f"Call greenlightning.data.datasets.download({name!r}, root), or fetch {file.url} into {folder}",
            )
        _verify(path, file)
        paths.append(path)
    return paths


def _verify(path: Path, file: KnownFile) -> None:
    if (found := sha256_of_file(path)) not in file.sha256:
        raise IntegrityError(
            f"{path} has sha256 {found[:12]}…, not the published {file.sha256[0][:12]}…",
            f"Delete it and fetch it again from {file.url}",
        )
