"""Versions without a flow: a model saved and registered as a flow would."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from greenlightning.model import GreenLightningModel
from tasks.models import registry
from tasks.tracking.client import connect


def register_version(
    model: GreenLightningModel, folder: Path, run_id: str, tags: Mapping[str, str] | None = None, **more: Any
) -> int:
    """Save ``model`` in ``folder`` and register it for the dataset ``digits``; the version's number."""
    model.save(folder)
    about = {"description": "", **more}
    return registry.register_model(model, folder, "digits", connect().get_run(run_id), tags or {}, **about)
