"""How long the conventional network trains, by the number of rows alone."""

from dataclasses import dataclass

STEPS, FEWEST_EPOCHS, MOST_EPOCHS, LEAST_PATIENCE = 6_500, 15, 100, 3
SMALL_ROWS, SMALL_BATCH, LARGE_BATCH = 10_000, 64, 128


@dataclass(frozen=True)
class Schedule:
    """How long the conventional network trains.

    Attributes
    ----------
    batch_size : int
        Rows of a minibatch.
    max_epochs : int
        Epochs, at most.
    patience : int
        Epochs without a better one after which training stops; so ``patience + 1`` is the fewest.
    """

    batch_size: int
    max_epochs: int
    patience: int


def default_schedule(
    n_rows: int, batch_size: int | None = None, validation_fraction: float = 0.1, max_epochs: int | None = None
) -> Schedule:
    """Return how long the conventional network trains on ``n_rows`` rows, where nobody says.

    Parameters
    ----------
    n_rows : int
        Rows, those held out included.
    batch_size : int, optional
        Rows of a minibatch.
    validation_fraction : float, default=0.1
        Share of the rows held out.
    max_epochs : int, optional
        Epochs, at most.

    Returns
    -------
    Schedule
        What is given, and defaults for the rest.

    Examples
    --------
    >>> default_schedule(16_000)
    Schedule(batch_size=128, max_epochs=57, patience=11)
    """
    kept = n_rows - max(1, round(n_rows * validation_fraction))
    size = batch_size or (SMALL_BATCH if kept < SMALL_ROWS else LARGE_BATCH)
    most = max_epochs or min(max(STEPS // -(-kept // size), FEWEST_EPOCHS), MOST_EPOCHS)
    return Schedule(size, most, max(most // 5, LEAST_PATIENCE))
