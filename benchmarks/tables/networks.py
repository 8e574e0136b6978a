"""Networks that are tuned on held-out rows of the base and trained from scratch on all rows at each retraining."""

import copy
import importlib.util
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from benchmarks.tables.encoded import Encoded
from benchmarks.tables.learner import Labels, LearnerKind, Probabilities, TableLearner
from greenlightning.structure.extraction import standardisation
from greenlightning.structure.training import TrainingOptions, train_epochs

NETWORK, TABM = "MLP, tuned, refit on all", "TabM, refit on all"
HELD, PATIENCE, STEPS, MOST_EPOCHS = 0.2, 10, 1_000, 100
LIMIT = 8.0
GRID = (
    ((128,), 4e-3, 0.0),
    ((256, 128), 1e-3, 0.0),
    ((256, 256, 256), 2e-3, 0.1),
)


class Network(TableLearner):
    """A ReLU network: widths, learning rate and weight decay by the loss on a fifth of the base; early-stopped."""

    grid: tuple[Any, ...] = GRID

    def start(self, frame: pd.DataFrame, y: Labels) -> None:
        self._encoder = Encoded(frame)
        self._mean, self._scale = standardisation(self._encoder(frame))
        X, codes = self._inputs(frame), torch.from_numpy(np.searchsorted(self.labels, y))
        found = [(*self._trained(X, codes, setting), setting) for setting in self.grid]
        _, self._model, self._setting = min(found, key=lambda one: one[0])

    def update(self, frame: pd.DataFrame, y: Labels) -> None:
        X, codes = self._inputs(frame), torch.from_numpy(np.searchsorted(self.labels, y))
        _, self._model = self._trained(X, codes, self._setting)

    def proba(self, frame: pd.DataFrame) -> Probabilities:
        return self._chances(self._model, self._inputs(frame)).double().numpy()

    def _chances(self, model: nn.Module, X: Tensor) -> Tensor:
        with torch.no_grad():
            return torch.softmax(model(X), dim=-1)

    def _inputs(self, frame: pd.DataFrame) -> Tensor:
        standard = (self._encoder(frame) - self._mean) / self._scale
        return torch.from_numpy(np.clip(standard, -LIMIT, LIMIT).astype(np.float32))

    def _trained(self, X: Tensor, codes: Tensor, setting: Any) -> tuple[float, nn.Module]:
        """Loss on the held-out rows at the best epoch, and the network of that epoch."""
        order = torch.from_numpy(np.random.default_rng(self.seed).permutation(len(X)))
        held, kept = order.tensor_split([max(1, round(len(X) * HELD))])
        best, model, since = math.inf, nn.Module(), 0
        for module in self._epochs(X[kept], codes[kept], setting):
            chances = self._chances(module, X[held])
            loss = float(nn.functional.nll_loss(chances.clamp_min(1e-7).log(), codes[held]))
            best, model, since = (loss, copy.deepcopy(module), 0) if loss < best else (best, model, since + 1)
            if since == PATIENCE:
                break
        return best, model

    def _epochs(self, X: Tensor, codes: Tensor, setting: Any) -> Iterator[nn.Module]:
        sizes, rate, decay = setting
        size, epochs = _schedule(len(X))
        options = TrainingOptions(
            hidden_layer_sizes=sizes,
            learning_rate=rate,
            weight_decay=decay,
            batch_size=size,
            max_epochs=epochs,
            label_smoothing=0.0,
            random_state=self.seed,
        )
        for state in train_epochs(X, codes, options, n_outputs=len(self.labels)):
            yield state.module


class TabM(Network):
    """TabM (Gorishniy et al., ICLR 2025), with the parameters that its authors recommend to start from."""

    grid = (None,)

    def _epochs(self, X: Tensor, codes: Tensor, setting: Any) -> Iterator[nn.Module]:
        from tabm import TabM as Ensemble

        torch.manual_seed(self.seed)
        model = Ensemble.make(n_num_features=X.shape[1], cat_cardinalities=[], d_out=len(self.labels))
        optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=3e-4)
        size, epochs = _schedule(len(X))
        for _ in range(epochs):
            model.train()
            for rows in torch.randperm(len(X)).split(size):
                outputs = model(X[rows])
                loss = nn.functional.cross_entropy(
                    outputs.flatten(0, 1), codes[rows].repeat_interleave(outputs.shape[1])
                )
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
            yield model.eval()

    def _chances(self, model: nn.Module, X: Tensor) -> Tensor:
        with torch.no_grad():
            return torch.softmax(model(X), dim=-1).mean(dim=1)


def _schedule(n: int) -> tuple[int, int]:
    """Rows of a minibatch, and epochs at most."""
    size = int(np.clip(n // 32, 16, 256))
    return size, min(max(STEPS // math.ceil(n / size), 30), MOST_EPOCHS)


KINDS = (
    LearnerKind(NETWORK, Network, "far", stages=(10,)),
    *(
        [LearnerKind(TABM, TabM, "far", stages=(10,), most_rows=1_000, seeds=1)]
        if importlib.util.find_spec("tabm")
        else []
    ),
)
