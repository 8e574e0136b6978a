"""The conventional network trains longer on more rows, within bounds."""

import pytest

from greenlightning.evaluation.schedules import Schedule, default_schedule


@pytest.mark.parametrize(
    ("rows", "batch_size", "epochs", "patience"),
    [(700, 64, 100, 20), (16_000, 128, 57, 11), (60_000, 128, 15, 3), (1_000_000, 128, 15, 3)],
)
def test_epochs_follow_the_minibatches_of_one_epoch(
    rows: int, batch_size: int, epochs: int, patience: int
) -> None:
    assert default_schedule(rows) == Schedule(batch_size, epochs, patience)
    assert default_schedule(rows, max_epochs=7) == Schedule(batch_size, 7, 3)
