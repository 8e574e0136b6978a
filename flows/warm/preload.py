"""What the warm runner does before it forks: it imports what runs need, and starts no thread."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module

from dvc.config import get_compiled_schema
from pydantic import BaseModel
from sqlalchemy import Engine
from sqlalchemy.orm import configure_mappers

from greenlightning.compute import integers
from greenlightning.energy.power import watts_per_core
from greenlightning.errors import GreenLightningError
from tasks.core.templates import compile_templates
from tasks.core.workspace import Workspace
from tasks.models.files.served_library import library
from tasks.tracking.client import connect
from tasks.tracking.code_version import code_tags, repository
from tasks.validation.pages.data_docs import compile_pages

MODULES = (
    "alembic.config",
    "anyio._backends._asyncio",
    "configobj",
    "dvc.cachemgr",
    "dvc.data_cloud",
    "dvc.dirs",
    "dvc.lock",
    "dvc.repo.artifacts",
    "dvc.repo.brancher",
    "dvc.repo.datasets",
    "dvc.repo.graph",
    "dvc.repo.index",
    "dvc.repo.metrics",
    "dvc.repo.params",
    "dvc.repo.plots",
    "dvc.repo.stage",
    "dvc.repo.trie",
    "dvc.repo.worktree",
    "dvc.rwlock",
    "dvc.scm",
    "dvc.utils.strictyaml",
    "dvc_data.hashfile._progress",
    "dvc_data.hashfile.db.index",
    "dvc_data.hashfile.db.local",
    "dvc_data.hashfile.status",
    "dvc_data.index.checkout",
    "dvc_data.index.push",
    "dvc_render",
    "encodings.cp437",
    "flatten_dict",
    "flows.cli",
    "flows.console.outcome_text",
    "flows.console.plan_text",
    "flows.console.progress_bars",
    "flows.deployments",
    "flufl.lock",
    "fsspec.implementations.memory",
    "great_expectations.expectations",
    "great_expectations.render.renderer",
    "great_expectations.render.view",
    "greenlightning.evaluation.conventional_network",
    "greenlightning.health.assessment",
    "greenlightning.health.reference",
    "jinja2.ext",
    "mlflow.pyfunc",
    "mlflow.store.model_registry.sqlalchemy_store",
    "mlflow.store.model_registry.sqlalchemy_workspace_store",
    "mlflow.store.tracking.sqlalchemy_store",
    "mlflow.store.tracking.sqlalchemy_workspace_store",
    "mlflow.system_metrics.system_metrics_monitor",
    "mlflow.tracing.export",
    "mlflow.tracing.processor.base_mlflow",
    "mlflow.tracing.provider",
    "mlflow.utils.search_logged_model_utils",
    "networkx",
    "openlineage.client",
    "openlineage.client.facet_v2",
    "opentelemetry.sdk.trace",
    "platformdirs.unix",
    "prefect.concurrency.sync",
    "prefect.engine",
    "prefect.flow_engine",
    "prefect.task_engine",
    "prefect.utilities.visualization",
    "pyarrow.vendored.version",
    "rich._emoji_codes",
    "rich.status",
    "scipy.optimize",
    "scmrepo.git.config",
    "scmrepo.noscm",
    "sklearn.model_selection",
    "tasks.data.preflight",
    "tasks.figures.health_figure",
    "tasks.figures.run_figures",
    "tasks.lineage.openlineage_facets",
    "tasks.validation.gx_runner",
    "typer._adapters",
    "typer._click.decorators",
    "typer.main",
    "zc.lockfile",
)


def preload() -> None:
    """Import everything; what runs would read, check and compile each by itself is ready too.

    So the commit and the library that runs name and keep are those of the code that they run: of this process.
    """
    for name in MODULES:
        import_module(name)
    for read in (code_tags, repository, library, watts_per_core):
        read()
    for model in _models_of_prefect(BaseModel):
        model.model_rebuild()
    get_compiled_schema()
    integers.tried.append(_in_a_fork(integers.int8_wins))
    compile_templates()
    compile_pages()
    configure_mappers()
    with suppress(GreenLightningError):  # whoever uses the store sees the error
        _open_store()


def _models_of_prefect(base: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """The models below ``base`` that are completed at first use only."""
    for model in base.__subclasses__():
        if model.__module__.startswith("prefect.") and not model.__pydantic_complete__:
            yield model
        yield from _models_of_prefect(model)


def _in_a_fork(ask: Callable[[], bool]) -> bool:
    """The answer of a child: PyTorch starts threads where it computes, and a parent of forks must have none."""
    child = os.fork()
    if child == 0:
        os._exit(int(ask()))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


def _open_store() -> None:
    """Have MLflow check the schema of the embedded store and compile its queries; no connection is kept.

    An open connection would be shared by all forks, which SQLite does not allow. Each fork keeps its own.
    """
    workspace = Workspace.current()
    if not (workspace.tracking_uri.startswith("sqlite:") and workspace.database.is_file()):
        return
    client = connect()
    experiments = [found.experiment_id for found in client.search_experiments()]
    for run in client.search_runs(experiments, max_results=1) if experiments else ():
        client.get_run(run.info.run_id)
    for found in client.search_model_versions(max_results=1):
        client.get_model_version(found.name, found.version)
    for engine in [found for found in gc.get_objects() if isinstance(found, Engine)]:
        engine.dispose()
