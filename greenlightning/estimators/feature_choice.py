"""How many random features stand beside the paths: within a budget, by the sums of held-out rows.

Why: ``docs/decisions/0049-random-features.md``.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from greenlightning.data.batch import Batch
from greenlightning.data.targets import Targets
from greenlightning.errors import SingularError
from greenlightning.estimators.configuration import is_wide, random_features_beside
from greenlightning.estimators.nested import nested_errors
from greenlightning.linear.statistics import Statistics
from greenlightning.paths import JoinedPaths, PathFeatures, RandomFeatures, RandomFields, RandomLayer

if TYPE_CHECKING:
    from greenlightning.estimators.base import BaseGreenLightning

STEPS = 4
STRENGTHS = 1.0, 10.0, 100.0
TOLERANCE = 0.05


@dataclass(frozen=True)
class FeatureChoice:
    """The numbers of random features that were compared.

    Attributes
    ----------
    paths : int
        Path features beside them.
    budget : int
        Features of both kinds, at most.
    errors : dict of int to float
        Squared error on held-out rows by number of random features, at the best strength tried.
    chosen : int
        The largest number within 5 % of the least error.
    alpha : float
        The weakest ridge whose error with that number is within 5 % of its best.
    """

    paths: int
    budget: int
    errors: dict[int, float]
    chosen: int
    alpha: float


def widened(
    estimator: "BaseGreenLightning", paths: PathFeatures, batch: Batch, seed: int, seen: tuple[str, ...]
) -> PathFeatures:
    """Join as many random features to ``paths`` as may be chosen; without any, return ``paths``."""
    most = random_features_beside(estimator, paths, batch)
    if not most:
        return paths
    kind = RandomFields if is_wide(paths.structure) else RandomLayer
    random = kind.build(
        paths.structure,
        batch.X,
        n_features=most,
        feature_bits=paths.feature_bits,
        random_state=seed,
        seen=seen,
    )
    return JoinedPaths.of(paths, random)


def narrowed(
    recipe: PathFeatures, training: Statistics, held: Statistics, targets: Targets, alpha: float
) -> tuple[PathFeatures, FeatureChoice | None]:
    """Choose how many of the random features stay, by held-out sums.

    Parameters
    ----------
    recipe : PathFeatures
        Paths and as many random features as the budget allows.
    training, held : Statistics
        Sums to solve from, and those of held-out rows.
    targets : ClassTargets or RealTargets
        The targets of the sums.
    alpha : float
        Weakest of the ridge strengths at which sizes are compared.

    Returns
    -------
    PathFeatures
        The recipe that is left.
    FeatureChoice or None
        What was compared; None where nothing was held out, or the equations are singular: all stay then.
    """
    if not isinstance(recipe, JoinedPaths) or not held.n:
        return recipe, None
    paths, random = recipe.parts
    assert isinstance(random, RandomFeatures)
    first, most = paths.n_features_out, random.n_features_out
    counts = sorted({most * step // STEPS for step in range(STEPS + 1)})
    by_strength: dict[float, list[float]] = {}
    for strength in (alpha * times for times in STRENGTHS):
        with suppress(SingularError):
            sizes = [first + count for count in counts]
            by_strength[strength] = nested_errors(training, held, recipe, targets, strength, sizes)
    if not by_strength:
        return recipe, None
    least = [min(errors) for errors in zip(*by_strength.values(), strict=True)]
    place = max(i for i, error in enumerate(least) if error <= (1 + TOLERANCE) * min(least))
    weakest = min(a for a, errors in by_strength.items() if errors[place] <= (1 + TOLERANCE) * least[place])
    choice = FeatureChoice(first, first + most, dict(zip(counts, least, strict=True)), counts[place], weakest)
    fewer = JoinedPaths.of(paths, random.first(counts[place])) if counts[place] else paths
    return replace(fewer, encoder=recipe.encoder), choice
