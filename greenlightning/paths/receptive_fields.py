"""Receptive fields: for each random direction a few columns that vary together, like neighbouring pixels."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from greenlightning.compute.integers import int8_product

FIELD = 32


def receptive_fields(inputs: Tensor, n_fields: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Draw sets of columns: one, likelier the more it varies, and those that are most correlated with it [1]_.

    Products of int8 are exact, so the sets depend on the rows and not on their order.

    Parameters
    ----------
    inputs : Tensor of shape (n, d), int8
        Inputs, with more than ``FIELD`` columns.
    n_fields : int
        Sets to draw.
    rng : Generator
        Source of the draws.

    Returns
    -------
    ndarray of bool of shape (n_fields, d)
        The ``FIELD`` columns of each set.

    References
    ----------
    .. [1] McDonnell, Tissera, Vladusich, van Schaik and Tapson, "Fast, Simple and Accurate Handwritten Digit
       Classification by Training Shallow Neural Network Classifiers with the 'Extreme Learning Machine'
       Algorithm", PLoS ONE 2015, which takes random rectangles of pixels.

    Examples
    --------
    >>> twins = torch.randint(-9, 9, (50, 33), dtype=torch.int8).repeat(1, 2)
    >>> drawn = receptive_fields(twins, 4, np.random.default_rng(0))
    >>> drawn.sum(axis=1).tolist()
    [32, 32, 32, 32]
    """
    deviations, correlations = _correlations(inputs)
    nearest = np.argsort(-correlations, axis=1, kind="stable")[:, :FIELD]
    total = deviations.sum()
    centres = rng.choice(len(deviations), n_fields, p=deviations / total if total else None)
    fields = np.zeros((n_fields, len(deviations)), dtype=np.bool_)
    np.put_along_axis(fields, nearest[centres], True, axis=1)
    return fields


def _correlations(inputs: Tensor) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute the deviations (d,) of ``inputs`` (n, d) and their absolute correlations (d, d)."""
    sums = inputs.sum(dim=0, dtype=torch.int64).numpy()
    products = int8_product(inputs.t().contiguous(), inputs).to(torch.int64).numpy()
    scatter = (products * len(inputs) - np.outer(sums, sums)).astype(np.float64)
    deviations = np.sqrt(scatter.diagonal())
    scales = np.outer(deviations, deviations)
    return deviations, np.divide(np.abs(scatter), scales, out=np.zeros_like(scatter), where=scales > 0)
