"""Real targets in fixed point."""

from typing import Any

import numpy as np
import pytest

from greenlightning.data.targets import RealTargets, targets_from_dict, targets_to_dict
from greenlightning.errors import InputError


@pytest.mark.parametrize(
    ("y", "cause"),
    [
        ([320.1], "over 32 times the base batch's spread"),
        ([np.nan], "NaN or infinity"),
        ([[1.0, 2.0]], "targets have 2 columns, the model has 1"),
    ],
)
def test_real_targets_that_cannot_be_held_are_refused(y: Any, cause: str) -> None:
    targets = RealTargets.frozen_on([-10.0, 10.0])
    with pytest.raises(InputError, match=cause):
        targets.encode(y)


def test_real_targets_are_held_to_a_few_millionths_of_the_spread() -> None:
    y = np.linspace(-10, 10, 101)
    targets = RealTargets.frozen_on(y)
    held = sum(
        digit.numpy().astype(np.int64) * 256**place for place, digit in enumerate(reversed(targets.encode(y)))
    )
    assert np.abs(held[:, 0] * targets.step[0] + targets.offset[0] - y).max() <= 10 * 32 / (127 * 256 * 256) / 2
    assert targets.encode([319.9])[0].item() == 127
    assert targets_from_dict(targets_to_dict(targets)).digest == targets.digest
    assert RealTargets.frozen_on([5.0, 5.0]).encode([5.0])[0].item() == 0
