"""Where no GPU is, the CPU does the work; where one is, it gives the same digest."""

import numpy as np
import pytest
import torch

from greenlightning import Statistics
from greenlightning.data.targets import ClassTargets
from greenlightning.paths import ExplicitPaths, LandmarkPaths
from tests.helpers.small import blobs, random_structure


def test_without_a_gpu_the_processor_does_it_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = blobs(50)
    paths = ExplicitPaths.build(random_structure(4, (6,)), X)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.warns(RuntimeWarning, match=r"device='cuda', but no GPU is there: working on the CPU"):
        found = Statistics.collect(paths, ClassTargets(), X, y, device="cuda")
    assert found.digest == Statistics.collect(paths, ClassTargets(), X, y).digest
    with pytest.warns(RuntimeWarning, match="no GPU"):
        assert (paths.product(X, np.ones((paths.n_features_out, 1)), device="cuda:1") != 0).any()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU is here to compare with")
@pytest.mark.parametrize("bits", [8, 16])
def test_a_gpu_gives_the_processors_digest(bits: int) -> None:
    X, y = blobs(5_000)
    for paths in (
        ExplicitPaths.build(random_structure(4, (6,)), X, feature_bits=bits),
        LandmarkPaths.build(random_structure(4, (6, 5)), X, y, n_landmarks=40, feature_bits=bits),
    ):
        on_gpu = Statistics.collect(paths, ClassTargets(), X, y, device="cuda", block_rows=700)
        assert on_gpu.digest == Statistics.collect(paths, ClassTargets(), X, y).digest
