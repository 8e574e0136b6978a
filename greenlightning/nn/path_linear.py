"""``PathLinear``: frozen gates and free, linear paths in place of an MLP head."""

from collections.abc import Mapping
from typing import Any, Literal, Self

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from greenlightning.errors import InputError, MismatchError, NotFittedError
from greenlightning.linear.softmax import PathScores
from greenlightning.linear.solver import Coefficients
from greenlightning.model import GreenLightningModel
from greenlightning.nn.heads import RecipeOptions, coefficients_of_head, recipe_of_head
from greenlightning.nn.learning import as_array, checked_batch, first_solution, output_columns
from greenlightning.nn.packing import packed, unpacked
from greenlightning.paths import PathFeatures


class PathLinear(nn.Module):
    """A linear layer over the open paths of frozen gates, in place of an MLP head on a frozen backbone [1]_ [2]_.

    ``forward`` computes ``φ(x) V + c``. Coefficients are solved exactly from integer sums (``fit``,
    ``partial_fit``, ``forget``), or trained by gradients like those of any module: φ has a norm of order 1, and
    learning rates of Adam between 0.01 and 0.1 suit. No gradient flows to the inputs.

    Parameters
    ----------
    paths : PathFeatures
        The frozen recipe.
    n_outputs : int
        Outputs k.

    Attributes
    ----------
    weight : Parameter of shape (D, k)
        V.
    bias : Parameter of shape (k,)
        c.
    paths : PathFeatures
        The frozen recipe. It is part of ``state_dict``, as bytes with a digest.
    model : GreenLightningModel or None
        What ``fit`` and ``partial_fit`` learnt. It is no part of ``state_dict``: ``model.save`` keeps it, and
        ``from_model`` goes on from it.

    References
    ----------
    .. [1] Duato, Mestre, Dolz and Quintana-Ortí, "GreenLightningAI", 2023, arXiv:2312.09971.
    .. [2] "GLAI", 2025, arXiv:2510.00883.

    Examples
    --------
    >>> head = nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 2))
    >>> X = torch.randn(100, 8, generator=torch.Generator().manual_seed(0))
    >>> block = PathLinear.from_mlp(head, X)
    >>> bool((block(X) - head(X)).abs().max() < 1e-3)
    True
    >>> y = (X[:, 0] * X[:, 1] > 0).long()
    >>> block.fit(X, y)(X).shape
    torch.Size([100, 2])
    """

    def __init__(self, paths: PathFeatures, n_outputs: int) -> None:
        super().__init__()
        if n_outputs < 1:
            raise InputError(f"n_outputs={n_outputs} leaves nothing to compute", "Give one output at least")
        self.weight = nn.Parameter(torch.zeros(paths.n_features_out, n_outputs))
        self.bias = nn.Parameter(torch.zeros(n_outputs))
        self.model: GreenLightningModel | None = None
        self._freeze(paths)

    @classmethod
    def from_mlp(
        cls,
        head: nn.Module,
        X: ArrayLike | None = None,
        *,
        paths: Literal["auto", "explicit", "landmarks"] = "auto",
        projection: int | None = None,
        n_landmarks: int = 1_024,
        feature_bits: int = 16,
        random_state: int = 0,
    ) -> Self:
        """Freeze the gates of an MLP head, and start with its function.

        Explicit paths without a projection reproduce the head, but for the rounding of features, which may turn
        gates within it of zero. With a projection or landmarks the block imitates the head on ``X`` by least
        squares.

        Parameters
        ----------
        head : Module
            Dense layers with ``nn.ReLU`` between, trained or not; the last one gives the outputs.
        X : Tensor or array-like of shape (n, d), optional
            Features that enter the head, which freeze the range of inputs. Explicit paths do without them where
            the head is a Sequential that starts with a dense layer and features lie within ±4.
        paths : {"auto", "explicit", "landmarks"}, default="auto"
            Path features: one a gate and input (one hidden layer only), or one a landmark; "auto" is explicit for
            one hidden layer.
        projection : int, optional
            Principal axes that explicit paths route instead of the inputs.
        n_landmarks : int, default=1024
            Landmarks, at most.
        feature_bits : {8, 12, 16}, default=16
            Bits of a path feature. 8 take a quarter of the time and memory to sum.
        random_state : int, default=0
            Seed of drawing landmarks.

        Returns
        -------
        PathLinear
            The block.

        Raises
        ------
        InputError
            Where the head is no MLP, or landmarks or a projection are asked for without ``X``.
        """
        inputs = np.empty((0, 0)) if X is None else as_array(X)
        options = RecipeOptions(paths, projection, n_landmarks, feature_bits, random_state)
        recipe = recipe_of_head(head, inputs, options)
        found = coefficients_of_head(head, recipe, inputs)
        place = next(head.parameters()).device
        return cls(recipe, len(found.intercept)).to(place)._take(found)

    @classmethod
    def from_model(cls, model: GreenLightningModel, n_outputs: int | None = None) -> Self:
        """Make the block of a model: one that ``fit`` learnt, or of an estimator whose classes are 0 to k - 1.

        Parameters
        ----------
        model : GreenLightningModel
            Its recipe, sums and coefficients.
        n_outputs : int, optional
            Outputs; by default one for each of the model's classes.

        Returns
        -------
        PathLinear
            The block, which goes on learning where the model is.

        Raises
        ------
        InputError
            Where a class is no index of an output.
        """
        return cls(model.paths, n_outputs or len(model.classes))._learn(model)

    @classmethod
    def from_state_dict(cls, state: Mapping[str, Any], prefix: str = "") -> Self:
        """Make the block that a ``state_dict`` describes.

        Parameters
        ----------
        state : mapping of str to Tensor
            As ``safetensors`` reads it.
        prefix : str, default=""
            Where the block stands in a larger module, such as "head.".

        Returns
        -------
        PathLinear
            The block.

        Raises
        ------
        IntegrityError
            Where the frozen part is corrupt.
        """
        own = {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
        block = cls(unpacked(own["_extra_state"]), len(own["bias"]))
        block.load_state_dict(own)
        return block

    def forward(self, features: Tensor) -> Tensor:
        """Compute outputs (..., k) of features (..., d); for classes, logits.

        Raises
        ------
        InputError
            Where a gradient is to flow to the features: gates are frozen, and rounding has none.
        """
        if features.requires_grad and torch.is_grad_enabled():
            raise InputError(
                "No gradient flows through PathLinear to its inputs", "Detach them: freeze the backbone"
            )
        device = str(self.weight.device)
        if device not in self._scores:
            self._scores[device] = PathScores.of(self.paths, device)
        scores, shape = self._scores[device], (*features.shape[:-1], len(self.bias))
        if not features.numel():
            return self.bias.expand(shape)
        rows = as_array(features.flatten(0, -2) if features.ndim > 1 else features[None])
        return (scores.product(scores.parts(rows), self.weight) + self.bias).view(shape)

    def fit(
        self, X: ArrayLike, y: ArrayLike, *, alpha: float | None = None, name: str = "", random_state: int = 0
    ) -> Self:
        """Solve the coefficients exactly on a first batch; what was learnt before is left out.

        Parameters
        ----------
        X : Tensor or array-like of shape (n, d)
            Features.
        y : Tensor or array-like of shape (n,) or (n, k)
            Integers are indices of outputs, as for cross-entropy; floats are real targets.
        alpha : float, optional
            Ridge strength; by default chosen on a tenth of the rows.
        name : str, optional
            Name of the batch in the ledger; by default the digest of its content.
        random_state : int, default=0
            Seed of that choice.

        Returns
        -------
        self

        Raises
        ------
        InputError
            Where data cannot be used.
        CapacityError
            Where the recipe has more features than can be squared: train the block by gradients instead.
        """
        batch = checked_batch(X, y, len(self.bias), name)
        return self._learn(first_solution(self.paths, batch, alpha, random_state))

    def partial_fit(self, X: ArrayLike, y: ArrayLike, *, name: str = "") -> Self:
        """Learn one more batch exactly, at the cost of its rows alone; the first call is ``fit``.

        Takes, returns and raises what ``fit`` does. A batch of a known name is learnt once.
        """
        if self.model is None:
            return self.fit(X, y, name=name)
        return self._learn(self.model.learn(checked_batch(X, y, len(self.bias), name)))

    def forget(self, X: ArrayLike, y: ArrayLike, *, name: str = "") -> Self:
        """Take a batch out again: the coefficients become those of never having learnt it.

        Takes and returns what ``partial_fit`` does. The gates stay.

        Raises
        ------
        LedgerError
            Where the batch was not learnt.
        """
        model = self._learnt()
        return self._learn(model.forget(checked_batch(X, y, len(self.bias), name)))

    def solve(self) -> Self:
        """Write the exact solution over the coefficients again, for example after gradient steps."""
        return self._learn(self._learnt())

    def get_extra_state(self) -> Tensor:
        """Return the frozen recipe as bytes."""
        return self._packed

    def set_extra_state(self, state: Tensor) -> None:
        """Read the frozen recipe.

        Raises
        ------
        MismatchError
            Where it is another than that of the sums that the block has learnt.
        """
        paths = unpacked(state)
        if self.model is not None and self.model.paths.digest != paths.digest:
            raise MismatchError("The state has another recipe than what was learnt", "Load it into a new block")
        self._freeze(paths)

    def extra_repr(self) -> str:
        """Describe the block in one line."""
        d, sizes = self.paths.structure.n_features_in, self.paths.structure.hidden_layer_sizes
        return f"in_features={d}, gates={sizes}, paths={self.paths.kind} {len(self.weight)}, out={len(self.bias)}"

    def _freeze(self, paths: PathFeatures) -> None:
        self.paths, self._packed = paths, packed(paths)
        self._scores: dict[str, PathScores] = {}

    def _learnt(self) -> GreenLightningModel:
        if self.model is None:
            raise NotFittedError("The block has learnt nothing yet", "Call fit or partial_fit first")
        return self.model

    def _learn(self, model: GreenLightningModel) -> Self:
        """Take over a model with its coefficients, in the units of logits."""
        found, columns = model.coefficients, output_columns(model.classes, len(self.bias))
        slope = model.calibration.slope if model.calibration.power == 0 else 1.0
        weights, intercept = np.zeros(self.weight.shape), np.zeros(len(self.bias))
        weights[:, columns], intercept[columns] = slope * found.weights, slope * found.intercept
        self.model = model
        return self._take(Coefficients(weights, intercept))

    def _take(self, coefficients: Coefficients) -> Self:
        with torch.no_grad():
            self.weight.copy_(torch.from_numpy(coefficients.weights))
            self.bias.copy_(torch.from_numpy(coefficients.intercept))
        return self
