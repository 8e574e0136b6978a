"""Find the dense ReLU layers that end a torch network, by watching one input run through it."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from greenlightning.errors import InputError

EXAMPLE_RANGE = 4.0
REMEDY = "Give a network whose last ReLU layers are nn.Linear followed by nn.ReLU, and an example input"


@dataclass
class _Trace:
    """Which linear layer made which tensor, and the (linear, input) of each ReLU in the order they ran."""

    linear_outputs: list[tuple[Tensor, nn.Linear, Tensor]] = field(default_factory=list)
    relus: list[tuple[Tensor, nn.Linear | None, Tensor | None]] = field(default_factory=list)

    def hook(self, module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        if isinstance(module, nn.Linear):
            self.linear_outputs.append((output, module, inputs[0]))
            return
        made = [(layer, entered) for tensor, layer, entered in self.linear_outputs if tensor is inputs[0]]
        layer, entered = made[-1] if made else (None, None)
        self.relus.append((output, layer, entered))


def _traced(module: nn.Module, example: Tensor) -> _Trace:
    trace = _Trace()
    watched = [m for m in module.modules() if isinstance(m, nn.Linear | nn.ReLU)]
    inplace = [m for m in watched if isinstance(m, nn.ReLU) and m.inplace]
    handles = [m.register_forward_hook(trace.hook) for m in watched]
    modes = {m: m.training for m in module.modules()}
    for relu in inplace:
        relu.inplace = False
    try:
        with torch.no_grad():
            module.eval()(example)
    finally:
        for m, training in modes.items():
            m.training = training
        for relu in inplace:
            relu.inplace = True
        for handle in handles:
            handle.remove()
    return trace


def _tail(module: nn.Module, example: ArrayLike | None) -> list[tuple[nn.Linear, Tensor]]:
    """Find the last run of dense ReLU layers, each fed by the one before, with the tensor that entered it."""
    if example is None:
        first = next((m for m in module.children()), None)
        if not isinstance(module, nn.Sequential) or not isinstance(first, nn.Linear):
            raise InputError("The network does not start with a dense layer, and no example was given", REMEDY)
        example = np.zeros((1, first.in_features), dtype=np.float32)
    parameter = next(module.parameters(), torch.empty(0))
    trace = _traced(module, torch.as_tensor(example, dtype=parameter.dtype, device=parameter.device))
    tail: list[tuple[nn.Linear, Tensor]] = []
    for output, layer, entered in reversed(trace.relus):
        if layer is None or entered is None or entered.ndim != 2 or (tail and tail[0][1] is not output):
            break
        tail.insert(0, (layer, entered))
    if not tail:
        raise InputError("The network's last ReLU does not follow a dense layer", REMEDY)
    return tail


def dense_tail(module: nn.Module, example: ArrayLike | None = None) -> list[nn.Linear]:
    """Find the linear layers of the dense ReLU layers that end ``module``, in order.

    Parameters
    ----------
    module : Module
        Any network whose ReLUs are ``nn.ReLU``.
    example : array-like of shape (n, …), optional
        One input batch; needed unless the module is a Sequential that starts with a dense layer.

    Returns
    -------
    list of Linear
        The layers.

    Raises
    ------
    InputError
        Where the last ReLU does not follow a dense layer.

    Examples
    --------
    >>> network = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    >>> dense_tail(network)
    [Linear(in_features=4, out_features=8, bias=True)]
    """
    return [layer for layer, _ in _tail(module, example)]


def tail_inputs(module: nn.Module, X: ArrayLike) -> NDArray[Any]:
    """Compute what enters the first dense layer of the tail, (n, d): a structure's inputs.

    The layers before it run in floating point: exactness starts at these values.

    Parameters
    ----------
    module : Module
        A network that ends in dense ReLU layers.
    X : array-like of shape (n, …)
        Inputs of the network.

    Returns
    -------
    ndarray of shape (n, d)
        Inputs of the structure.

    Raises
    ------
    InputError
        Where the last ReLU does not follow a dense layer.
    """
    return np.asarray(_tail(module, X)[0][1].cpu().numpy())


def rescaled_tail(
    module: nn.Module, example: ArrayLike | None = None
) -> tuple[float, list[NDArray[np.float64]], list[NDArray[np.float64]]]:
    """Take the weights and biases of the dense tail, for inputs divided by a power of two.

    Parameters
    ----------
    module : Module
        A network that ends in dense ReLU layers.
    example : array-like of shape (n, …), optional
        One input batch, from which the range of inputs comes.

    Returns
    -------
    unit : float
        Power of two that brings the example's inputs within ±4, 1 without an example.
    weights : list of ndarray of shape (h_l, fan_in)
        The weights of each layer.
    biases : list of ndarray of shape (h_l,)
        The biases of each layer, divided by the unit: no gate changes.
    """
    layers = dense_tail(module, example)
    peak = 0.0 if example is None else float(np.abs(tail_inputs(module, example)).max(initial=0.0))
    unit = float(2.0 ** np.ceil(np.log2(peak / EXAMPLE_RANGE))) if peak else 1.0
    weights = [layer.weight.detach().cpu().double().numpy() for layer in layers]
    zeros = [np.zeros(layer.out_features) for layer in layers]
    biases = [
        zero if layer.bias is None else layer.bias.detach().cpu().double().numpy()
        for layer, zero in zip(layers, zeros, strict=True)
    ]
    return unit, weights, [bias / unit for bias in biases]
