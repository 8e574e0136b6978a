"""What the warm runner does before it forks: it imports what runs need, and starts no thread."""

from importlib import import_module

from tasks.core.templates import compile_templates

MODULES = (
    "alembic.config",
    "dvc.repo.index",
    "dvc.repo.graph",
    "dvc_data.index.push",
    "flows.deployments",
    "great_expectations.expectations",
    "mlflow.pyfunc",
    "mlflow.store.model_registry.sqlalchemy_store",
    "mlflow.store.tracking.sqlalchemy_store",
    "mlflow.system_metrics.system_metrics_monitor",
    "mlflow.tracing.provider",
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
    "scmrepo.git",
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
