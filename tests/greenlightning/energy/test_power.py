"""Power of a processor core, from its model."""

import pytest

from greenlightning.energy.power import (
    package_tdp,
)


@pytest.mark.parametrize(
    ("model", "tdp"),
    [
        ("AMD EPYC 7763 64-Core Processor", 280.0),
        ("Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz", 125.0),
        ("Intel(R) Xeon(R) Platinum 8370C CPU @ 2.80GHz", 205.0),
        ("AMD EPYC", None),
        ("", None),
    ],
)
def test_the_tdp_comes_from_the_longest_entry_that_fits(model: str, tdp: float | None) -> None:
    assert package_tdp(model) == tdp
