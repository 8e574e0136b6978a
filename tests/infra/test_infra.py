"""What infra/ deploys with, Compose, Kubernetes and systemd, checked as far as no daemon or cluster is needed."""

import base64
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from configparser import ConfigParser
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.resources import files
from pathlib import Path
from typing import Any

import check_jsonschema
import jsonschema
import prefect.server.api
import pytest
import yaml
from prefect.utilities.templating import apply_values, find_placeholders

from tasks.orchestration import prefect_api

ROOT = Path(__file__).resolve().parents[2]
INFRA = ROOT / "infra"
TEXT = (INFRA / "compose.yaml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONCE = {"bucket", "deploy"}
REQUIRED = set(re.findall(r"\$\{(\w+):\?", TEXT))
DEFAULTED = set(re.findall(r"\$\{(\w+):-", TEXT))
SECRET = re.compile(r"PASSWORD|SECRET|AUTH|TOKEN|CREDENTIAL|ACCESS_KEY|ROOT_USER|MC_HOST")
EXAMPLE = (INFRA / ".env.example").read_text()
FILLED = {name: f"{name.lower().replace('_', '')}0123" for name in REQUIRED} | {"PREFECT_AUTH": "green:0123"}


# --- compose ----------------------------------------------------------------------------------------------------


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


# --- the image --------------------------------------------------------------------------------------------------


def test_the_image_copies_what_exists_and_runs_as_nobody_special() -> None:
    lines = (INFRA / "Dockerfile").read_text().splitlines()
    copied = [word for line in lines if line.startswith("COPY ") for word in line.split()[1:-1]]
    assert copied and all((ROOT / word).exists() for word in copied)
    allowed = {line[1:] for line in (INFRA / "Dockerfile.dockerignore").read_text().splitlines() if line[0] == "!"}
    assert {word.partition("/")[0] for word in copied} == allowed
    [base] = [line for line in lines if line.startswith("FROM ")]
    assert re.fullmatch(r"FROM python:3\.11\.\d+-slim-\w+", base)
    [user] = [line for line in lines if line.startswith("USER ")]
    assert user != "USER root"


def test_what_the_image_adds_is_pinned() -> None:
    lines = (INFRA / "requirements.txt").read_text().splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert pins and all(re.fullmatch(r"[\w-]+==[\d.]+", pin) for pin in pins)


@pytest.fixture
def seen() -> Iterator[tuple[str, list[str | None]]]:
    """A server on loopback, and the credentials that each request brought."""
    brought: list[str | None] = []

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            brought.append(self.headers.get("Authorization"))
            self.send_response(200 if self.path == "/" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Server) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", brought
        server.shutdown()
        thread.join()


def test_the_health_check_fails_unless_the_page_answers(seen: tuple[str, list[str | None]]) -> None:
    url, _ = seen
    codes = [
        subprocess.run(["python3", str(INFRA / "answers.py"), page], capture_output=True).returncode
        for page in (url, f"{url}missing", "http://127.0.0.1:1/")
    ]
    assert codes == [0, 1, 1]


def test_deploying_shows_prefect_the_credentials_that_it_asks_for(
    seen: tuple[str, list[str | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, brought = seen
    monkeypatch.delenv("PREFECT_API_AUTH_STRING", raising=False)
    prefect_api.call("GET", url)
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", "green:light")
    prefect_api.call("GET", url)
    assert brought == [None, f"Basic {base64.b64encode(b'green:light').decode()}"]


# --- Kubernetes -------------------------------------------------------------------------------------------------

TEMPLATE = json.loads((INFRA / "kubernetes" / "gpu-base-job-template.json").read_text())
VARIABLES: dict[str, dict[str, Any]] = TEMPLATE["variables"]["properties"]
DEFAULTS = {name: about["default"] for name, about in VARIABLES.items() if "default" in about}
GIVEN_BY_THE_WORKER = {"name": "fit-digits", "labels": {}, "command": ["prefect", "flow-run", "execute"]}


def shipped() -> dict[str, Any]:
    """The template of type kubernetes that Prefect ships."""
    views = Path(prefect.server.api.__file__).parent / "collections_data" / "views"
    about = json.loads((views / "aggregate-worker-metadata.json").read_text())
    found: dict[str, Any] = about["prefect-kubernetes"]["kubernetes"]["default_base_job_configuration"]
    return found


def missing(template: Any, ours: Any, at: str = "") -> list[str]:
    """Where ``ours`` lacks a key of ``template``."""
    if isinstance(template, list):
        return missing(template[0], ours[0], f"{at}[0]")
    if not isinstance(template, dict):
        return []
    absent = [f"{at}.{key}" for key in template if key not in ours]
    return absent + [
        m for key in template if key in ours for m in missing(template[key], ours[key], f"{at}.{key}")
    ]


def test_each_placeholder_of_the_template_is_a_variable_and_the_other_way_round() -> None:
    assert set(TEMPLATE) == {"variables", "job_configuration"}
    placeholders = {found.name for found in find_placeholders(TEMPLATE["job_configuration"])}
    assert placeholders == set(VARIABLES)
    jsonschema.Draft202012Validator.check_schema(TEMPLATE["variables"])
    jsonschema.validate(DEFAULTS, TEMPLATE["variables"])
    assert all("description" in about and "type" in about for about in VARIABLES.values())


def test_the_template_has_what_prefect_s_own_has_but_for_what_we_leave_out() -> None:
    left_out = {
        ".cluster_config",
        ".job_manifest.spec.template.spec.containers[0].resources.limits.cpu",
    }
    assert set(missing(shipped()["job_configuration"], TEMPLATE["job_configuration"])) == left_out


def test_a_job_asks_for_one_gpu_and_the_shared_workspace() -> None:
    job = apply_values(TEMPLATE["job_configuration"], DEFAULTS | GIVEN_BY_THE_WORKER)["job_manifest"]
    pod = job["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert container["envFrom"] == [{"secretRef": {"name": "greenlightning"}}]
    assert container["image"] == SERVICES["worker-gpu"]["image"]
    assert pod["securityContext"]["runAsNonRoot"]
    claim = yaml.safe_load((INFRA / "kubernetes" / "workspace.yaml").read_text())
    [volume] = pod["volumes"]
    assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    assert claim["metadata"]["namespace"] == job["metadata"]["namespace"]
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    assert container["volumeMounts"][0]["mountPath"] == "/workspace"


# --- systemd ----------------------------------------------------------------------------------------------------

UNITS = sorted((INFRA / "systemd").iterdir())
PROGRAMS = {
    "greenlightning.service": "greenlightning up --foreground",
    "greenlightning-worker@.service": "prefect worker start --pool %i --type process",
}


def unit(path: Path) -> ConfigParser:
    """A unit; of a key that is given twice, the last value."""
    found = ConfigParser(interpolation=None, strict=False, delimiters=("=",))
    found.optionxform = str  # type: ignore[assignment, method-assign]
    found.read(path)
    return found


def test_the_units_start_what_they_say() -> None:
    assert {
        path.name: unit(path)["Service"]["ExecStart"].rpartition(".venv/bin/")[2] for path in UNITS
    } == PROGRAMS
    for path in UNITS:
        service = unit(path)["Service"]
        assert service["User"] == "greenlightning"
        assert (service["KillMode"], service["Restart"]) == ("mixed", "on-failure")
        assert (service["ProtectSystem"], service["NoNewPrivileges"]) == ("strict", "yes")
        assert unit(path)["Install"]["WantedBy"] == "multi-user.target"
        documentation = unit(path)["Unit"]["Documentation"].removeprefix("file:/opt/greenlightning/")
        assert (ROOT / documentation).is_file()


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed here")
    for program in ("greenlightning", "prefect"):
        stand_in = tmp_path / "opt" / ".venv" / "bin" / program
        stand_in.parent.mkdir(parents=True, exist_ok=True)
        stand_in.write_text("#!/bin/sh\n")
        stand_in.chmod(0o755)
    verified = []
    for path in UNITS:
        copy = tmp_path / path.name.replace("@", "@gpu")
        copy.write_text(path.read_text().replace("/opt/greenlightning", str(tmp_path / "opt")))
        verified.append(copy)
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *map(str, verified)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
