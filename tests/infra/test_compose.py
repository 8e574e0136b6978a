"""The Compose file of infra/, checked as far as no daemon is needed."""

import json
import re
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import check_jsonschema
import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
INFRA = ROOT / "infra"
TEXT = (INFRA / "compose.yaml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONCE = {"bucket", "deploy"}
REQUIRED = set(re.findall(r"\$\{(\w+):\?", TEXT))
DEFAULTED = set(re.findall(r"\$\{(\w+):-", TEXT))
WITH_DVC = yaml.safe_load((INFRA / "compose.s3.yaml").read_text())
SECRET = re.compile(r"PASSWORD|SECRET|AUTH|TOKEN|CREDENTIAL|ACCESS_KEY|ROOT_USER|MC_HOST")
EXAMPLE = (INFRA / ".env.example").read_text()
FILLED = {name: f"{name.lower().replace('_', '')}0123" for name in REQUIRED} | {"PREFECT_AUTH": "green:0123"}


def configured(tmp_path: Path, **secrets: str) -> subprocess.CompletedProcess[str]:
    """What ``docker compose config`` says of the file with these secrets."""
    command = ["docker", "compose"]
    if not shutil.which("docker") or subprocess.run([*command, "version"], capture_output=True).returncode:
        pytest.skip("docker compose is not installed here")
    env_file = tmp_path / ".env"
    env_file.write_text("".join(f"{name}={value}\n" for name, value in secrets.items()))
    words = ["--env-file", str(env_file), "-f", str(INFRA / "compose.yaml"), "--profile", "gpu", "config"]
    return subprocess.run([*command, *words], capture_output=True, text=True)


def test_docker_compose_accepts_the_file(tmp_path: Path) -> None:
    done = configured(tmp_path, **FILLED)
    assert done.returncode == 0, done.stderr
    assert set(yaml.safe_load(done.stdout)["services"]) == set(SERVICES)


def test_docker_compose_refuses_the_file_while_a_secret_is_missing(tmp_path: Path) -> None:
    done = configured(tmp_path)
    assert done.returncode != 0
    assert "set it in infra/.env" in done.stderr


def test_the_file_has_the_shape_of_the_compose_specification() -> None:
    schema = files(check_jsonschema) / "builtin_schemas" / "vendor" / "compose-spec.json"
    jsonschema.validate(COMPOSE, json.loads(schema.read_text()))


def test_the_file_that_adds_a_bucket_for_data_joins_workers_to_the_store_and_brings_no_new_secret() -> None:
    schema = files(check_jsonschema) / "builtin_schemas" / "vendor" / "compose-spec.json"
    jsonschema.validate(WITH_DVC, json.loads(schema.read_text()))
    services = WITH_DVC["services"]
    for name in ("objects", "bucket-dvc", "worker-cpu", "worker-gpu"):
        assert "data" in services[name]["networks"], name
    assert WITH_DVC["networks"]["data"]["internal"]
    assert set(re.findall(r"\$\{(\w+)", json.dumps(WITH_DVC))) <= REQUIRED
    assert services["bucket-dvc"]["image"] == SERVICES["bucket"]["image"]


def test_there_is_what_the_deployment_is_made_of() -> None:
    assert set(SERVICES) == {
        *("prefect-db", "prefect", "mlflow-db", "mlflow", "objects", "worker-cpu", "worker-gpu"),
        *ONCE,
    }
    for pool in ("cpu", "gpu"):
        command = " ".join(SERVICES[f"worker-{pool}"]["command"])
        assert command.startswith(f"prefect worker start --pool {pool} --type process")
    [device] = SERVICES["worker-gpu"]["deploy"]["resources"]["reservations"]["devices"]
    assert device == {"driver": "nvidia", "count": 1, "capabilities": ["gpu"]}
    assert SERVICES["worker-gpu"]["profiles"] == ["gpu"]
    assert "devices" not in json.dumps(SERVICES["worker-cpu"])


@pytest.mark.parametrize("name", sorted(set(SERVICES) - ONCE))
def test_each_service_that_stays_is_asked_whether_it_works(name: str) -> None:
    probe, *words = SERVICES[name]["healthcheck"]["test"]
    assert probe == "CMD" and words
    for word in words:
        assert not word.startswith("infra/") or (ROOT / word).is_file()


def test_what_runs_once_is_waited_for_until_it_has_succeeded() -> None:
    waited = {
        (other, about["condition"])
        for service in SERVICES.values()
        for other, about in service.get("depends_on", {}).items()
    }
    for other, condition in waited:
        assert condition == ("service_completed_successfully" if other in ONCE else "service_healthy")
    assert {other for other, _ in waited} >= ONCE


def test_no_secret_has_a_value_or_a_default() -> None:
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if SECRET.search(variable) or "@" in value:
                assert re.search(r"\$\{\w+:\?[^}]+\}", value), (name, variable)
            unfilled = re.sub(r"\$\{\w+:\?[^}]+\}", "", value)
            assert not re.search(r"://[^/@]*:[^/@]+@", unfilled), (name, variable)
    assert not {name for name in DEFAULTED if SECRET.search(name)}


def test_the_example_lists_each_required_secret_and_fills_in_none() -> None:
    lines = [line for line in EXAMPLE.splitlines() if line and not line.startswith("#")]
    assert sorted(lines) == sorted(f"{name}=" for name in REQUIRED)
    assert all(f"# {name}=" in EXAMPLE for name in DEFAULTED)
    ignored = subprocess.run(["git", "-C", str(ROOT), "check-ignore", "-q", "infra/.env"])
    assert ignored.returncode == 0


def test_images_are_pinned_and_only_loopback_is_published() -> None:
    for name, service in SERVICES.items():
        _, _, tag = service["image"].partition(":")
        assert re.search(r"\d+\.\d+|\d{4}-\d\d-\d\d", tag), name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
    for network in ("prefect", "mlflow"):
        assert COMPOSE["networks"][network]["internal"]
    for name in ("prefect-db", "mlflow-db", "objects"):
        assert "learning" not in SERVICES[name]["networks"]


def test_every_volume_and_network_is_declared() -> None:
    volumes = {volume.partition(":")[0] for s in SERVICES.values() for volume in s.get("volumes", [])}
    networks = {network for s in SERVICES.values() for network in s["networks"]}
    assert volumes == set(COMPOSE["volumes"])
    assert networks == set(COMPOSE["networks"])
