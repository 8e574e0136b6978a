"""Path features ``φ(x)``: the sample's input routed through its open gates; what the linear model sees."""

from pathlib import Path

from greenlightning.paths.base import PathFeatures
from greenlightning.paths.explicit import ExplicitPaths
from greenlightning.paths.joined import SIMPLE, JoinedPaths
from greenlightning.paths.landmarks import LandmarkPaths
from greenlightning.paths.random_features import RandomFeatures
from greenlightning.paths.random_fields import RandomFields
from greenlightning.paths.random_layer import RandomLayer
from greenlightning.paths.synthetic import SyntheticLandmarks, synthetic_rows
from greenlightning.structure.gates import Structure

__all__ = [
    "ExplicitPaths",
    "JoinedPaths",
    "LandmarkPaths",
    "PathFeatures",
    "RandomFeatures",
    "RandomFields",
    "RandomLayer",
    "SyntheticLandmarks",
    "load_paths",
    "n_random_features",
    "synthetic_rows",
]


def load_paths(folder: Path, kind: str, structure: Structure) -> PathFeatures:
    """Read a recipe that was built on ``structure``.

    Parameters
    ----------
    folder : Path
        Where ``PathFeatures.save`` wrote it.
    kind : {"explicit", "landmarks", "synthetic", "random", "random-layer", "random-fields", "joined"}
        The kind of recipe.
    structure : Structure
        The frozen gates.

    Returns
    -------
    PathFeatures
        The recipe.

    Raises
    ------
    IntegrityError
        Where a file is missing or corrupt, or digest or structure does not match.
    """
    recipe = JoinedPaths if kind == JoinedPaths.kind else SIMPLE[kind]
    return recipe.load(folder, structure)


def n_random_features(paths: PathFeatures) -> int:
    """Count the features of a recipe that are random ReLU features."""
    parts = paths.parts if isinstance(paths, JoinedPaths) else (paths,)
    return sum(part.n_features_out for part in parts if isinstance(part, RandomFeatures))
