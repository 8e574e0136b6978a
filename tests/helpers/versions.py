"""Versions without a flow: registered as a flow would, or bare, and a process that dies while it changes them."""

import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from greenlightning.model import GreenLightningModel
from tasks.core.constants import Kind
from tasks.models import registry
from tasks.tracking.client import connect
from tasks.tracking.runs import flow_run


def register_version(
    model: GreenLightningModel, folder: Path, run_id: str, tags: Mapping[str, str] | None = None, **more: Any
) -> int:
    """Save ``model`` in ``folder`` and register it for the dataset ``digits``; the version's number."""
    model.save(folder)
    about = {"description": "", **more}
    return registry.register_model(model, folder, "digits", connect().get_run(run_id), tags or {}, **about)


def register_in_a_run(model: GreenLightningModel, folder: Path, *features: str, **tags: str) -> int:
    """Register ``model`` in an MLflow run of its own; the version's number."""
    with flow_run("digits", Kind.RETRAIN) as run_id:
        return register_version(model, folder, run_id, tags, description="a tiny model", features=features)


def bare_versions(count: int) -> None:
    """Versions without files: enough for what only moves aliases."""
    client = connect()
    client.create_registered_model("digits")
    for _ in range(count):
        client.create_model_version("digits", "file:///nowhere")


def aliases() -> dict[str, int]:
    """The aliases of ``digits``, each with its version."""
    found = connect().get_registered_model("digits").aliases
    return {name: int(number) for name, number in found.items()}


def files_of(version: int) -> Path:
    """The folder of a version's files."""
    where = connect().get_model_version_download_uri("digits", str(version))
    return Path(urllib.request.url2pathname(where.removeprefix("file://")))


@contextmanager
def killed_at(step: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Die in the ``step``-th change that a client makes to the registry or its models."""
    from mlflow import MlflowClient

    done: list[str] = []
    changes = [
        name for name in vars(MlflowClient) if name.startswith(("create_", "set_", "delete_", "log_", "finalize_"))
    ]

    def wrap(name: str) -> Any:
        real = getattr(MlflowClient, name)

        def change(*args: Any, **kwargs: Any) -> Any:
            if len(done) == step:
                raise KeyboardInterrupt
            done.append(name)
            return real(*args, **kwargs)

        return change

    with monkeypatch.context() as patch:
        for name in changes:
            patch.setattr(MlflowClient, name, wrap(name))
        yield done
