"""Where tensors live: the device that was asked for, and rows on their way to it."""

import os
import warnings
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor


def available(device: str) -> str:
    """Return ``device``, or "cpu" with a warning where it is a GPU and none is there."""
    if device.startswith("cuda") and not torch.cuda.is_available():
        warnings.warn(f"device={device!r}, but no GPU is there: working on the CPU", RuntimeWarning, stacklevel=3)
        return "cpu"
    return device


def blocks_on(device: str, X: NDArray[Any], size: int) -> Iterator[tuple[slice, Tensor]]:
    """Bring rows to a device, block by block.

    On a GPU the next block travels from pinned memory, on a stream of its own, while the last one is worked on;
    the host waits for nothing.

    Parameters
    ----------
    device : str
        Torch device that exists.
    X : ndarray of shape (n, d)
        Inputs.
    size : int
        Rows of a block.

    Yields
    ------
    rows : slice
        Rows of the block.
    block : Tensor of shape (rows, d)
        The rows, on ``device``.
    """
    rows = [slice(start, min(start + size, len(X))) for start in range(0, len(X), size)]
    if not device.startswith("cuda"):
        yield from ((each, torch.from_numpy(X[each])) for each in rows)
        return
    copying = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    working = torch.cuda.current_stream(device)

    def sent(each: slice) -> tuple[Tensor, torch.cuda.Event]:
        with torch.cuda.stream(copying):
            block = torch.from_numpy(X[each]).pin_memory().to(device, non_blocking=True)
            return block, copying.record_event()

    ahead = [sent(each) for each in rows[:1]]
    for each, following in zip_longest(rows, rows[1:]):
        block, arrived = ahead.pop()
        if following is not None:
            ahead.append(sent(following))
        working.wait_event(arrived)
        block.record_stream(working)
        yield each, block


def _use_one_thread() -> None:
    """Run torch on one thread in a forked child, where the parent's pool of threads is gone and waiting hangs."""
    torch.set_num_threads(1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_use_one_thread)
