"""FedAvg, FedProx and FedOUI: many rounds of local training, whose networks are averaged.

McMahan et al. 2017 (arXiv:1602.05629), Li et al. 2020 (arXiv:1812.06127), and the public code of FedOUI: its
weights are rows times how typical a site's OUI (overfitting-underfitting indicator of the last hidden layer on
shared rows) is among those of the round, under a beta distribution fitted by moments.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats
from torch import Tensor

from benchmarks.federation.study.local_training import (
    Network,
    averaged,
    fresh_network,
    hidden_and_scores,
    pick_rows,
    train_locally,
)
from benchmarks.federation.study.setting import Setting
from greenlightning.data.packing import packed
from greenlightning.structure.extraction import standardisation

HIDDEN, PARTICIPANTS, BUDGET, LOOKS, LIMIT = (128, 128), 10, 3_000, 30, 8.0
RATES, STEPS, PULLS, TUNING = (0.03, 0.1, 0.3), (5, 20, 80), (0.01, 0.1, 1.0), 5
PROBE_ROWS, TYPICAL_AT_LEAST, WARM_SHARE = 32, 1e-3, 5


@dataclass(frozen=True)
class Method:
    """How sites train and how their networks are weighted; ``budget`` minibatches a participant in all rounds."""

    rate: float = 0.1
    steps: int = 20
    proximal: float = 0.0
    by_oui: bool = False
    budget: int = BUDGET

    @property
    def rounds(self) -> int:
        """Rounds of ``steps`` minibatches each."""
        return self.budget // self.steps


@dataclass(frozen=True)
class Outcome:
    """The round that was best on held-out rows, its accuracy there and on test rows, and bytes each way.

    ``packed`` is the share of its bytes that the network has where it is packed as messages of sums are.
    """

    held_out: float
    accuracy: float
    best_round: int
    rounds: int
    bytes_up: int
    packed: float


class Federation:
    """Sites with rows, and the coordinator's rows beside them, standardised by the coordinator's."""

    def __init__(self, setting: Setting, sites: list[NDArray[np.intp]]) -> None:
        mean, scale = standardisation(setting.X_base)

        def standard(X: NDArray[np.generic]) -> Tensor:
            return torch.from_numpy(((X - mean) / scale).astype(np.float32)).clamp_(-LIMIT, LIMIT)

        self.setting, self.sites = setting, sites
        self.X, self.y = standard(setting.X), torch.from_numpy(setting.y)
        self.held = standard(setting.X_base), torch.from_numpy(setting.y_base)
        self.test = standard(setting.X_test), torch.from_numpy(setting.y_test)

    def run(self, method: Method, start: Network | None = None) -> Outcome:
        """All rounds from ``start``, or from a fresh network; the best of some looks at held-out rows counts."""
        begin = start or self._fresh()
        every = max(1, method.rounds // LOOKS)
        best, best_network, best_round = accuracy(begin, *self.held), begin, 0
        for number, network in enumerate(self._rounds(begin, method), start=1):
            if number % every == 0 and (found := accuracy(network, *self.held)) > best:
                best, best_network, best_round = found, network, number
        sent = best_round * min(PARTICIPANTS, len(self.sites)) * 4 * sum(part.numel() for part in begin)
        found = accuracy(best_network, *self.test)
        return Outcome(best, found, best_round, method.rounds, sent, packed_share(best_network))

    def network_after(self, method: Method) -> Network:
        """The network of the last round."""
        *_, last = self._rounds(self._fresh(), method)
        return last

    def tuned(self) -> Method:
        """The rate and local steps with which a fifth of the rounds gives most on held-out rows."""
        tried = [Method(rate, steps, budget=BUDGET // TUNING) for rate in RATES for steps in STEPS]
        return replace(max(tried, key=lambda one: self.run(one).held_out), budget=BUDGET)

    def pulled(self, method: Method) -> Method:
        """FedProx's µ, found in the same way for a tuned method."""
        tried = [replace(method, proximal=pull, budget=BUDGET // TUNING) for pull in PULLS]
        return replace(max(tried, key=lambda one: self.run(one).held_out), budget=BUDGET)

    def run_warm(self, method: Method) -> Outcome:
        """The same from a network that the coordinator trains on most of its rows; a fifth remains held out."""
        X, y = self.held
        own = len(y) * (WARM_SHARE - 1) // WARM_SHARE
        rng = np.random.default_rng(self.setting.seed)
        picked = pick_rows([np.arange(own)], method.budget, rng)
        trained = [part[0] for part in train_locally(self._fresh(), X[:own], y[:own], picked, method.rate)]
        self.held = X[own:], y[own:]
        return self.run(method, trained)

    def _fresh(self) -> Network:
        return fresh_network((self.X.shape[1], *HIDDEN, self.setting.n_classes), self.setting.seed)

    def _rounds(self, network: Network, method: Method) -> Iterator[Network]:
        rng = np.random.default_rng(self.setting.seed)
        for _ in range(method.rounds):
            count = min(PARTICIPANTS, len(self.sites))
            chosen = [self.sites[site] for site in rng.choice(len(self.sites), count, replace=False)]
            picked = pick_rows(chosen, method.steps, rng)
            copies = train_locally(network, self.X, self.y, picked, method.rate, method.proximal)
            shares = np.array([len(rows) for rows in chosen], dtype=float)
            if method.by_oui:
                shares *= typical(oui(copies, self.held[0][:PROBE_ROWS])) + TYPICAL_AT_LEAST
            network = averaged(copies, shares)
            yield network


def packed_share(network: Network) -> float:
    """The bytes of a packed network over its bytes."""
    parts = {str(number): part.numpy() for number, part in enumerate(network)}
    return sum(part.nbytes for part in packed(parts).values()) / sum(part.nbytes for part in parts.values())


def accuracy(network: Network, X: Tensor, y: Tensor) -> float:
    """Share of rows whose largest score is their label's."""
    with torch.inference_mode():
        return float((hidden_and_scores(network, X)[1].argmax(dim=1) == y).double().mean())


def oui(copies: Network, probe: Tensor) -> NDArray[np.float64]:
    """How evenly the last hidden units of each network (sites,) divide the probe rows: 1 where in halves."""
    with torch.inference_mode():
        active = (hidden_and_scores(copies, probe)[0] > 0).sum(dim=1)
        fewer = torch.minimum(active, len(probe) - active)
        return (fewer / (len(probe) // 2)).mean(dim=1).double().numpy()


def typical(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Twice the smaller tail of each value under a beta distribution with their mean and variance."""
    mean, variance = values.mean(), values.var(ddof=1) if len(values) > 1 else 0.0
    if not 0 < variance < mean * (1 - mean):
        return np.ones(len(values))
    weight = mean * (1 - mean) / variance - 1
    below = stats.beta.cdf(values, mean * weight, (1 - mean) * weight)
    return 2 * np.minimum(below, 1 - below)
