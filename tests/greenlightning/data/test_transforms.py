"""Transforms of targets: increasing, invertible, frozen, and the same after a round trip through JSON."""

import json

import numpy as np
import pytest

from greenlightning.data.targets import RealTargets, targets_from_dict, targets_to_dict
from greenlightning.data.transforms import KINDS, TargetTransform

BASE = np.exp(np.random.default_rng(0).normal(size=(500, 1)))
every_kind = pytest.mark.parametrize("kind", KINDS)


@every_kind
def test_what_is_mapped_comes_back_also_beyond_the_base(kind: str) -> None:
    transform = TargetTransform.frozen_on(kind, BASE)
    values = np.array([[-3.0], [0.0], [0.5], [1.0], [40.0]])
    np.testing.assert_allclose(transform.inverse(transform.forward(values)), values, rtol=1e-9, atol=1e-12)
    assert (np.diff(transform.forward(np.linspace(-5, 50, 400)[:, None]), axis=0) > 0).all()


def test_log_by_hand() -> None:
    transform = TargetTransform.frozen_on("log", np.arange(1.0, 12.0)[:, None])
    assert transform.tables[0][0, 0] == 2.0
    assert transform.forward(np.array([[2.0], [-2.0], [0.0]])).ravel() == pytest.approx([np.log(2), -np.log(2), 0])


def test_quantiles_of_the_base_become_normal() -> None:
    mapped = TargetTransform.frozen_on("quantile", BASE).forward(BASE)
    assert (mapped.mean(), mapped.std()) == pytest.approx((0, 1), abs=0.02)


@pytest.mark.parametrize("values", [np.zeros((30, 1)), np.repeat([[0.0], [5.0]], 15, axis=0)])
@every_kind
def test_constant_and_two_valued_targets_are_mapped_too(kind: str, values: np.ndarray) -> None:
    transform = TargetTransform.frozen_on(kind, values)
    np.testing.assert_allclose(transform.inverse(transform.forward(values)), values, atol=1e-12)


@every_kind
def test_frozen_targets_survive_json_with_their_digest(kind: str) -> None:
    targets = RealTargets.frozen_on(BASE, kind)
    targets = targets if kind == "none" else targets.smeared(np.array([[-0.5], [0.5]]))
    again = targets_from_dict(json.loads(json.dumps(targets_to_dict(targets))))
    assert again.digest == targets.digest
    outputs = np.linspace(-1, 1, 5)[:, None]
    assert np.array_equal(again.restored(outputs), targets.restored(outputs))


def test_targets_without_a_map_keep_the_digest_of_version_0_1() -> None:
    targets = RealTargets(np.array([1.0]), np.array([0.5]))
    assert targets_to_dict(targets) == {"kind": "real", "offset": [1.0], "step": [0.5]}
    assert RealTargets.frozen_on(BASE, "log").digest != RealTargets.frozen_on(BASE).digest


def test_smearing_gives_the_mean_where_the_map_back_alone_gives_the_median() -> None:
    noise = np.random.default_rng(1).normal(size=(4000, 1))
    targets = RealTargets.frozen_on(np.exp(noise), "log")
    centre = targets.mapped(np.array([1.0]))
    median = targets.restored(centre)
    mean = targets.smeared(targets.mapped(np.exp(noise)) - centre).restored(centre)
    assert median[0, 0] == pytest.approx(1.0)
    assert mean[0, 0] == pytest.approx(np.exp(0.5), rel=0.06)


def test_a_prediction_far_beyond_the_base_is_cut_off() -> None:
    targets = RealTargets.frozen_on(BASE, "log")
    assert targets.restored(np.array([[1e3]]))[0, 0] < 3 * BASE.max()
