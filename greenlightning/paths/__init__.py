"""Path features ``φ(x)``: the sample's input routed through its open gates; what the linear model sees."""

from pathlib import Path

from greenlightning.paths.base import PathFeatures
from greenlightning.paths.explicit import ExplicitPaths
from greenlightning.paths.landmarks import LandmarkPaths
from greenlightning.structure.gates import Structure

__all__ = ["ExplicitPaths", "LandmarkPaths", "PathFeatures", "load_paths"]


RECIPES: tuple[type[PathFeatures], ...] = (ExplicitPaths, LandmarkPaths)


def load_paths(folder: Path, kind: str, structure: Structure) -> PathFeatures:
    """Read a recipe of ``kind`` ("explicit" or "landmarks") that was built on ``structure``."""
    [recipe] = [recipe for recipe in RECIPES if recipe.kind == kind]
    return recipe.load(folder, structure)
