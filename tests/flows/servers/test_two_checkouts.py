"""Two workspaces are up at once: each answers on its own ports, to its own secret, and ends alone."""

from pathlib import Path

from tests.helpers.servers.up import Up, upped


def test_two_workspaces_up_at_once_do_not_mix(up: Up, tmp_path: Path) -> None:
    with upped(tmp_path / "other") as other:
        assert {other.prefect_url, other.mlflow_url}.isdisjoint({up.prefect_url, up.mlflow_url})
        for mine, theirs in ((up, other), (other, up)):
            assert mine.ask(f"{mine.prefect_url}/api/health").status_code == 200
            assert mine.ask(f"{theirs.prefect_url}/api/health").status_code == 401
            assert mine.ask(f"{theirs.mlflow_url}/health").status_code == 401
    assert up.ask(f"{up.prefect_url}/api/health").status_code == 200
