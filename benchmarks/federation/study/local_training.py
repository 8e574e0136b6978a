"""Local training of several sites at once: one multiplication for all of them, the same arithmetic for each."""

from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

BATCH_ROWS = 32
Network = list[Tensor]
"""Weights (in, out) and biases (1, out) in turn, layer by layer; with a first dimension for several sites."""


def fresh_network(sizes: tuple[int, ...], seed: int) -> Network:
    """A ReLU network with PyTorch's own initial range for linear layers."""
    generator, network = torch.Generator().manual_seed(seed), []
    for inputs, outputs in pairwise(sizes):
        bound = inputs**-0.5
        for shape in ((inputs, outputs), (1, outputs)):
            network.append(torch.empty(shape).uniform_(-bound, bound, generator=generator))
    return network


def hidden_and_scores(network: Network, X: Tensor) -> tuple[Tensor, Tensor]:
    """The last hidden layer before its ReLU, and the scores, of inputs (..., n, d)."""
    hidden = X
    for weights, bias in zip(network[:-2:2], network[1:-2:2], strict=True):
        before = hidden @ weights + bias
        hidden = torch.relu(before)
    return before, hidden @ network[-2] + network[-1]


def train_locally(
    start: Network, X: Tensor, y: Tensor, picked: Tensor, rate: float, proximal: float = 0.0
) -> Network:
    """Train a copy of ``start`` at each site by SGD.

    Parameters
    ----------
    start : list of Tensor
        The coordinator's network.
    X, y : Tensor of shape (n, d) and (n,)
        Rows of all sites.
    picked : Tensor of shape (sites, steps, batch)
        The rows of each minibatch.
    rate : float
        Learning rate.
    proximal : float, default=0
        FedProx's µ: half of it times the squared distance to ``start`` joins the loss.

    Returns
    -------
    list of Tensor
        The networks, stacked.
    """
    n_sites, steps, batch = picked.shape
    copies = [part.expand(n_sites, *part.shape).clone().requires_grad_() for part in start]
    for step in range(steps):
        rows = picked[:, step]
        _, scores = hidden_and_scores(copies, X[rows])
        loss = cross_entropy(scores.flatten(0, 1), y[rows].flatten(), reduction="sum") / batch
        gradients = torch.autograd.grad(loss, copies)
        with torch.no_grad():
            for copy, gradient, origin in zip(copies, gradients, start, strict=True):
                pull = proximal * (copy - origin) if proximal else 0.0
                copy -= rate * (gradient + pull)
    return [copy.detach() for copy in copies]


def averaged(copies: Network, shares: NDArray[np.float64]) -> Network:
    """The mean of stacked networks, weighted by ``shares``."""
    weights = torch.from_numpy(shares / shares.sum()).float()
    return [torch.tensordot(weights, copy, dims=1) for copy in copies]


def pick_rows(sites: list[NDArray[np.intp]], steps: int, rng: np.random.Generator) -> Tensor:
    """Minibatches of each site, drawn from its rows with putting back."""
    drawn = [rows[rng.integers(len(rows), size=(steps, BATCH_ROWS))] for rows in sites]
    return torch.from_numpy(np.stack(drawn))
