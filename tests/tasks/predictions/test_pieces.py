"""Rows in pieces side by side: every row once, in order, and the number of threads as before."""

import numpy as np
import torch

from tasks.predictions import pieces
from tasks.predictions.pieces import in_pieces


def test_the_pieces_are_the_whole() -> None:
    inputs = np.arange(3.0 * (2 * pieces.PIECE_ROWS + 5)).reshape(-1, 3)
    asked = []

    def double(rows: np.ndarray) -> np.ndarray:
        asked.append(len(rows))
        return 2.0 * rows

    assert np.array_equal(in_pieces(double, inputs), 2.0 * inputs)
    assert sorted(asked) == [5, pieces.PIECE_ROWS, pieces.PIECE_ROWS]


def test_torch_uses_one_thread_in_each_piece_and_as_many_as_before_afterwards() -> None:
    before = torch.get_num_threads()
    threads = in_pieces(lambda rows: np.full(len(rows), torch.get_num_threads()), np.zeros((3, 1)))
    assert threads.tolist() == [1, 1, 1]
    assert torch.get_num_threads() == before
