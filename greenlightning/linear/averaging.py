"""Averaging the coefficients of copies that were trained apart."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from greenlightning.errors import InputError, MismatchError
from greenlightning.linear.solver import Coefficients

if TYPE_CHECKING:
    from greenlightning.linear.gradient import PathSGDClassifier


def averaged_coefficients(
    models: "Sequence[PathSGDClassifier]", weights: Sequence[float] | None = None
) -> Coefficients:
    """Average the coefficients of ``models``, weighted by ``weights`` or by the rows that each has seen.

    Raises
    ------
    InputError
        Where there is not one weight for each model, one is negative, or all are zero.
    MismatchError
        Where the models have different recipes or classes.
    """
    shares = [model.n_samples_seen_ for model in models] if weights is None else list(weights)
    if len(shares) != len(models) or not all(share >= 0 for share in shares) or sum(shares) <= 0:
        raise InputError(
            f"{len(models)} models cannot be averaged by weights {shares}",
            "Give one weight a model, none negative, not all zero",
        )
    first = models[0]
    for model in models[1:]:
        if model.paths_.digest != first.paths_.digest:
            raise MismatchError("The copies have different recipes", "Train them under one frozen recipe")
        if model.classes_.tolist() != first.classes_.tolist():
            raise MismatchError("The copies know different classes", "Name all classes when they are fitted")
    means = (
        sum(share / sum(shares) * part for share, part in zip(shares, parts, strict=True))
        for parts in zip(*((m.coefficients_.weights, m.coefficients_.intercept) for m in models), strict=True)
    )
    return Coefficients(*means)
