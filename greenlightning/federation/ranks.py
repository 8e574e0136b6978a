"""All-reduce: every rank of a ``torch.distributed`` group gets the sum over all ranks, to the bit.

Integers go over the wire: with NCCL from GPU to GPU, with Gloo between processes on CPUs. No pickle does.
"""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import torch
import torch.distributed as dist

from greenlightning.compute.integers import checked_capacity, largest_magnitude
from greenlightning.data.labels import joined_classes, plain
from greenlightning.errors import MismatchError
from greenlightning.linear.statistics import Statistics
from greenlightning.linear.units import in_units_of, on_columns, reduced


def all_reduced(statistics: Statistics, *, device: str = "cpu", group: Any = None) -> Statistics:
    """Add the statistics of all ranks; each rank calls it with its own.

    Parameters
    ----------
    statistics : Statistics
        The sums of this rank's rows, under the recipe that all ranks share. A rank may have no rows, and classes
        that others have not.
    device : str, default="cpu"
        Where the sums lie during the exchange: "cpu" for Gloo, this rank's GPU for NCCL.
    group : ProcessGroup, optional
        The ranks; by default all.

    Returns
    -------
    Statistics
        The same on every rank: those of all rows in one place.

    Raises
    ------
    MismatchError
        On every rank, where two ranks have another recipe.
    CapacityError
        On every rank, where the sum could overflow.
    """
    ranks = _gathered(_about(statistics), device, group)
    for what in ("structure", "recipe", "targets", "bits"):
        if len(found := {str(rank[what]) for rank in ranks}) > 1:
            shown = " and ".join(sorted(one[:12] for one in found))
            raise MismatchError(f"The ranks differ in {what}: {shown}", "Start all with the same recipe")
    units = max(rank["weight_bits"] for rank in ranks)
    n = sum(rank["n"] << (units - rank["weight_bits"]) for rank in ranks)
    checked_capacity(n, largest_magnitude(statistics.bits))
    columns = joined_classes(*(rank["columns"] for rank in ranks))
    mine = in_units_of(on_columns(statistics, columns), units)
    sums = mine._sums()
    flat = torch.from_numpy(np.concatenate([values.ravel() for values in sums.values()])).to(device)
    dist.all_reduce(flat, group=group)
    pieces = np.split(flat.cpu().numpy(), np.cumsum([values.size for values in sums.values()])[:-1])
    named = zip(sums.items(), pieces, strict=True)
    total: dict[str, Any] = {name: piece.reshape(values.shape).copy() for (name, values), piece in named}
    return reduced(replace(mine, n=n, **total))


def _about(statistics: Statistics) -> bytes:
    """Write what must agree between ranks, and what joins: classes, units and counts."""
    names = ("structure", "recipe", "targets", "bits", "n", "weight_bits")
    about = {name: getattr(statistics, name) for name in names}
    return json.dumps(about | {"columns": [plain(label) for label in statistics.columns]}).encode()


def _gathered(mine: bytes, device: str, group: Any) -> list[dict[str, Any]]:
    """Return what every rank wrote, in the order of the ranks."""
    world = dist.get_world_size(group)
    lengths = [torch.zeros(1, dtype=torch.int64, device=device) for _ in range(world)]
    dist.all_gather(lengths, torch.tensor([len(mine)], device=device), group=group)
    longest = max(int(length) for length in lengths)
    padded = np.zeros(longest, dtype=np.uint8)
    padded[: len(mine)] = np.frombuffer(mine, dtype=np.uint8)
    texts = [torch.zeros(longest, dtype=torch.uint8, device=device) for _ in range(world)]
    dist.all_gather(texts, torch.from_numpy(padded).to(device), group=group)
    pairs = zip(texts, lengths, strict=True)
    return [json.loads(bytes(text.cpu().numpy()[: int(length)])) for text, length in pairs]
