"""Exact arithmetic: fixed point, int8 digits, and products of them that no order or block size can change.

Every reduction here is a sum of integers that its accumulator holds exactly; everything else is element-wise
IEEE arithmetic. Both are free of order, so results are bitwise the same over blocks, threads and devices
(``docs/decisions/0001-exact-by-integers.md``).
"""

import time
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from greenlightning.errors import CapacityError

DIGIT_BITS = 8
DIGIT = 1 << DIGIT_BITS
EXACT_INT32_ROWS = 65_536
EXACT_FLOAT32 = 1 << 24
EXACT_FLOAT32_ROWS = 1_024
PANEL = 256


def fixed_point(values: Tensor, step: Tensor | float, largest: int) -> Tensor:
    """Round ``values / step`` to the nearest integer, saturating at ``±largest``; the dtype stays float.

    Examples
    --------
    >>> fixed_point(torch.tensor([0.26, -9.0]), 0.5, 4).tolist()
    [1.0, -4.0]
    """
    return values.div(step).round_().clamp_(-largest, largest)


def largest_magnitude(bits: int) -> int:
    """Return the largest magnitude at ``bits``: 127, 2,047 or 32,639, which two balanced digits in base 256 hold.

    Examples
    --------
    >>> largest_magnitude(8)
    127
    """
    return {8: 127, 12: 2_047, 16: 32_639}[bits]


def digits_needed(bits: int) -> int:
    """Count the int8 digits that hold a signed number of ``bits``."""
    return -(-bits // 8)


def digits(values: Tensor, count: int) -> list[Tensor]:
    """Split integers into ``count`` balanced digits in base 256, most significant first, each int8.

    ``values = Σ digit_i · 256^(count-1-i)`` exactly, with digits in [-128, 127].

    Examples
    --------
    >>> [digit.item() for digit in digits(torch.tensor(1000), 2)]
    [4, -24]
    """
    if count == 1:
        return [values.to(torch.int8)]
    rest = values.to(torch.int64) if count > 2 else values.to(torch.int32)
    found = []
    for _ in range(count - 1):
        high = (rest + DIGIT // 2) >> DIGIT_BITS
        found.append(torch.sub(rest, high, alpha=DIGIT).to(torch.int8))
        rest = high
    found.append(rest.to(torch.int8))
    return found[::-1]


tried: list[bool] = []
"""What ``int8_wins`` found in this process, or in the one that forked it."""


def int8_product(a: Tensor, b: Tensor) -> Tensor:
    """Compute ``a @ b`` for int8 (n, k) and (k, m), either as ``operand`` made it; exact for ``k`` up to 65,536.

    Integers as int32, or as float32 where that holds them all. With ``k`` = 1, ``torch._int_mm`` of torch 2.13
    leaves its result unset on processors.
    """
    if a.is_cuda:
        return _padded_product(a, b)
    if a.shape[1] > 1 and int8_is_native():
        return torch._int_mm(a, b)
    return _float32_product(a, b)


def operand(table: Tensor) -> Tensor:
    """Convert an int8 table, once for many products, to the type in which ``int8_product`` multiplies it."""
    return table if table.is_cuda or int8_is_native() else table.float()


def int8_is_native() -> bool:
    """Tell whether this processor multiplies int8 exactly, and faster than float32: tried once, at first use."""
    if not tried:
        tried.append(int8_wins())
    return tried[0]


def int8_wins() -> bool:
    """Try both products.

    Without VNNI instructions pairs of products saturate at 16 bits, so the trial takes the largest digits.
    """
    a = torch.full((512, 512), 127, dtype=torch.int8)
    a[256:] = -128
    exact = torch.equal(torch._int_mm(a, a), _float32_product(a, a))
    return exact and _seconds(torch._int_mm, a) < _seconds(_float32_product, a)


def _seconds(product: Callable[[Tensor, Tensor], Tensor], a: Tensor) -> float:
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        product(a, a)
        best = min(best, time.perf_counter() - start)
    return best


def _float32_product(a: Tensor, b: Tensor) -> Tensor:
    """Multiply the same through float32: 1,024 products of int8 stay within 2^24, so each block is exact."""
    inner = [slice(i, i + EXACT_FLOAT32_ROWS) for i in range(0, a.shape[1], EXACT_FLOAT32_ROWS)]
    first, *others = (matmul(a[:, part].float(), b[part].float()) for part in inner)
    return sum((product.to(torch.int32) for product in others), first.to(torch.int32)) if others else first


def matmul(a: Tensor, b: Tensor) -> Tensor:
    """Compute ``a @ b`` of floats; of integers that are small enough for their type, exactly.

    On processors through NumPy: OpenBLAS halves the work of ``zᵀz``, and on AMD is twice as fast as torch's MKL.
    """
    return a @ b if a.is_cuda else torch.from_numpy(a.numpy() @ b.numpy())


def _padded_product(a: Tensor, b: Tensor) -> Tensor:
    """Multiply on tensor cores, which want over 16 rows and other sizes in multiples of 8; zeros fill up."""
    (n, k), m = a.shape, b.shape[1]
    rows, inner, columns = max(n, 17), -(-k // 8) * 8, -(-m // 8) * 8
    a = torch.nn.functional.pad(a, (0, inner - k, 0, rows - n))
    b = torch.nn.functional.pad(b, (0, columns - m, 0, inner - k))
    return torch._int_mm(a, b)[:n, :m]


def add_gram(total: Tensor, z: Tensor) -> None:
    """Add ``zᵀz`` of int8 ``z`` (n, c) to the int64 ``total`` (c, c), in place; below its panels nothing is sure.

    The upper triangle of panels is half the work; ``mirrored`` completes it.
    """
    if not (z.is_cuda or int8_is_native()):
        _add_float32_gram(total, z.float())
        return
    for start in range(0, z.shape[0], EXACT_INT32_ROWS):
        block = z[start : start + EXACT_INT32_ROWS]
        for i in range(0, z.shape[1], PANEL):
            _accumulate(total[i : i + PANEL, i:], int8_product(block[:, i : i + PANEL].t(), block[:, i:]))


def _accumulate(total: Tensor, product: Tensor) -> None:
    """Add integers to ``total`` in place; NumPy, on processors, makes no copy of them in int64 for it."""
    integers = product.to(torch.int32)
    if total.is_cuda:
        total += integers
    else:
        np.add(total.numpy(), integers.numpy(), out=total.numpy())


def _add_float32_gram(total: Tensor, z: Tensor) -> None:
    """Add the same through float32, in as few products as are exact.

    No partial sum of ``Σ z_i z_j`` passes the largest ``Σ z_i²`` (Cauchy and Schwarz), so all rows go together
    where that is below 2^24, and 1,024 at a time elsewhere.
    """
    energy = float(torch.linalg.vector_norm(z, dim=0).max()) ** 2
    rows = len(z) if energy < 0.99 * EXACT_FLOAT32 else EXACT_FLOAT32_ROWS
    for block in torch.split(z, rows):
        total += matmul(block.t(), block).to(torch.int64)


def mirrored(total: Tensor) -> Tensor:
    """Complete the symmetric ``total`` (c, c) from the upper panels that ``add_gram`` wrote, in place."""
    for start in range(0, len(total), PANEL):
        end = start + PANEL
        total[end:, start:end] = total[start:end, end:].t()
    return total


def gram_of_digits(gram: NDArray[np.int64], left: list[slice], right: list[slice]) -> NDArray[np.int64]:
    """Compute ``Σ_ij 256^(places below) gram[left_i, right_j]``: the Gram block of numbers from their digits'."""
    total = gram[left[-1], right[-1]]
    places = [(i, j) for i in range(len(left)) for j in range(len(right))]
    for i, j in places[1:]:
        total = total + gram[left[-1 - i], right[-1 - j]] * DIGIT ** (i + j)
    return total


def checked_capacity(n: int, largest: int) -> None:
    """Raise CapacityError where sums of ``n`` products of features up to ``largest`` could pass int64."""
    if n * (largest + 1) ** 2 >= 2**63:
        raise CapacityError(
            f"Statistics of {n:,} samples could overflow int64 at this feature width",
            "Use fewer feature_bits",
        )
