"""GreenLightning: train the structure once, then retrain green: exact, additive, traceable.

The public names are listed in ``__init__.pyi`` and imported when they are first used (SPEC 1), so
``import greenlightning`` loads neither torch nor scikit-learn.
"""

from importlib.metadata import PackageNotFoundError, version

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

try:
    __version__ = version("greenlightning")
except PackageNotFoundError:
    __version__ = "0+unknown"
