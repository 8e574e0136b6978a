"""Addresses of MLflow's pages, relative to its server; each opens Model training."""

TRAINING = "workflowType=machine_learning"
"""MLflow 3.17 reads the mode of its pages from the address, then from what the browser remembers."""

EXPERIMENTS = f"#/experiments?{TRAINING}"


def view_page(experiment: str, view: str, mode: str = "TABLE") -> str:
    """The runs of an experiment as the saved view ``view`` shows them: as a table, or in charts (``CHART``)."""
    return f"#/experiments/{experiment}/runs?{TRAINING}&viewStateShareKey={view}&compareRunsMode={mode}"


def run_page(experiment: str, run_id: str) -> str:
    """A run."""
    return f"#/experiments/{experiment}/runs/{run_id}?{TRAINING}"


def metrics_page(experiment: str, run_id: str) -> str:
    """The metrics of a run: the curves of a training, then the numbers."""
    return f"#/experiments/{experiment}/runs/{run_id}/model-metrics?{TRAINING}"


def artifact_page(experiment: str, run_id: str, path: str) -> str:
    """A file that a run logged, beside the run's other files."""
    return f"#/experiments/{experiment}/runs/{run_id}/artifacts/{path}?{TRAINING}"


def model_page(dataset: str) -> str:
    """The registered model of a dataset."""
    return f"#/models/{dataset}?{TRAINING}"


def version_page(dataset: str, number: int | str) -> str:
    """A version of a dataset's model."""
    return f"#/models/{dataset}/versions/{number}?{TRAINING}"
