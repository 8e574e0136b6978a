"""Gates in int8: what is rounded, how few gates that changes, and that every way of computing them agrees."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from greenlightning import Structure, extract_structure
from greenlightning.compute import integers as integers
from greenlightning.errors import IntegrityError
from greenlightning.structure.settling import SettlingRule
from greenlightning.structure.training import TrainingOptions
from tests.helpers.small import blobs, random_structure

X = np.random.default_rng(0).normal(size=(2_000, 30))


@pytest.fixture(scope="module")
def wide() -> Structure:
    return random_structure(30, (40, 20, 10))


def test_weights_biases_and_outputs_by_hand() -> None:
    """One input of 0 to 4: z = 2 x - 1 is at most 7, then 0.5 h."""
    structure = Structure.from_arrays([0], [1], [[[2]], [[0.5]]], [[-1], [0]]).in_int8([[0.0], [1.0], [4.0]] * 500)
    assert [weight.tolist() for weight in structure.weights] == [[[127]], [[127]]]
    assert structure.biases[0].tolist() == [round(-1 / (2 / 127 * 2**-12))]
    # An output of 7 becomes 127: z of 7 in units of 2/127 times 2^-12, then 3.5 in units of 0.5/127 times 7/127.
    assert structure.steps[0] == pytest.approx([127 / 7 * 2 / 127 * 2**-12])
    assert structure.steps[1] == pytest.approx([127 / 3.5 * 0.5 / 127 * 7 / 127])
    assert structure.patterns([[0.4], [0.6]]).tolist() == [[False, False], [True, True]]


def test_what_is_in_int8_stays_as_it_is(wide: Structure) -> None:
    structure = wide.in_int8(X)
    assert structure.in_int8(3 * X) is structure


def test_few_gates_change_and_hardly_any_that_is_clear(wide: Structure) -> None:
    hidden, clear = wide.encode(torch.from_numpy(X)), []
    for layer in wide._layers_on(hidden.device):
        z = layer(hidden)
        clear.append((z.abs() > 0.05 * z.std(dim=0)).numpy())
        hidden = layer.activations(z)
    agree = wide.patterns(X) == wide.in_int8(X).patterns(X)
    assert agree.mean() > 0.99
    assert agree[np.hstack(clear)].mean() > 0.999  # what saturates, one output in a thousand, may change more


def test_gates_are_those_of_whole_numbers_written_out(wide: Structure) -> None:
    structure, found = wide.in_int8(X), []
    hidden = np.clip(np.rint(X * 2**12), -32_639, 32_639).astype(np.int64)
    for weight, bias, step in zip(structure.weights, structure.biases, structure.steps, strict=True):
        z = hidden @ weight.astype(np.int64).T + bias
        found.append(z > 0)
        hidden = np.clip(np.rint(z * step.astype(np.float32).astype(np.float64)), 0, 127).astype(np.int64)
    differ = structure.patterns(X) != np.hstack(found)
    assert not differ[:, :40].any()
    assert differ.mean() < 1e-3  # an output that float32 rounds the other way at a half


@pytest.mark.parametrize("native", [True, False])
def test_neither_blocks_nor_the_kind_of_product_change_a_gate(
    wide: Structure, native: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = wide.in_int8(X).patterns(X)
    monkeypatch.setattr(integers, "int8_is_native", lambda: native)
    structure = wide.in_int8(X)
    assert np.array_equal(structure.patterns(X), expected)
    assert np.array_equal(np.vstack([structure.patterns(X[i : i + 7]) for i in range(0, 70, 7)]), expected[:70])
    assert np.array_equal(structure.patterns(X[:1]), expected[:1])


def test_sums_beyond_int32_keep_their_sign() -> None:
    """600 inputs of 32,639 times weights of 127 pass 2^31."""
    inputs = np.full((2, 600), [[9.0], [-9.0]])
    structure = Structure.from_arrays(np.zeros(600), np.ones(600), [np.ones((1, 600))], [[0]]).in_int8(inputs)
    assert structure.patterns(inputs).tolist() == [[True], [False]]


def test_where_int32_holds_every_sum_it_is_taken(wide: Structure) -> None:
    layers = wide.in_int8(X)._layers_on(torch.device("cpu"))
    assert [layer.bias.dtype for layer in layers] == [torch.int32] * 3


def test_inputs_still_saturate_at_eight_deviations() -> None:
    structure = Structure.from_arrays([0], [1], [[[1], [1]]], [[-7, -8]]).in_int8([[0.0]])
    assert structure.patterns([[7.5], [9.0], [1e300], [-1e300]]).tolist() == [[True, False]] * 3 + [[False, False]]


def test_units_that_never_fire_stay_silent() -> None:
    structure = Structure.from_arrays([0], [1], [[[0], [1]], [[0, 0]]], [[0, -9], [0]]).in_int8([[1.0], [2.0]])
    assert not structure.patterns([[1.0], [8.0]]).any()


def test_it_comes_back_from_disk_under_a_name_of_its_own(wide: Structure, tmp_path: Path) -> None:
    structure = wide.in_int8(X)
    structure.save(tmp_path)
    loaded = Structure.load(tmp_path)
    assert loaded.digest == structure.digest != wide.digest
    assert np.array_equal(loaded.patterns(X), structure.patterns(X))
    random_structure(30, (40, 20, 10), seed=1).in_int8(X).save(tmp_path / "other")
    (tmp_path / "other" / "structure.safetensors").replace(tmp_path / "structure.safetensors")
    with pytest.raises(IntegrityError, match="another than it says"):
        Structure.load(tmp_path)


def learnt(**about: float) -> NDArray[np.bool_]:
    inputs, labels = blobs(300)
    options = TrainingOptions((16, 8), max_epochs=3, **about)  # type: ignore[arg-type]
    return extract_structure(inputs, labels, options=options).patterns(inputs)


def test_extraction_rounds_its_gates_and_obeys_noise_and_reconstruction() -> None:
    inputs, labels = blobs(300)
    structure = extract_structure(inputs, labels, options=TrainingOptions((16, 8), max_epochs=1))
    assert [weight.dtype for weight in structure.weights] == [np.int8, np.int8]
    assert [np.abs(weight).max(axis=1).tolist() for weight in structure.weights] == [[127] * 16, [127] * 8]
    plain, noisy, rebuilt = learnt(), learnt(input_noise=0.3), learnt(reconstruction=1.0)
    assert np.array_equal(noisy, learnt(input_noise=0.3))
    assert (plain != noisy).any()
    assert (plain != rebuilt).any()


def test_a_structure_that_rebuilds_its_inputs_tells_more_of_them() -> None:
    """Inputs regressed on the gates: more is explained where the network was asked to give them back."""
    inputs, labels = blobs(600, n_features=12)

    def explained(reconstruction: float) -> float:
        options = TrainingOptions(
            hidden_layer_sizes=(64,),
            max_epochs=30,
            learning_rate=5e-3,
            settling=SettlingRule(tolerance=1e-9),
            reconstruction=reconstruction,
        )
        gates = extract_structure(inputs, labels, options=options).patterns(inputs)
        design = np.hstack([gates, np.ones((600, 1))])
        residual = inputs - design @ np.linalg.lstsq(design, inputs)[0]
        return float(1 - residual.var() / inputs.var())

    assert explained(5.0) > explained(0.0)
