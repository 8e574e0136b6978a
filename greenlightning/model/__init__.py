"""The model: what it is, how it learns and forgets, and how it is stored."""

from greenlightning.model.model import GreenLightningModel

__all__ = ["GreenLightningModel"]
