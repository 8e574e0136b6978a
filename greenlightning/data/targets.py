"""Targets as integers: one-hot labels, or real values in fixed point."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from greenlightning.compute.integers import digits
from greenlightning.data.files import sha256_of
from greenlightning.data.labels import Label, checked_labels, plain, positions, sorted_classes
from greenlightning.data.transforms import NO_TRANSFORM, TargetTransform
from greenlightning.errors import CapacityError, InputError

REAL_LIMIT = 127 * 256 * 256
REAL_DIGITS = 3
HEADROOM = 32
SMEARED = 32
OVERSHOOT = 1.1
"""How far predictions of mapped targets may go, relative to the base's spread."""


@dataclass(frozen=True)
class ClassTargets:
    """Labels as one-hot columns of 0 and 1, one a class; classes join by union.

    Targets of another kind need these methods and attributes too.

    Attributes
    ----------
    weights : mapping of label to float, or "balanced"
        Weights of the classes, 1 for others: each row is counted as often as its class says. "balanced" is
        ``n / (k n_c)`` of the rows learnt, and for classes kept ``apart`` only.
    apart : bool
        Whether statistics keep the sums of each class. The weights are then no part of them, and may be chosen
        when the model is solved; otherwise rows are weighed when they are summed.
    digest : str
        What statistics of these targets name.
    n_digits : int
        int8 digits of an integer target.
    task : str
        "classification".
    """

    weights: Mapping[Label, float] | Literal["balanced"] = field(default_factory=dict)
    apart: bool = False
    digest: str = field(init=False)
    n_digits: int = 1
    task: ClassVar[str] = "classification"

    def __post_init__(self) -> None:
        if self.apart:
            object.__setattr__(self, "digest", "classes/apart")
            return
        named = json.dumps(_pairs(self.weights))
        object.__setattr__(self, "digest", f"classes/{sha256_of(named, {})}" if self.weights else "classes")

    @property
    def is_weighted(self) -> bool:
        """Whether classes have weights."""
        return bool(self.weights)

    def weights_of(self, y: ArrayLike) -> NDArray[np.float64] | None:
        """Return the weight of each label of ``y`` (n,) in its sums; None where all classes weigh the same."""
        if not self.weights or self.apart or isinstance(self.weights, str):
            return None
        labels, place = np.unique(checked_labels(y), return_inverse=True)
        return np.array([self.weights.get(label, 1.0) for label in labels.tolist()])[place]

    def weights_at(self, counts: Mapping[Label, int]) -> list[float]:
        """Return the weight of each class, given the rows of each: those named, or the balanced ones."""
        if isinstance(self.weights, str):
            return [sum(counts.values()) / (len(counts) * count) for count in counts.values()]
        return [self.weights.get(label, 1.0) for label in counts]

    def columns(self, y: ArrayLike) -> tuple[Label, ...]:
        """List the classes that ``y`` (n,) needs a column for."""
        return sorted_classes(y)

    def encode(self, y: ArrayLike) -> list[Tensor]:
        """Encode the labels ``y`` (n,) as one int8 one-hot array (n, k)."""
        labels = torch.from_numpy(positions(y, self.columns(y)))
        return [torch.nn.functional.one_hot(labels, len(self.columns(y))).to(torch.int8)]

    def mapped(self, y: NDArray[Any]) -> NDArray[Any]:
        """Return the labels: they are learnt as they are."""
        return y

    def restored(self, outputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return outputs (n, k) of the linear model as they are."""
        return outputs

    def scales(self, n_columns: int) -> NDArray[np.float64]:
        """Real size (k,) of one unit: 1."""
        return np.ones(n_columns)

    def offsets(self, n_columns: int) -> NDArray[np.float64]:
        """Real value (k,) at zero: 0."""
        return np.zeros(n_columns)


@dataclass(frozen=True, eq=False)
class RealTargets:
    """Real targets as 24-bit fixed point about the base's mean, with room for 32 times the base's spread.

    Skewed targets are mapped first; predictions are mapped back.

    Attributes
    ----------
    offset : ndarray of shape (k,)
        Mapped values at zero.
    step : ndarray of shape (k,)
        Mapped size of one unit.
    transform : TargetTransform
        The map; none by default.
    residuals : ndarray of shape (r, k)
        Quantiles of the errors of mapped targets. A prediction is the mean of what they lead to, mapped back: it
        estimates the mean of the target rather than its median [1]_. Empty: outputs are mapped back as they are.
    n_digits : int
        int8 digits of an integer target.
    digest : str
        sha256 of all of it.
    task : str
        "regression".

    References
    ----------
    .. [1] Duan, "Smearing Estimate", Journal of the American Statistical Association 78, 1983.
    """

    offset: NDArray[np.float64]
    step: NDArray[np.float64]
    transform: TargetTransform = NO_TRANSFORM
    residuals: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))
    n_digits: int = REAL_DIGITS
    is_weighted: ClassVar[bool] = False
    apart: ClassVar[bool] = False
    digest: str = field(init=False)
    task: ClassVar[str] = "regression"

    def __post_init__(self) -> None:
        tables = {"offset": self.offset, "step": self.step}
        mapped = {f"transform.{i}": table for i, table in enumerate(self.transform.tables)}
        about = f"/{self.transform.kind}" if self.transform.kind != "none" else ""
        more = mapped | ({"residuals": self.residuals} if len(self.residuals) else {})
        object.__setattr__(self, "digest", sha256_of(f"fixed-point/24{about}", tables | more))

    @classmethod
    def frozen_on(cls, y: ArrayLike, transform: str = "none") -> "RealTargets":
        """Freeze the map, offset and step on base targets ``y`` (n,) or (n, k)."""
        targets = as_columns(y)
        mapped = TargetTransform.frozen_on(transform, targets)
        values = mapped.forward(targets)
        offset = values.mean(axis=0)
        peak = np.abs(values - offset).max(axis=0)
        return cls(offset, np.where(peak > 0, peak, 1.0) * HEADROOM / REAL_LIMIT, mapped)

    def weights_of(self, y: ArrayLike) -> NDArray[np.float64] | None:
        """Return None: all targets weigh the same."""
        return None

    def weights_at(self, counts: Mapping[Label, int]) -> list[float]:
        """Return 1 for each output."""
        return [1.0] * len(counts)

    def columns(self, y: ArrayLike) -> tuple[Label, ...]:
        """Return the numbers of the outputs, from 0."""
        return tuple(range(len(self.offset)))

    def encode(self, y: ArrayLike) -> list[Tensor]:
        """Encode real targets as three int8 digit arrays (n, k), most significant first.

        Raises
        ------
        InputError
            Where the number of outputs is another, or a value is not finite or beyond the frozen range.
        CapacityError
            Where the sum of squares could overflow int64.
        """
        values = self.mapped(y)
        integers = np.rint((values - self.offset) / self.step)
        if np.abs(integers).max(initial=0) > REAL_LIMIT:
            raise InputError(
                f"A target lies over {HEADROOM} times the base batch's spread from its mean",
                "Check its unit, or fit again with a base that covers this range",
            )
        if float(np.square(integers).sum(axis=0).max(initial=0)) >= 2**62:
            raise CapacityError(
                f"The squares of {len(integers):,} targets could overflow int64",
                "Learn them in smaller batches",
            )
        return digits(torch.from_numpy(integers), REAL_DIGITS)

    def mapped(self, y: ArrayLike) -> NDArray[np.float64]:
        """Map targets (n,) or (n, k) to what the linear model learns.

        Raises
        ------
        InputError
            Where the number of outputs is another, or a value is not finite.
        """
        values = as_columns(y)
        if values.shape[1] != len(self.offset):
            raise InputError(
                f"The targets have {values.shape[1]} columns, the model has {len(self.offset)}",
                "Give the same outputs as in the first batch",
            )
        return self.transform.forward(values)

    def restored(self, outputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map outputs (n, k) of the linear model back to targets; what lies beyond the base's range is cut off."""
        if self.transform.kind == "none":
            return outputs
        reach = OVERSHOOT * self.step * REAL_LIMIT / HEADROOM
        errors = self.residuals if len(self.residuals) else np.zeros((1, outputs.shape[1]))
        found = np.zeros(outputs.shape)
        for error in errors:
            within = (outputs + error).clip(self.offset - reach, self.offset + reach)
            found += self.transform.inverse(within)
        return np.asarray(found / len(errors))

    def smeared(self, errors: NDArray[np.float64]) -> "RealTargets":
        """Return the same targets with the quantiles of ``errors`` (n, k) of mapped targets."""
        shares = (np.arange(SMEARED) + 0.5) / SMEARED
        return replace(self, residuals=np.quantile(errors, shares, axis=0))

    def scales(self, n_columns: int) -> NDArray[np.float64]:
        """Return the mapped size (k,) of one unit."""
        return self.step

    def offsets(self, n_columns: int) -> NDArray[np.float64]:
        """Return the mapped value (k,) at zero."""
        return self.offset


Targets = ClassTargets | RealTargets


def as_columns(y: ArrayLike) -> NDArray[np.float64]:
    """Return real targets as (n, k) float64.

    Raises
    ------
    InputError
        Where a value is NaN or infinite.
    """
    values = np.asarray(y, dtype=np.float64)
    values = values[:, None] if values.ndim == 1 else values
    if not np.isfinite(values).all():
        raise InputError("The targets hold NaN or infinity", "Drop or fill those rows before learning")
    return values


def _pairs(weights: Mapping[Label, float] | Literal["balanced"]) -> list[list[Any]] | str:
    return weights if isinstance(weights, str) else [[plain(label), weight] for label, weight in weights.items()]


def targets_to_dict(targets: Targets) -> dict[str, Any]:
    """Return a form for JSON."""
    if isinstance(targets, ClassTargets):
        weights = {"weights": _pairs(targets.weights)} if targets.weights else {}
        return {"kind": "classes"} | weights | ({"apart": True} if targets.apart else {})
    found = {"kind": "real", "offset": targets.offset.tolist(), "step": targets.step.tolist()}
    if targets.transform.kind == "none":
        return found
    return found | {"transform": targets.transform.to_dict(), "residuals": targets.residuals.tolist()}


def targets_from_dict(content: dict[str, Any]) -> Targets:
    """Invert ``targets_to_dict``."""
    if content["kind"] == "classes":
        weights = content.get("weights", ())
        return ClassTargets("balanced" if weights == "balanced" else dict(weights), content.get("apart", False))
    frozen = np.array(content["offset"]), np.array(content["step"])
    if "transform" not in content:
        return RealTargets(*frozen)
    residuals = np.array(content["residuals"]).reshape(-1, len(frozen[0]))
    return RealTargets(*frozen, TargetTransform.from_dict(content["transform"]), residuals)
