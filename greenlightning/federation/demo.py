"""A federation of ten sites on the handwritten digits, each of two processes, in under a minute.

The sites hold very different digits (Dirichlet 0.3). The largest one trains the structure; then two processes of
every site sum half of its rows each, and the sum is compared with learning all rows in one place and with
averaging the sites' own models.
"""

import multiprocessing
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from greenlightning.data.batch import Batch
from greenlightning.data.datasets import load
from greenlightning.estimators import GreenLightningClassifier
from greenlightning.federation.combination import combine
from greenlightning.federation.contribution import FEWEST_ROWS, read_contribution
from greenlightning.federation.keys import SigningKey
from greenlightning.federation.publication import publish, read_publication
from greenlightning.federation.site import contribute_rows
from greenlightning.model import GreenLightningModel

SITES, PROCESSES, CONCENTRATION, AT_ONCE, SEED = 10, 2, 0.3, 2, 0
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
    processes : int
        Processes that summed rows and signed their sums.
    """

    sites: list[tuple[str, int, int, float]]
    accuracy: dict[str, float]
    same_digest: bool
    bytes_up: int
    processes: int


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
    batches = {
        f"site-{number}": [
            Batch(data.X_train[half], data.y_train[half]) for half in np.array_split(rows, PROCESSES)
        ]
        for number, rows in enumerate(parts)
    }
    with TemporaryDirectory() as place:
        folder = Path(place)
        publish(trained, folder / "publication", SigningKey.generate())
        published, folders = read_publication(folder / "publication"), _in_processes(folder, batches)
        sent = [read_contribution(one, published) for one in folders]
        bytes_up = sum(file.stat().st_size for one in folders for file in one.iterdir())
    together = combine(published, sent)
    central = published
    for batch in (half for halves in batches.values() for half in halves):
        central = central.learn(batch)
    alone = {name: combine(published, [one for one in sent if one.site == name]) for name in batches}
    accuracy = {name: _accuracy(model, data.X_test, data.y_test) for name, model in alone.items()}
    found = {
        "one site, on average": float(np.mean(list(accuracy.values()))),
        "averaged, weighted by rows": _averaged(list(alone.values()), data.X_test, data.y_test),
        "federated": _accuracy(together, data.X_test, data.y_test),
        "learnt in one place": _accuracy(central, data.X_test, data.y_test),
    }
    sites = [(name, model.statistics.n, len(model.classes), accuracy[name]) for name, model in alone.items()]
    same = together.statistics.digest == central.statistics.digest
    return DemoResult(sites, found, same, bytes_up, len(folders))


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
        Seed of the draw, which is repeated until every process of a site has rows enough to send.

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
        if min(map(len, found)) >= PROCESSES * FEWEST_ROWS:
            return found


def _in_processes(folder: Path, batches: Mapping[str, list[Batch]]) -> list[Path]:
    """Have each batch of each site summed by a process of its own; the folders that they sign.

    Processes are forked from one that has imported the library and computed nothing: it is imported once.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([contribute_rows.__module__])
    work = []
    with ProcessPoolExecutor(AT_ONCE, mp_context=context, max_tasks_per_child=1) as pool:
        for site, halves in batches.items():
            key = folder / f"{site}.pem"
            SigningKey.generate().save(key)
            for number, batch in enumerate(halves):
                rows, out = folder / f"{site}-{number}.npz", folder / f"{site}-{number}"
                np.savez(rows, X=batch.X, y=batch.y)
                work.append((out, pool.submit(contribute_rows, folder / "publication", rows, key, site, out)))
    for _, done in work:
        done.result()
    return [out for out, _ in work]


def _accuracy(model: GreenLightningModel, X: Rows, y: Rows) -> float:
    return float(np.mean(model.predict(X) == y))


def _averaged(models: list[GreenLightningModel], X: Rows, y: Rows) -> float:
    """Accuracy of the sites' own models, averaged by rows, as the GreenLightningAI paper averages copies."""
    classes = sorted({label for model in models for label in model.classes})
    scores = np.zeros((len(y), len(classes)))
    for model in models:
        columns = [classes.index(label) for label in model.classes]
        scores[:, columns] += model.statistics.n * model.decision_function(X)
    return float(np.mean(np.array(classes)[scores.argmax(axis=1)] == y))
