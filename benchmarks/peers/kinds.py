"""All peers by name."""

from benchmarks.peers import network, ours, river, sklearn
from benchmarks.peers.peer import Kind


def all_kinds() -> dict[str, Kind]:
    """Ours first; the from-scratch network before those that use its tuned setting."""
    kinds = (*ours.KINDS, *network.KINDS, *sklearn.KINDS, *river.KINDS)
    return {kind.name: kind for kind in kinds}
