"""Who has which rows: sites of unequal size whose mixes of labels differ as much as the split says."""

import numpy as np
from numpy.typing import NDArray

SPLITS = ("dirichlet 0.01", "dirichlet 0.1", "dirichlet 1.0", "one class")
SPREAD = 0.7
Rows = NDArray[np.intp]


def divide(y: NDArray[np.generic], split: str, n_sites: int, seed: int) -> list[Rows]:
    """Row numbers of each site, all rows once.

    Sizes are log-normal. Under ``dirichlet a`` each site draws its mix of labels from Dir(a) and its rows without
    putting back, as in Hsu et al. 2019 (arXiv:1909.06335); labels of which none are left give their share to the
    others. Under ``one class`` rows are sorted by label and cut, so a site has two labels at most where there are
    as many sites as labels and they are of like size, and more where there are fewer sites.
    """
    rng = np.random.default_rng(seed)
    sizes = _sizes(len(y), n_sites, rng)
    order = rng.permutation(len(y))
    if split == "one class":
        return np.split(order[np.argsort(y[order], kind="stable")], np.cumsum(sizes)[:-1])
    pools = [list(order[y[order] == label]) for label in np.unique(y)]
    mixes = rng.dirichlet([float(split.split()[1])] * len(pools), n_sites)
    return [_drawn(pools, mix, size, rng) for mix, size in zip(mixes, sizes, strict=True)]


def _sizes(n_rows: int, n_sites: int, rng: np.random.Generator) -> Rows:
    """Rows of each site, at least one, together ``n_rows``."""
    shares = rng.lognormal(sigma=SPREAD, size=n_sites)
    cuts = np.round(np.cumsum(shares) / shares.sum() * (n_rows - n_sites)).astype(int)
    return np.diff(cuts, prepend=0) + 1


def _drawn(pools: list[list[int]], mix: NDArray[np.float64], size: int, rng: np.random.Generator) -> Rows:
    """Take ``size`` rows from what the pools of the labels have left."""
    rows: list[int] = []
    while (missing := size - len(rows)) > 0:
        left = np.array([len(pool) for pool in pools])
        open_mix = np.where(left > 0, mix + 1e-12, 0.0)
        wanted = np.minimum(rng.multinomial(missing, open_mix / open_mix.sum()), left)
        for pool, count in zip(pools, wanted, strict=True):
            rows += pool[len(pool) - count :]
            del pool[len(pool) - count :]
    return np.sort(np.array(rows, dtype=np.intp))
