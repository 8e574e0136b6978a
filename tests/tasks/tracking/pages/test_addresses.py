"""Every address into MLflow opens Model training."""

import pytest

from tasks.tracking.pages import addresses


@pytest.mark.parametrize(
    ("address", "page"),
    [
        (addresses.EXPERIMENTS, "#/experiments"),
        (addresses.view_page("1", "v"), "#/experiments/1/runs"),
        (addresses.run_page("1", "r"), "#/experiments/1/runs/r"),
        (addresses.metrics_page("1", "r"), "#/experiments/1/runs/r/model-metrics"),
        (addresses.artifact_page("1", "r", "a/b.html"), "#/experiments/1/runs/r/artifacts/a/b.html"),
        (addresses.model_page("digits"), "#/models/digits"),
        (addresses.version_page("digits", 2), "#/models/digits/versions/2"),
    ],
)
def test_an_address_names_its_page_and_the_mode(address: str, page: str) -> None:
    path, _, query = address.partition("?")
    assert path == page
    assert query.split("&")[0] == "workflowType=machine_learning"
