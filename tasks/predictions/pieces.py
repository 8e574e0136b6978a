"""Rows in pieces, a thread to each: products of few rows gain nothing from threads within, and wait for them."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

PIECE_ROWS = 8_192


def in_pieces(predict: Callable[[NDArray[Any]], NDArray[Any]], inputs: NDArray[Any]) -> NDArray[Any]:
    """What ``predict`` returns for inputs (n, d), found for pieces of rows side by side."""
    pieces = [inputs[start : start + PIECE_ROWS] for start in range(0, len(inputs), PIECE_ROWS)]
    with _one_thread_each(), ThreadPoolExecutor(min(len(pieces), _processors())) as pool:
        return np.concatenate(list(pool.map(predict, pieces)))


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let PyTorch and BLAS use one thread for each thread that calls them."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1, user_api="blas"):
            yield
    finally:
        torch.set_num_threads(before)


def _processors() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
