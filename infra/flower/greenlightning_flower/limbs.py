"""Integers through SecAgg+ without loss: each goes as a few limbs that its rounding leaves as they are.

Flower's SecAgg+ clips a float x to ±c, multiplies x + c by t / 2c, rounds at random to an integer and adds modulo
2^32; the coordinator gets the mean. With t = 2c the factor is 1, and the sum of an integer and c is an integer
that no rounding moves. Limbs of b bits, c = 2^(b-1), add to less than n·2^b over n sites: b is the largest for
which that stays below 2^32, so the sum never wraps, and n times the mean, rounded, is the sum itself.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from greenlightning.errors import CapacityError

MODULUS = 1 << 32
WIDTH = 48
"""Bits of a value with its sign: sums of products of 8-bit features over 8.7e9 rows of one site."""


@dataclass(frozen=True)
class Limbs:
    """How integers of ``WIDTH`` bits are cut, so that those of ``sites`` sites add exactly.

    Attributes
    ----------
    sites : int
        Sites whose values are added.
    """

    sites: int

    @property
    def bits(self) -> int:
        """Bits of a limb."""
        return 32 - self.sites.bit_length()

    @property
    def number(self) -> int:
        """Limbs of a value; one bit more than ``WIDTH``, as limbs have signs of their own."""
        return -(-(WIDTH + 1) // self.bits)

    @property
    def clipping_range(self) -> float:
        """``clipping_range`` of SecAgg+."""
        return float(1 << (self.bits - 1))

    @property
    def quantization_range(self) -> int:
        """``quantization_range`` of SecAgg+: twice the clipping range, so that its factor is 1."""
        return 1 << self.bits

    def cut(self, values: NDArray[np.int64]) -> NDArray[np.float64]:
        """Cut integers (m,) into limbs (number, m) between −c and c.

        Raises
        ------
        CapacityError
            Where a value is too wide.
        """
        if values.size and max(abs(int(values.min())), abs(int(values.max()))) >= 1 << (WIDTH - 1):
            raise CapacityError(f"A sum has more than {WIDTH} bits", "Send fewer rows in a round")
        half, rest, limbs = 1 << (self.bits - 1), values, []
        for _ in range(self.number):
            limb = ((rest + half) & (self.quantization_range - 1)) - half
            limbs.append(limb.astype(np.float64))
            rest = (rest - limb) >> self.bits
        return np.stack(limbs)

    def joined(self, means: NDArray[np.float64], answered: int) -> NDArray[np.int64]:
        """The sums (m,) of the values of ``answered`` sites, from the means (number, m) of their limbs."""
        sums = np.rint(means * answered).astype(np.int64)
        return sum((limb << (self.bits * i) for i, limb in enumerate(sums)), np.zeros(sums.shape[1:], np.int64))
