"""How the value of each cell is found; what cells of one set share is made once."""

from dataclasses import asdict
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from benchmarks.core.records import Record, latest, select
from benchmarks.federation.study import plan
from benchmarks.federation.study.averaging import BUDGET, Federation, Method
from benchmarks.federation.study.ours import Terms, averages, gradient_averages, summed
from benchmarks.federation.study.plan import Cell
from benchmarks.federation.study.setting import Setting
from benchmarks.federation.study.sites import divide
from greenlightning.evaluation.conventional_network import ConventionalNetwork

LONGER = 4


@lru_cache(maxsize=1)
def setting_of(dataset: str, seed: int) -> Setting:
    """The rows of a set."""
    return Setting.of(dataset, seed)


@lru_cache(maxsize=4)
def terms_of(dataset: str, seed: int, features: int | None = None) -> Terms:
    """What the coordinator publishes, by default with as many features as the library chooses."""
    number = {} if features is None else {"n_landmarks": features, "n_random_features": 0}
    return Terms.of(setting_of(dataset, seed), paths="synthetic", **number)


def tuned(cell: Cell) -> Record:
    """The rate, local steps and µ that were found for a cell's set and split."""
    split = plan.TUNED_ON[cell.split]
    (found,) = select(latest(plan.PART), dataset=cell.dataset, split=split, method=plan.TUNING)
    return found


def prepare(cell: Cell) -> None:
    """Make what a cell shares with others, which is no part of its cost."""
    setting_of(cell.dataset, cell.seed)
    if cell.method in (plan.OURS, plan.EXACT, plan.GRADIENT):
        terms_of(cell.dataset, cell.seed)
    elif cell.method == plan.SMALL:
        terms_of(cell.dataset, cell.seed, plan.SMALL_FEATURES)


def value_of(cell: Cell) -> Record:
    """Measure one cell."""
    setting = setting_of(cell.dataset, cell.seed)
    if cell.method == plan.LANDMARKS:
        terms = Terms.of(setting, paths="landmarks")
        return {"accuracy": _accuracy(terms.central, setting), "features": terms.published.paths.n_features_out}
    if cell.method == plan.CENTRAL:
        network = ConventionalNetwork((128, 128)).fit(
            np.concatenate([setting.X_base, setting.X]), np.concatenate([setting.y_base, setting.y])
        )
        return {"accuracy": _accuracy(network, setting)}
    sites = divide(setting.y, cell.split, cell.sites, cell.seed)
    if cell.method == plan.OURS:
        return _ours(setting, sites, terms_of(cell.dataset, cell.seed))
    if cell.method == plan.SMALL:
        return _ours(setting, sites, terms_of(cell.dataset, cell.seed, plan.SMALL_FEATURES))
    if cell.method in (plan.EXACT, plan.GRADIENT):
        way = averages if cell.method == plan.EXACT else gradient_averages
        found = way(setting, sites, terms_of(cell.dataset, cell.seed))
        return {"accuracy": found["by rows"], "plainly": found["plainly"], "rounds": 1}
    federation = Federation(setting, sites)
    if cell.method == plan.TUNING:
        found = federation.tuned()
        return {"rate": found.rate, "steps": found.steps, "proximal": federation.pulled(found).proximal}
    return _rounds(cell, federation)


def _ours(setting: Setting, sites: list[Any], terms: Terms) -> Record:
    model, bytes_up = summed(setting, sites, terms)
    return {
        "accuracy": _accuracy(model, setting),
        "rounds": 1,
        "bytes_up": bytes_up,
        "bytes_down": terms.publication_bytes * len(sites),
        "features": terms.published.paths.n_features_out,
        "structure_seconds": terms.seconds,
        "structure_joules": terms.joules,
        "digest": model.statistics.digest,
        "central": terms.central.statistics.digest,
    }


def _rounds(cell: Cell, federation: Federation) -> Record:
    known = tuned(cell)
    method = Method(
        rate=known["rate"],
        steps=known["steps"],
        proximal=known["proximal"] if cell.method == plan.FEDPROX else 0.0,
        by_oui=cell.method == plan.FEDOUI,
        budget=BUDGET * (LONGER if cell.method == plan.LONG else 1),
    )
    found = federation.run_warm(method) if cell.method == plan.WARM else federation.run(method)
    settings = {"rate": method.rate, "steps": method.steps, "proximal": method.proximal}
    return asdict(found) | {"bytes_down": found.bytes_up, **settings}


def _accuracy(model: Any, setting: Setting) -> float:
    return float(np.mean(model.predict(setting.X_test) == setting.y_test))


def one_thread() -> None:
    """Times are of one thread."""
    torch.set_num_threads(1)
