"""A convolutional network whose MLP head becomes a ``PathLinear``, which learns night after night."""

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

from greenlightning import PathLinear


def network() -> nn.Sequential:
    """One convolution and a head of one hidden layer."""
    backbone = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
    head = nn.Sequential(nn.Linear(144, 16), nn.ReLU(), nn.Linear(16, 10))
    return nn.Sequential(backbone, head)


def train(model: nn.Module, X: Tensor, y: Tensor, epochs: int) -> None:
    """Train as usual."""
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(epochs):
        for rows in torch.randperm(len(X)).split(64):
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(X[rows]), y[rows]).backward()
            optimiser.step()


@torch.no_grad()
def accuracy(model: nn.Module, X: Tensor, y: Tensor) -> float:
    """Share of the rows whose largest logit is the label's."""
    return float((model(X).argmax(dim=1) == y).float().mean())


def main() -> float:
    """Train on five digits, then let the head alone learn all ten; return the accuracy on other rows."""
    torch.manual_seed(0)
    digits = load_digits()
    X, y = torch.tensor(digits.images[:, None] / 16).float(), torch.tensor(digits.target)
    base = torch.arange(len(y))[:900][y[:900] < 8]
    model = network()
    train(model, X[base], y[base], epochs=30)
    print(f"network of eight digits:    {accuracy(model, X[1_400:], y[1_400:]):.3f}")

    backbone, head = model
    with torch.no_grad():
        features = backbone(X)
    model[1] = PathLinear.from_mlp(head, features[base]).fit(features[base], y[base])
    print(f"the same, head solved:      {accuracy(model, X[1_400:], y[1_400:]):.3f}")

    for start in range(900, 1_400, 100):
        night = slice(start, start + 100)
        model[1].partial_fit(features[night], y[night])
    found = accuracy(model, X[1_400:], y[1_400:])
    print(f"after five nights of 100:   {found:.3f}, with nine and eight")
    return found


if __name__ == "__main__":
    main()
