"""Gates small enough to add up by hand."""

import pytest

from greenlightning import Structure
from greenlightning.paths import ExplicitPaths


@pytest.fixture
def sides() -> ExplicitPaths:
    """Gates right and left of zero. Integer features: 4 gives (127, 32, 0, 0), -4 gives (0, 0, -127, 32)."""
    return ExplicitPaths.build(Structure.from_arrays([0], [1], [[[1], [-1]]], [[0, 0]]), [[0.0]])
