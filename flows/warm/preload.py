"""What the warm runner does before it forks: it imports what runs need, and starts no thread."""

from importlib import import_module

from sqlalchemy.orm import configure_mappers

from tasks.core.templates import compile_templates

MODULES = (
    "alembic.config",
    "anyio._backends._asyncio",
    "dvc.data_cloud",
    "dvc.lock",
    "dvc.repo.artifacts",
    "dvc.repo.graph",
    "dvc.repo.index",
    "dvc.repo.plots",
    "dvc.repo.stage",
    "dvc.rwlock",
    "dvc.utils.strictyaml",
    "dvc_data.hashfile.db.index",
    "dvc_data.hashfile.db.local",
    "dvc_data.hashfile.status",
    "dvc_data.index.checkout",
    "dvc_data.index.push",
    "dvc_render",
    "flatten_dict",
    "flows.deployments",
    "flufl.lock",
    "fsspec.implementations.memory",
    "great_expectations.expectations",
    "great_expectations.render.renderer.site_builder",
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
    "prefect.concurrency.sync",
    "prefect.engine",
    "prefect.flow_engine",
    "prefect.task_engine",
    "prefect.utilities.visualization",
    "rich._emoji_codes",
    "scmrepo.git.config",
    "scmrepo.noscm",
    "tasks.data.preflight",
    "tasks.figures.health_figure",
    "tasks.figures.run_figures",
    "tasks.lineage.openlineage_facets",
    "tasks.validation.gx_runner",
    "typer.main",
    "zc.lockfile",
)


def preload() -> None:
    """Import everything; settings and templates that runs would read and compile each by itself are ready too."""
    for name in MODULES:
        import_module(name)
    compile_templates()
    configure_mappers()
