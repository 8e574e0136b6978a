"""Ways to get a head for frozen features: an MLP trained to its best, and what stands beside it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from torch import Tensor
from torch.nn.functional import cross_entropy

from greenlightning.data.splits import split_rows
from greenlightning.evaluation.conventional_network import ConventionalNetwork
from greenlightning.nn import PathLinear
from greenlightning.nn.heads import RecipeOptions, coefficients_of_head, recipe_of_head
from greenlightning.structure.training import relu_network

HIDDEN, HIDDEN_ON_MANY, MANY_FEATURES = 64, 32, 1_000
BATCH, HELD_SHARE = 128, 0.1
Floats, Codes = NDArray[np.float32], NDArray[np.int64]
Predict = Callable[[Floats], Codes]


@dataclass(frozen=True)
class Plan:
    """How the heads of one setting are trained; chosen on rows held out of the training rows.

    Attributes
    ----------
    rate, epochs : float, int
        Of the MLP head: its learning rate, and its epochs at most.
    kind : {"explicit", "landmarks"}
        Paths of the block; of explicit ones as many gates as fit ``features``.
    features : int
        Path features D.
    selector_epochs : int
        Epochs of the small MLP whose gates are frozen; 0 leaves them random.
    descent_rate, descent_epochs : float, int
        Of the block trained by gradients.
    """

    rate: float = 2e-3
    epochs: int = 20
    kind: str = "landmarks"
    features: int = 512
    selector_epochs: int = 1
    descent_rate: float = 0.05
    descent_epochs: int = 10


def n_hidden(d: int) -> int:
    """Units of the MLP head on d features."""
    return HIDDEN_ON_MANY if d > MANY_FEATURES else HIDDEN


def n_parameters(d: int, k: int) -> int:
    """Parameters of the MLP head."""
    return n_hidden(d) * (d + 1) + k * (n_hidden(d) + 1)


def mlp(X: Floats, y: Codes, plan: Plan, seed: int) -> ConventionalNetwork:
    """The head that is replaced: one hidden layer, the epoch kept that validated best."""
    sizes = (n_hidden(X.shape[1]),)
    network = ConventionalNetwork(sizes, learning_rate=plan.rate, max_epochs=plan.epochs, random_state=seed)
    return network.fit(X, y)


@dataclass(frozen=True, eq=False)
class Head:
    """A block, and the small MLP that standardises its inputs and gave it its gates."""

    selector: ConventionalNetwork
    block: PathLinear

    @classmethod
    def frozen(cls, X: Floats, y: Codes, plan: Plan, seed: int) -> "Head":
        """Train the selector briefly and freeze its gates; coefficients are zero."""
        d = X.shape[1]
        width = max(plan.features // (d + 1), 1) if plan.kind == "explicit" else n_hidden(d)
        selector = ConventionalNetwork((width,), max_epochs=max(plan.selector_epochs, 1), random_state=seed)
        selector.fit(X, y)
        if not plan.selector_epochs:
            generator = torch.Generator().manual_seed(seed)
            selector.module_ = relu_network(d, (width,), len(selector.classes_), generator)
        options = RecipeOptions(plan.kind, None, min(plan.features, len(X)), 8, seed)
        paths = recipe_of_head(selector.module_, selector._standard(X).numpy(), options)
        return cls(selector, PathLinear(paths, len(selector.classes_)))

    def solved(self, X: Floats, y: Codes) -> "Head":
        """Solve on a first batch, or learn one more."""
        self.block.partial_fit(self.selector._standard(X), y)
        return self

    def descended(self, X: Floats, y: Codes, plan: Plan, seed: int) -> "Head":
        """Train the coefficients by Adam along a cosine, the epoch kept that validated best."""
        inputs, codes = self.selector._standard(X), torch.from_numpy(y)
        self.block._take(coefficients_of_head(self.selector.module_, self.block.paths, inputs.numpy()))
        kept, held = (torch.from_numpy(rows) for rows in split_rows(y, HELD_SHARE, seed))
        steps = plan.descent_epochs * -(-len(kept) // BATCH)
        optimiser = torch.optim.Adam(self.block.parameters(), lr=plan.descent_rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
        generator = torch.Generator().manual_seed(seed)
        best, state = -1.0, self.block.state_dict()
        for _ in range(plan.descent_epochs):
            for rows in torch.split(kept[torch.randperm(len(kept), generator=generator)], BATCH):
                optimiser.zero_grad()
                cross_entropy(self.block(inputs[rows]), codes[rows]).backward()
                optimiser.step()
                schedule.step()
            if (score := self._score(inputs[held], codes[held])) > best:
                best, state = score, {name: value.clone() for name, value in self.block.state_dict().items()}
        self.block.load_state_dict(state)
        return self

    def _score(self, inputs: Tensor, codes: Tensor) -> float:
        with torch.no_grad():
            return float((self.block(inputs).argmax(dim=1) == codes).double().mean())

    def predict(self, X: Floats) -> Codes:
        """The most probable class of each row."""
        with torch.no_grad():
            return np.asarray(self.block(self.selector._standard(X)).argmax(dim=1).numpy())


def solved(X: Floats, y: Codes, plan: Plan, seed: int) -> Predict:
    """Gates of a small MLP, then one exact solution."""
    return Head.frozen(X, y, plan, seed).solved(X, y).predict


def descended(X: Floats, y: Codes, plan: Plan, seed: int) -> Predict:
    """Gates of a small MLP, then gradients."""
    return Head.frozen(X, y, plan, seed).descended(X, y, plan, seed).predict


def on_random_gates(X: Floats, y: Codes, plan: Plan, seed: int) -> Predict:
    """The control: gates that nobody trained, then one exact solution."""
    return solved(X, y, replace(plan, selector_epochs=0), seed)


def logistic(X: Floats, y: Codes, plan: Plan, seed: int) -> Predict:
    """The control: no hidden units at all."""
    centre, spread = X.mean(axis=0), X.std(axis=0) + 1e-6
    model: Any = LogisticRegression(C=0.1, max_iter=100).fit((X - centre) / spread, y)
    return lambda rows: np.asarray(model.predict((rows - centre) / spread))


def conventional(X: Floats, y: Codes, plan: Plan, seed: int) -> Predict:
    """The MLP head."""
    network = mlp(X, y, plan, seed)
    return lambda rows: np.asarray(network.predict(rows))
