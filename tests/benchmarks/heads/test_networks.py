"""The papers' networks have the layers they are named for, and CIFAR-10 is read from its archive alone."""

import hashlib
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from benchmarks.heads import cifar, networks
from greenlightning.data.datasets import DATASETS_VARIABLE
from greenlightning.errors import InputError, IntegrityError


@pytest.mark.parametrize(("channels", "side"), [(1, 28), (3, 32)])
@pytest.mark.parametrize(
    ("name", "layers"), [("LeNet-5", (2, 3)), ("AlexNet-style", (5, 3)), ("VGG8-style", (6, 2))]
)
def test_a_network_has_its_convolutions_and_dense_layers(
    name: str, layers: tuple[int, int], channels: int, side: int
) -> None:
    network = networks.NETWORKS[name](channels, side)
    found = [sum(isinstance(m, kind) for m in network.modules()) for kind in (nn.Conv2d, nn.Linear)]
    assert tuple(found) == layers
    assert network(torch.zeros(2, channels, side, side)).shape == (2, 10)


def test_the_head_of_a_network_is_solved_as_well_as_it_was_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two kinds of pictures: bright above, or bright below."""
    monkeypatch.setattr(networks, "LANDMARKS", 64)
    generator = torch.Generator().manual_seed(0)
    y = torch.arange(200) % 2
    X = torch.rand(200, 1, 28, 28, generator=generator) * 0.3
    X[y == 0, :, :14] += 0.5
    X[y == 1, :, 14:] += 0.5
    found = networks.measure("LeNet-5", (X[:150], y[:150], X[150:], y[150:]), seed=0)
    assert (found["features"], found["gates"]) == (400, (120, 84))
    assert found["convolution_gates"] == 6 * 28 * 28 + 16 * 10 * 10
    assert found["accuracies"]["solved"] == 1.0


def archive(folder: Path) -> str:
    """An archive of the same shape with one picture a batch: picture i is all i, of class i; return its md5."""
    with tarfile.open(folder / cifar.ARCHIVE, "w:gz") as files:
        for i, name in enumerate((*cifar.TRAINING, *cifar.TEST)):
            content = bytes([i]) * (1 + 3 * 32 * 32)
            member = tarfile.TarInfo(f"{cifar.FOLDER}/{name}")
            member.size = len(content)
            files.addfile(member, io.BytesIO(content))
    return hashlib.md5((folder / cifar.ARCHIVE).read_bytes()).hexdigest()


def test_cifar_is_read_where_its_checksum_is_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DATASETS_VARIABLE, str(tmp_path))
    with pytest.raises(InputError, match="is not there"):
        cifar.cifar10()
    md5 = archive(tmp_path)
    (X, y), (X_test, y_test) = cifar.cifar10(md5)
    assert X.shape == (5, 3, 32, 32) and X_test.shape == (1, 3, 32, 32)
    assert y.tolist() == [0, 1, 2, 3, 4] and y_test.tolist() == [5]
    assert (X[3] == 3).all() and X.dtype == np.uint8
    with pytest.raises(IntegrityError, match="has the md5"):
        cifar.cifar10()
