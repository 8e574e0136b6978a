"""Frozen gates and paths as a torch block."""

from greenlightning.nn.path_linear import PathLinear

__all__ = ["PathLinear"]
