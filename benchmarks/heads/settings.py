"""Six settings: a frozen backbone on a set, as features that are computed once and kept."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.heads import backbones, texts
from greenlightning.data.datasets import load

PICTURES = 5_000
MOST_ROWS, TEST_SHARE = 3_000, 0.2


@dataclass(frozen=True, eq=False)
class Setting:
    """Features (n, d) of every row, and the class of each, 0 to k - 1."""

    name: str
    X: NDArray[np.float32]
    y: NDArray[np.int64]

    @property
    def digest(self) -> str:
        """Twelve digits over the features and classes."""
        return hashlib.sha256(self.X.tobytes() + self.y.tobytes()).hexdigest()[:12]

    def split(self, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Rows to learn and a fifth to test on, every class in its proportion."""
        from sklearn.model_selection import train_test_split

        rows = np.arange(len(self.y))
        train, test = train_test_split(rows, test_size=TEST_SHARE, random_state=seed, stratify=self.y)
        return np.sort(train), np.sort(test)


def _pictures(name: str) -> tuple[NDArray[Any], NDArray[Any]]:
    data = load(name)
    X, y = data.X_train[:PICTURES], data.y_train[:PICTURES]
    side = round(X.shape[1] ** 0.5)
    return backbones.efficientnet((X.reshape(-1, side, side) / X.max()).astype(np.float32)), y


def _texts(
    read: Callable[[], list[texts.Labelled]], embed: Callable[[list[str]], NDArray[Any]]
) -> tuple[NDArray[Any], NDArray[Any]]:
    labelled = read()
    return embed([text for text, _ in labelled]), np.array([kind for _, kind in labelled])


SETTINGS: dict[str, Callable[[], tuple[NDArray[Any], NDArray[Any]]]] = {
    "static tokens, Debian descriptions": partial(_texts, texts.debian, backbones.static_tokens),
    "static tokens, docstrings": partial(_texts, texts.docstrings, backbones.static_tokens),
    "MiniLM, Debian descriptions": partial(_texts, texts.debian, backbones.minilm),
    "MiniLM, docstrings": partial(_texts, texts.docstrings, backbones.minilm),
    "EfficientNet-Lite0, digits": partial(_pictures, "digits"),
    "EfficientNet-Lite0, Fashion-MNIST": partial(_pictures, "fashion-mnist"),
}


def setting(name: str) -> Setting:
    """3,000 rows of a setting; features are computed where the folder of backbones does not hold them yet."""
    kept = Path(os.environ[backbones.VARIABLE]) / "features" / f"{name.replace(' ', '-').replace(',', '')}.npz"
    if not kept.is_file():
        kept.parent.mkdir(exist_ok=True)
        X, labels = SETTINGS[name]()
        np.savez(kept, X=X.astype(np.float32), y=np.unique(labels, return_inverse=True)[1].astype(np.int64))
    with np.load(kept) as arrays:
        rows = np.sort(np.random.default_rng(0).permutation(len(arrays["y"]))[:MOST_ROWS])
        return Setting(name, arrays["X"][rows], arrays["y"][rows])
