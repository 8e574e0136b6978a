"""MLflow's system metrics (processor, memory, disk, network, GPU) of a run."""

from collections.abc import Iterator
from contextlib import contextmanager

SAMPLED_EVERY = 10
"""Seconds; a shorter run has no sample."""


@contextmanager
def system_metrics(run_id: str) -> Iterator[None]:
    """Sample processor, memory, disk, network and GPU into ``system/…`` metrics while the body runs."""
    from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

    monitor = SystemMetricsMonitor(run_id, sampling_interval=SAMPLED_EVERY)  # type: ignore[no-untyped-call]
    monitor.start()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        monitor.finish()  # type: ignore[no-untyped-call]
