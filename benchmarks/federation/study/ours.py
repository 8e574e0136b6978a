"""Ours: one round of signed sums under a recipe with synthetic landmarks; and local models averaged instead."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.federation.study.setting import Setting
from greenlightning import GreenLightningClassifier, PathSGDClassifier
from greenlightning.data.batch import Batch
from greenlightning.data.ledger import LedgerEntry
from greenlightning.energy.meter import EnergyMeter
from greenlightning.federation import SigningKey, contribute, publish, read_contribution, read_publication
from greenlightning.linear.statistics import Statistics
from greenlightning.model import GreenLightningModel

MEASURED_MESSAGES = 100
Sites = list[NDArray[np.intp]]


@dataclass(frozen=True)
class Terms:
    """The publication and its cost, the coordinator's own sums under it, and all rows learnt in one place."""

    published: GreenLightningModel
    base: GreenLightningModel
    central: GreenLightningModel
    publication_bytes: int
    seconds: float
    joules: float

    @classmethod
    def of(cls, setting: Setting, **recipe: Any) -> "Terms":
        """Structure and recipe of the coordinator's rows, by the library's defaults but for ``recipe``."""
        network, start = GreenLightningClassifier(random_state=setting.seed, **recipe), time.process_time()
        with EnergyMeter() as meter:
            trained = network.fit(setting.X_base, setting.y_base).model_
        cost = time.process_time() - start, meter.energy.joules
        with TemporaryDirectory() as place:
            folder = Path(place) / "publication"
            publish(trained, folder, SigningKey.generate(), with_rows=True)
            published, size = read_publication(folder), _size(folder)
        base = published.learn(Batch(setting.X_base, setting.y_base))
        return cls(published, base, base.learn(Batch(setting.X, setting.y)), size, *cost)


def summed(setting: Setting, sites: Sites, terms: Terms) -> tuple[GreenLightningModel, int]:
    """The sum of all sites, and the bytes they send; of many sites, those of the first few times their number."""
    model, sizes = terms.base, []
    for number, rows in enumerate(sites):
        batch = Batch(setting.X[rows], setting.y[rows])
        if number < MEASURED_MESSAGES:
            sent, size = _sent(terms.published, batch, f"site-{number}")
            sizes.append(size)
        else:
            sent = terms.published.collect(batch.X, batch.y)
        model = model.absorb(sent, batch.id, LedgerEntry(batch.rows, None, f"site-{number}"))
    return model, round(np.mean(sizes) * len(sites))


def message_bytes(setting: Setting, sites: Sites, terms: Terms) -> list[int]:
    """The bytes of what each site sends."""
    batches = [Batch(setting.X[rows], setting.y[rows]) for rows in sites]
    return [_sent(terms.published, batch, f"site-{number}")[1] for number, batch in enumerate(batches)]


def local_models(setting: Setting, sites: Sites, terms: Terms) -> Iterator[NDArray[np.float64]]:
    """The test scores (n, k) of each site's own exact model; zero for a class it has not seen."""
    published = terms.published
    features = torch.cat([block for _, block in published.paths.blocks(setting.X_test)])
    for rows in sites:
        statistics = published.collect(setting.X[rows], setting.y[rows])
        model = GreenLightningModel(published.paths, published.targets, statistics, published.alpha)
        scores = np.zeros((len(setting.y_test), setting.n_classes))
        if len(model.classes) > 1:
            scores[:, list(model.classes)] = model.score(features)
        else:
            scores[:, list(model.classes)] = 1.0
        yield scores


def averages(setting: Setting, sites: Sites, terms: Terms) -> dict[str, float]:
    """Accuracy of the local models averaged plainly and by rows, as GreenLightningAI averages copies."""
    plain, by_rows = 0.0, 0.0
    for rows, scores in zip(sites, local_models(setting, sites, terms), strict=True):
        plain, by_rows = plain + scores, by_rows + len(rows) * scores
    return {"plainly": _accuracy(plain, setting), "by rows": _accuracy(by_rows, setting)}


def gradient_averages(setting: Setting, sites: Sites, terms: Terms) -> dict[str, float]:
    """The same with copies trained by gradient descent, as in the paper."""
    classes = np.arange(setting.n_classes)
    learner = {"batch_size": 32, "max_iter": 10, "random_state": setting.seed}
    copies = [
        PathSGDClassifier(terms.published.paths, **learner).fit(setting.X[rows], setting.y[rows], classes=classes)
        for rows in sites
    ]
    plain, by_rows = PathSGDClassifier.average(copies, [1.0] * len(copies)), PathSGDClassifier.average(copies)
    return {
        name: float(np.mean(mean.predict(setting.X_test) == setting.y_test))
        for name, mean in (("plainly", plain), ("by rows", by_rows))
    }


def _sent(published: GreenLightningModel, batch: Batch, site: str) -> tuple[Statistics, int]:
    """The statistics that arrive in a real message, and its bytes."""
    with TemporaryDirectory() as place:
        folder = Path(place) / site
        contribute(published, batch, folder, SigningKey.generate(), site=site, fewest_rows=1)
        return read_contribution(folder, published).statistics, _size(folder)


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


def _accuracy(scores: NDArray[np.float64] | float, setting: Setting) -> float:
    return float(np.mean(np.argmax(scores, axis=1) == setting.y_test))
