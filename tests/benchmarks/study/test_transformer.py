"""Behind the last attention of the transformer, logits are linear in pooled paths; that is what is solved."""

import pytest
import torch

from benchmarks.study.transformer import (
    HEAD,
    IMITATED,
    NETWORK,
    RANDOM,
    SOLVED,
    TUNED,
    WIDTH,
    Ending,
    Transformer,
    measured,
    pooled,
    solved,
)
from greenlightning.data.datasets import Dataset, load


def test_block_and_head_are_one_linear_function_of_the_pooled_paths() -> None:
    torch.manual_seed(0)
    network = Transformer(8, 8, 3)
    first, _, second = network.last.block
    with torch.no_grad():
        attended = network.attended(torch.randn(5, 8, 8))
        features = pooled(network.last.between, first, attended)
        paths = torch.cat([first.weight, first.bias[:, None]], dim=1)
        through = torch.einsum("oh,hd->ohd", second.weight, paths).flatten(1)
        by_paths = features[:, :WIDTH] + features[:, WIDTH:] @ through.T + second.bias
        assert network.head(by_paths) == pytest.approx(Ending(network, network.last.block)(attended), abs=1e-5)


def test_what_is_linear_is_found_again_by_the_solution() -> None:
    torch.manual_seed(0)
    rows = torch.randn(200, 4, 6)
    y = (rows.mean(dim=1)[:, 0] > 0).long()
    classify = solved(lambda given: given.mean(dim=1), rows, y)
    assert float((classify(rows) == y).double().mean()) > 0.95


@pytest.mark.slow
def test_every_way_is_measured_and_the_imitation_answers_as_the_network() -> None:
    digits = load("digits")
    few = Dataset("digits", digits.X_train[:200], digits.y_train[:200], digits.X_test, digits.y_test, (), "")
    found = measured(few, 0, epochs=2)
    assert found["rows"] == [160, 200]
    assert found["accuracies"][IMITATED] == pytest.approx(found["accuracies"][NETWORK], abs=0.005)
    assert {HEAD, SOLVED, RANDOM, TUNED} <= found["accuracies"].keys() == found["processor_seconds"].keys()
