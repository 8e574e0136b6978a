"""Softmax regression over path features by minibatches: at most a block of φ exists, and nothing of size (D, D).

The objective is the mean log-loss plus ``alpha / 2 ‖V‖²``: convex, as the gates are frozen. Adam (Kingma & Ba
2015) descends it; the intercept is not penalised.
"""

from collections.abc import Iterator
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from greenlightning.compute.devices import available
from greenlightning.errors import InputError
from greenlightning.linear.solver import Coefficients
from greenlightning.paths import ExplicitPaths, PathFeatures
from greenlightning.paths.explicit import routed_product

BLOCK_ROWS = 1_024
Parts = tuple[Tensor, ...]


class PathScores:
    """Scores ``φ(x) V`` under a recipe, from integer features that are built a block at a time."""

    def __init__(self, paths: PathFeatures, device: str = "cpu") -> None:
        self.paths, self.device = paths, available(device)
        self.scales = torch.from_numpy(paths.scales[:, None]).to(self.device)

    @classmethod
    def of(cls, paths: PathFeatures, device: str = "cpu") -> "PathScores":
        """Choose the cheapest form for this recipe."""
        return RoutedScores(paths, device) if isinstance(paths, ExplicitPaths) else cls(paths, device)

    def parts(self, X: NDArray[Any]) -> Parts:
        """Compute the integers that the scores of ``X`` (n, d) are made of, row by row."""
        [(_, features)] = self.paths.blocks(X, device=self.device, block_rows=len(X))
        return (features,)

    def product(self, parts: Parts, weights: Tensor) -> Tensor:
        """Compute ``φ V`` (n, k) for real-valued φ and ``weights`` (D, k), in the dtype of the weights."""
        return self._product(parts, weights * self.scales.to(weights.dtype))

    def _product(self, parts: Parts, V: Tensor) -> Tensor:
        [features] = parts
        return features.to(V.dtype) @ V


class RoutedScores(PathScores):
    """Scores of explicit paths without φ; see ``paths.explicit.routed_product``."""

    paths: ExplicitPaths

    def parts(self, X: NDArray[Any]) -> Parts:
        """Compute inputs [x, 1] (n, w) in whole steps, and gates (n, h)."""
        return self.paths.parts(X, device=self.device)

    def _product(self, parts: Parts, V: Tensor) -> Tensor:
        values, gates = parts
        return routed_product(values, gates, V)


class SoftmaxDescent:
    """Coefficients on their way down the objective, with Adam's moments: what a later pass goes on from."""

    def __init__(
        self, scores: PathScores, start: Coefficients, *, alpha: float, batch_size: int, random_state: int
    ) -> None:
        self.scores, self.batch_size = scores, batch_size
        self.weights = torch.tensor(start.weights, dtype=torch.float32, device=scores.device, requires_grad=True)
        self.intercept = torch.tensor(
            start.intercept, dtype=torch.float32, device=scores.device, requires_grad=True
        )
        groups: list[dict[str, Any]] = [
            {"params": [self.weights], "weight_decay": alpha},
            {"params": [self.intercept]},
        ]
        self.optimiser = torch.optim.Adam(groups, fused=True)
        self.generator = torch.Generator().manual_seed(random_state)

    @property
    def coefficients(self) -> Coefficients:
        """The coefficients now, in float64."""
        weights, intercept = (v.detach().cpu().double().numpy() for v in (self.weights, self.intercept))
        return Coefficients(weights, intercept)

    def restore(self, coefficients: Coefficients) -> None:
        """Go back to earlier coefficients; the moments stay."""
        with torch.no_grad():
            self.weights.copy_(torch.from_numpy(coefficients.weights))
            self.intercept.copy_(torch.from_numpy(coefficients.intercept))

    def epoch(self, X: NDArray[Any], codes: Tensor, rate: float) -> float:
        """Make one pass over the rows in random order.

        Parameters
        ----------
        X : ndarray of shape (n, d)
            Inputs.
        codes : Tensor of shape (n,)
            Positions of the classes.
        rate : float
            Learning rate.

        Returns
        -------
        float
            The mean log-loss on the way.

        Raises
        ------
        InputError
            Where the log-loss is not finite.
        """
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        total = torch.zeros((), device=self.scores.device)
        for parts, truth in self._minibatches(X, codes):
            logits = self.scores.product(parts, self.weights) + self.intercept
            loss = cross_entropy(logits, truth.to(logits.device))
            self.optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimiser.step()
            total += loss.detach() * len(truth)
        if not torch.isfinite(total):
            raise InputError(f"The log-loss became {float(total)} at the rate {rate}", "Lower eta0")
        return float(total) / len(X)

    def _minibatches(self, X: NDArray[Any], codes: Tensor) -> Iterator[tuple[Parts, Tensor]]:
        order = torch.randperm(len(X), generator=self.generator)
        for rows in torch.split(order, self.batch_size * max(1, BLOCK_ROWS // self.batch_size)):
            parts = self.scores.parts(X[rows.numpy()])
            split = [torch.split(part, self.batch_size) for part in (*parts, codes[rows])]
            yield from (((*these,), truth) for *these, truth in zip(*split, strict=True))
