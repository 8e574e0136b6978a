"""PathLinear learns exactly, trains like any module, and travels in a state_dict without pickle."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from scipy.special import softmax
from sklearn.datasets import load_digits
from torch import Tensor, nn

from greenlightning import GreenLightningClassifier, GreenLightningModel, PathLinear
from greenlightning.errors import (
    CapacityError,
    InputError,
    IntegrityError,
    LedgerError,
    MismatchError,
    NotFittedError,
)


@pytest.fixture(scope="module")
def digits() -> tuple[Tensor, Tensor]:
    X, y = load_digits(return_X_y=True)
    return torch.from_numpy(X).float(), torch.from_numpy(y).long()


@pytest.fixture
def head() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(64, 12), nn.ReLU(), nn.Linear(12, 10))


@pytest.fixture
def block(head: nn.Sequential, digits: tuple[Tensor, Tensor]) -> PathLinear:
    return PathLinear.from_mlp(head, digits[0][:1_000], feature_bits=8)


def accuracy(module: nn.Module, X: Tensor, y: Tensor) -> float:
    with torch.no_grad():
        return float((module(X).argmax(dim=1) == y).float().mean())


def test_the_exact_solution_classifies(block: PathLinear, digits: tuple[Tensor, Tensor]) -> None:
    X, y = digits
    block.fit(X[:1_000], y[:1_000])
    assert accuracy(block, X[1_000:], y[1_000:]) > 0.9


def test_logits_are_as_sure_as_held_out_rows_allow(block: PathLinear, digits: tuple[Tensor, Tensor]) -> None:
    X, y = digits
    block.fit(X[:1_000], y[:1_000])
    assert block.model is not None
    with torch.no_grad():
        logits = block(X[1_000:])
    loss = float(nn.functional.cross_entropy(logits, y[1_000:]))
    assert loss < 0.6
    probabilities = block.model.predict_proba(X[1_000:].numpy())
    assert np.abs(softmax(logits.numpy(), axis=1) - probabilities).max() < 1e-4


def test_batches_one_after_another_are_all_at_once(
    head: nn.Sequential, block: PathLinear, digits: tuple[Tensor, Tensor]
) -> None:
    X, y = digits
    block.fit(X[:500], y[:500], alpha=0.1).partial_fit(X[500:900], y[500:900])
    other = PathLinear.from_mlp(head, X[:1_000], feature_bits=8).fit(X[500:900], y[500:900], alpha=0.1)
    other.partial_fit(X[:500], y[:500])
    assert block.model is not None and other.model is not None
    assert block.model.statistics == other.model.statistics
    assert block.model.statistics.n == 900


def test_a_forgotten_batch_leaves_nothing(block: PathLinear, digits: tuple[Tensor, Tensor]) -> None:
    X, y = digits
    block.fit(X[:800], y[:800], name="first")
    before = block.weight.detach().clone()
    block.partial_fit(X[800:900], y[800:900], name="second")
    assert not torch.equal(block.weight, before)
    block.forget(X[800:900], y[800:900], name="second")
    assert torch.allclose(block.weight, before, rtol=1e-5, atol=1e-5)
    with pytest.raises(LedgerError):
        block.forget(X[800:900], y[800:900], name="second")


def test_a_class_that_comes_later_has_zeros_until_then(block: PathLinear, digits: tuple[Tensor, Tensor]) -> None:
    X, y = digits
    early = y[:1_000] < 8
    block.partial_fit(X[:1_000][early], y[:1_000][early])
    assert not block.weight[:, 8:].any()
    assert block.weight[:, :8].any(dim=0).all()
    block.partial_fit(X[:1_000][~early], y[:1_000][~early])
    assert accuracy(block, X[1_000:], y[1_000:]) > 0.9


def test_real_targets_are_solved_too(digits: tuple[Tensor, Tensor]) -> None:
    X, _ = digits
    truth = torch.stack([X[:, 10] * 3 - X[:, 20], X[:, 30].clone()], dim=1)
    torch.manual_seed(0)
    regressor = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 2))
    block = PathLinear.from_mlp(regressor, X).fit(X[:1_200], truth[:1_200])
    with torch.no_grad():
        errors = (block(X[1_200:]) - truth[1_200:]).square().mean(dim=0)
    assert (errors < 0.05 * truth.var(dim=0)).all()


def test_gradients_train_it_and_solve_leads_back(block: PathLinear, digits: tuple[Tensor, Tensor]) -> None:
    X, y = digits
    block.fit(X[:1_000], y[:1_000])
    solved = block.weight.detach().clone()
    optimiser = torch.optim.Adam(block.parameters(), lr=0.05)
    losses = []
    for _ in range(30):
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(block(X[:1_000]), y[:1_000])
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0]
    assert accuracy(block, X[1_000:], y[1_000:]) > 0.9
    assert torch.equal(block.solve().weight, solved)


def test_a_frozen_backbone_needs_no_detaching_and_a_trained_one_is_refused(block: PathLinear) -> None:
    features = nn.Linear(5, 64)(torch.ones(3, 5))
    with pytest.raises(InputError, match="freeze the backbone"):
        block(features)
    assert block(features.detach()).requires_grad
    with torch.no_grad():
        assert block(features).shape == (3, 10)


def test_shapes_and_half_precision_are_those_of_a_linear_layer(block: PathLinear) -> None:
    X = torch.arange(2 * 3 * 64).reshape(2, 3, 64) / 64
    assert block(X).shape == (2, 3, 10)
    assert torch.allclose(block(X)[1, 2], block(X[1, 2]), atol=1e-5)
    assert block(X[:0]).shape == (0, 3, 10)
    assert torch.allclose(block(X.bfloat16()), block(X.bfloat16().float()))


def test_a_state_dict_travels_in_safetensors(
    block: PathLinear, digits: tuple[Tensor, Tensor], tmp_path: Path
) -> None:
    X, y = digits
    block.fit(X[:300], y[:300])
    whole = nn.Sequential(nn.Identity(), block)
    save_file(whole.state_dict(), tmp_path / "whole.safetensors")
    state = load_file(tmp_path / "whole.safetensors")
    assert torch.equal(PathLinear.from_state_dict(state, "1.")(X), block(X))
    fresh = nn.Sequential(nn.Linear(64, 12), nn.ReLU(), nn.Linear(12, 10))
    other = nn.Sequential(nn.Identity(), PathLinear.from_mlp(fresh, feature_bits=8))
    assert not torch.equal(other(X), block(X))
    other.load_state_dict(state)
    assert torch.equal(other(X), block(X))


def test_casting_a_module_leaves_the_gates_as_they_are(block: PathLinear, digits: tuple[Tensor, Tensor]) -> None:
    digest = block.paths.digest
    half = block.half()
    assert half.paths.digest == digest == PathLinear.from_state_dict(half.state_dict()).paths.digest
    assert half(digits[0][:5]).dtype == torch.float16


def test_a_corrupt_or_foreign_state_is_refused(
    block: PathLinear, head: nn.Sequential, digits: tuple[Tensor, Tensor]
) -> None:
    X, y = digits
    state = dict(block.state_dict())
    spoilt = state["_extra_state"].clone()
    spoilt[len(spoilt) // 2] ^= 1
    with pytest.raises(IntegrityError):
        PathLinear.from_state_dict(state | {"_extra_state": spoilt})
    with pytest.raises(IntegrityError):
        PathLinear.from_state_dict(state | {"_extra_state": spoilt[:50]})
    learnt = PathLinear.from_mlp(head, 3 * X, feature_bits=8).fit(X[:100], y[:100])
    with pytest.raises(MismatchError, match="another recipe"):
        learnt.load_state_dict(state)


def test_the_sums_of_a_block_go_on_learning_from_disk(
    block: PathLinear, digits: tuple[Tensor, Tensor], tmp_path: Path
) -> None:
    X, y = digits
    block.fit(X[:500], y[:500])
    assert block.model is not None
    block.model.save(tmp_path)
    again = PathLinear.from_model(GreenLightningModel.load(tmp_path), 10)
    assert torch.equal(again(X), block(X))
    for each in (block, again):
        each.partial_fit(X[500:600], y[500:600])
    assert torch.allclose(again(X), block(X), atol=1e-4)


def test_a_model_of_an_estimator_becomes_a_block(digits: tuple[Tensor, Tensor]) -> None:
    X, y = (part.numpy() for part in digits)
    estimator = GreenLightningClassifier(max_epochs=2, random_state=0).fit(X[:600], y[:600])
    block = PathLinear.from_model(estimator.model_)
    with torch.no_grad():
        found = block(digits[0][600:]).argmax(dim=1).numpy()
    assert (found == estimator.predict(X[600:])).all()
    assert block.partial_fit(*digits, name="more").model.statistics.n == len(y) + 600


def test_a_model_of_named_classes_is_no_block(digits: tuple[Tensor, Tensor]) -> None:
    X, y = (part.numpy() for part in digits)
    estimator = GreenLightningClassifier(max_epochs=1, random_state=0).fit(
        X[:200], np.array(list("abcdefghij"))[y[:200]]
    )
    with pytest.raises(InputError, match="class 'a' is none of the outputs 0 to 9"):
        PathLinear.from_model(estimator.model_)


def test_a_handful_of_rows_and_a_single_class_are_learnt(block: PathLinear, digits: tuple[Tensor, Tensor]) -> None:
    X, y = digits
    few = block.fit(X[:5], y[:5])
    assert accuracy(few, X[:5], y[:5]) == 1.0
    alone = y == 3
    assert accuracy(block.fit(X[alone][:60], y[alone][:60]), X[alone][60:], y[alone][60:]) == 1.0


def test_a_copy_learns_apart_from_the_block(block: PathLinear, digits: tuple[Tensor, Tensor]) -> None:
    X, y = digits
    block.fit(X[:300], y[:300])
    other = copy.deepcopy(block).partial_fit(X[300:400], y[300:400])
    assert block.model is not None and other.model is not None
    assert (block.model.statistics.n, other.model.statistics.n) == (300, 400)


def test_wrong_targets_are_named(block: PathLinear, digits: tuple[Tensor, Tensor]) -> None:
    X, y = digits
    with pytest.raises(InputError, match="Row 1 has the class 10"):
        block.fit(X[:2], torch.tensor([0, 10]))
    with pytest.raises(InputError, match="3 columns, the block 10 outputs"):
        block.fit(X[:2], torch.zeros(2, 3))
    with pytest.raises(InputError, match="2 rows of inputs and 3 targets"):
        block.fit(X[:2], y[:3])
    with pytest.raises(InputError, match="n_outputs=0"):
        PathLinear(block.paths, 0)


def test_nothing_learnt_cannot_be_solved_or_forgotten(block: PathLinear, digits: tuple[Tensor, Tensor]) -> None:
    with pytest.raises(NotFittedError):
        block.solve()
    with pytest.raises(NotFittedError):
        block.forget(digits[0][:5], digits[1][:5])


def test_too_many_paths_to_square_are_refused_before_memory_is_taken() -> None:
    wide = nn.Sequential(nn.Linear(4_096, 256), nn.ReLU(), nn.Linear(256, 2))
    block = PathLinear.from_mlp(wide)
    with pytest.raises(CapacityError, match="1,048,832 path features"):
        block.fit(np.zeros((30, 4_096), dtype=np.float32), np.arange(30) % 2)


def test_the_block_describes_itself(block: PathLinear) -> None:
    assert repr(block) == "PathLinear(in_features=64, gates=(12,), paths=explicit 780, out=10)"
