"""A federation of ten sites on the handwritten digits, each a process of its own, in under a minute.

The sites hold very different digits (Dirichlet 0.3). The largest one trains the structure; then every site sums
its rows, and the sum is compared with learning all rows in one place and with averaging the sites' own models.
"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from greenlightning.data.batch import Batch
from greenlightning.data.datasets import load
from greenlightning.estimators import GreenLightningClassifier
from greenlightning.federation.combination import combine
from greenlightning.federation.contribution import FEWEST_ROWS, Contribution, read_contribution
from greenlightning.federation.keys import SigningKey
from greenlightning.federation.publication import publish, read_publication
from greenlightning.model import GreenLightningModel

SITES, CONCENTRATION, AT_ONCE, SEED = 10, 0.3, 2, 0
Rows = NDArray[np.generic]


@dataclass(frozen=True)
class DemoResult:
    """What came out.

    Attributes
    ----------
    sites : list of (str, int, int, float)
        Name, rows, classes, and the accuracy of a site's own model.
    accuracy : dict of str to float
        Accuracy on the test rows, by method.
    same_digest : bool
        Whether the sum has the digest of learning all rows in one place.
    bytes_up : int
        Bytes that all sites sent together.
    """

    sites: list[tuple[str, int, int, float]]
    accuracy: dict[str, float]
    same_digest: bool
    bytes_up: int


def run_demo() -> DemoResult:
    """Run the federation in a temporary folder.

    Returns
    -------
    DemoResult
        Accuracies, the comparison of digests, and the bytes sent.
    """
    data = load("digits")
    parts = dirichlet_parts(data.y_train, SITES, CONCENTRATION, SEED)
    largest = max(parts, key=len)
    network = GreenLightningClassifier(paths="synthetic", random_state=SEED)
    trained = network.fit(data.X_train[largest], data.y_train[largest]).model_
    with TemporaryDirectory() as place:
        folder = Path(place)
        publish(trained, folder / "publication", SigningKey.generate())
        published = read_publication(folder / "publication")
        batches = {
            f"site-{number}": Batch(data.X_train[rows], data.y_train[rows]) for number, rows in enumerate(parts)
        }
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda one: _in_its_process(folder, *one), batches.items()))
        sent = [read_contribution(folder / name, published) for name in batches]
        bytes_up = sum(file.stat().st_size for name in batches for file in (folder / name).iterdir())
    together = combine(published, sent)
    central = published
    for batch in batches.values():
        central = central.learn(batch)
    alone = [combine(published, [one]) for one in sent]
    found = {
        "one site, on average": float(np.mean([_accuracy(one, data.X_test, data.y_test) for one in alone])),
        "averaged, weighted by rows": _averaged(alone, sent, data.X_test, data.y_test),
        "federated": _accuracy(together, data.X_test, data.y_test),
        "learnt in one place": _accuracy(central, data.X_test, data.y_test),
    }
    sites = [
        (one.site, one.rows, len(one.statistics.columns), _accuracy(model, data.X_test, data.y_test))
        for one, model in zip(sent, alone, strict=True)
    ]
    return DemoResult(sites, found, together.statistics.digest == central.statistics.digest, bytes_up)


def dirichlet_parts(y: Rows, n_parts: int, concentration: float, seed: int) -> list[NDArray[np.intp]]:
    """Divide rows among sites so that their mixes of labels differ.

    Parameters
    ----------
    y : array-like of shape (n,)
        Labels.
    n_parts : int
        Sites.
    concentration : float
        Parameter of the Dirichlet distribution of each class over the sites; the smaller, the more they differ.
    seed : int
        Seed of the draw, which is repeated until every site has rows enough to send.

    Returns
    -------
    list of ndarray
        Row numbers of each site.
    """
    rng = np.random.default_rng(seed)
    while True:
        parts: list[list[NDArray[np.intp]]] = [[] for _ in range(n_parts)]
        for label in np.unique(y):
            rows = rng.permutation(np.flatnonzero(y == label))
            cuts = (np.cumsum(rng.dirichlet([concentration] * n_parts))[:-1] * len(rows)).astype(int)
            for part, piece in zip(parts, np.split(rows, cuts), strict=True):
                part.append(piece)
        found = [np.sort(np.concatenate(part)) for part in parts]
        if min(map(len, found)) >= FEWEST_ROWS:
            return found


def _in_its_process(folder: Path, name: str, batch: Batch) -> None:
    rows = folder / f"{name}.npz"
    np.savez(rows, X=batch.X, y=batch.y)
    command = [sys.executable, "-m", "greenlightning.federation.site"]
    subprocess.run([*command, str(folder / "publication"), str(rows), name, str(folder / name)], check=True)


def _accuracy(model: GreenLightningModel, X: Rows, y: Rows) -> float:
    return float(np.mean(model.predict(X) == y))


def _averaged(models: list[GreenLightningModel], sent: list[Contribution], X: Rows, y: Rows) -> float:
    """Accuracy of the sites' own models, averaged by rows, as the GreenLightningAI paper averages copies."""
    classes = sorted({label for model in models for label in model.classes})
    scores = np.zeros((len(y), len(classes)))
    for model, one in zip(models, sent, strict=True):
        columns = [classes.index(label) for label in model.classes]
        scores[:, columns] += one.rows * model.decision_function(X)
    return float(np.mean(np.array(classes)[scores.argmax(axis=1)] == y))
