"""A stream whose concept moves: each batch is predicted before it is learnt (prequential evaluation)."""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from greenlightning import GreenLightningClassifier

BATCHES, ROWS, KEPT = 30, 200, 6


def batch(number: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Points in a plane and four columns of noise; the line that divides the classes turns by 9° a batch."""
    rng = np.random.default_rng(number)
    X = rng.normal(size=(ROWS, 6))
    angle = np.pi / 20 * max(number - 10, 0)
    return X, (X[:, 0] * np.cos(angle) + X[:, 1] * np.sin(angle) > 0).astype(np.int64)


def prequential(kept: int) -> list[float]:
    """Accuracy on each batch before it is learnt, where the newest ``kept`` batches are remembered."""
    held = deque([batch(0), batch(1)])
    first = [np.concatenate(part) for part in zip(*held, strict=True)]
    model = GreenLightningClassifier(random_state=0, alpha=0.1).fit(*first)
    found = []
    for number in range(2, BATCHES):
        X, y = batch(number)
        found.append(float(model.score(X, y)))
        model.partial_fit(X, y)
        held.append((X, y))
        while len(held) > kept:
            model.forget(*held.popleft())
    return found


def main() -> float:
    """Compare all of the past with its newest batches; return the latter's accuracy while the concept moves."""
    everything, window = prequential(BATCHES), prequential(KEPT)
    print("batch  everything  newest 6")
    for number in range(2, BATCHES, 3):
        print(f"{number:5d}  {everything[number - 2]:10.3f}  {window[number - 2]:8.3f}")
    moving = slice(12, None)
    print(f"while it moves: {np.mean(everything[moving]):.3f} against {np.mean(window[moving]):.3f}")
    return float(np.mean(window[moving]))


if __name__ == "__main__":
    main()
