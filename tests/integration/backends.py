"""PostgreSQL, an object store, and Prefect and MLflow on them, as infra/compose.yaml says, on loopback."""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv" / "integration" / "bin" / "python"
COMPOSE, WITH_DVC = (
    yaml.safe_load((ROOT / "infra" / name).read_text())["services"] for name in ("compose.yaml", "compose.s3.yaml")
)
SECRETS = {"PREFECT_AUTH": "green:0123", "PREFECT_DB_PASSWORD": "p0123", "MLFLOW_DB_PASSWORD": "m0123"}
SECRETS |= {"OBJECTS_USER": "objects", "OBJECTS_PASSWORD": "objects0123"}
PATIENCE = 180
MISSING = "psycopg2, boto3, dvc-s3 and moto are not installed: run `make integration`"


def needed() -> str:
    """The folder of PostgreSQL's programs; skips, with the reason, where something is missing."""
    if not PYTHON.is_file() or subprocess.run([PYTHON, "-c", "import boto3, dvc_s3, moto, psycopg2"]).returncode:
        pytest.skip(MISSING)
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    program = str(found[-1]) if found else shutil.which("initdb")
    if program is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    return str(Path(program).parent)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def until(answers: Callable[[], bool], what: str) -> None:
    """Wait until a server answers."""
    end = time.monotonic() + PATIENCE
    while not answers():
        assert time.monotonic() < end, f"{what} does not answer"
        time.sleep(0.2)


def is_open(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def process(command: list[str], log: Path, **options: Any) -> Iterator[None]:
    """A server that ends with the block."""
    with log.open("wb") as stream:
        started = subprocess.Popen(command, stdout=stream, stderr=stream, start_new_session=True, **options)
        try:
            yield
        finally:
            started.terminate()
            started.wait(60)


@contextmanager
def postgres(programs: str, log: Path) -> Iterator[int]:
    """A PostgreSQL server with the databases prefect and mlflow; its port."""
    user = {"user": "postgres"} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="greenlightning-postgres-") as place:
        data, password = Path(place) / "data", Path(place) / "password"
        password.write_text("root0123")
        if user:
            for path in (Path(place), password):
                shutil.chown(path, "postgres")
        initdb = [f"{programs}/initdb", "-D", str(data), "-U", "postgres", "-A", "scram-sha-256"]
        subprocess.run([*initdb, f"--pwfile={password}"], check=True, capture_output=True, cwd="/", **user)
        port = free_port()
        serve = [f"{programs}/postgres", "-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", place]
        with process(serve, log, cwd="/", **user):
            until(lambda: is_open(port), "PostgreSQL")
            for name in ("prefect", "mlflow"):
                secret = SECRETS[f"{name.upper()}_DB_PASSWORD"]
                query(port, "postgres", f"CREATE ROLE {name} LOGIN PASSWORD '{secret}'")
                query(port, "postgres", f"CREATE DATABASE {name} OWNER {name}")
            yield port


def query(port: int, database: str, text: str) -> str:
    """What the database's owner is answered."""
    code = (
        "import psycopg2, sys; c = psycopg2.connect(sys.argv[1]); c.autocommit = True; k = c.cursor(); "
        "k.execute(sys.argv[2]); print(k.fetchone()[0] if k.description else '')"
    )
    secret = SECRETS.get(f"{database.upper()}_DB_PASSWORD", "root0123")
    address = f"host=127.0.0.1 port={port} user={database} dbname={database} password={secret}"
    return asked(code, address, text)


def asked(code: str, *words: str, **environment: str) -> str:
    """What a line of Python says in the environment that has the clients."""
    about = os.environ | environment
    done = subprocess.run([PYTHON, "-c", code, *words], capture_output=True, text=True, env=about)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def filled(text: str, addresses: dict[str, str]) -> str:
    """A text of infra/ with the secrets, and these addresses for its own."""
    text = re.sub(r"\$\{(\w+)(?::[?-]([^}]*))?\}", lambda m: SECRETS.get(m[1], m[2] or ""), text)
    for name, address in addresses.items():
        text = text.replace(name, address)
    return text


def settings(about: dict[str, Any], addresses: dict[str, str]) -> tuple[list[str], dict[str, str]]:
    """Command and environment of a service of Compose, with these addresses for its own."""
    command = [filled(word, addresses) for word in about.get("command", [])]
    return command, {name: filled(str(value), addresses) for name, value in about["environment"].items()}


@contextmanager
def stack(folder: Path) -> Iterator[dict[str, Any]]:
    """All servers; ``environment`` is what a client of them has."""
    programs, ports = needed(), {name: free_port() for name in ("prefect", "mlflow", "objects")}
    at = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
    with ExitStack() as servers:
        database = servers.enter_context(postgres(programs, folder / "postgres.log"))
        moto = [str(PYTHON), "-m", "moto.server", "-H", "127.0.0.1", "-p", str(ports["objects"])]
        servers.enter_context(process(moto, folder / "objects.log"))
        until(lambda: is_open(ports["objects"]), "The object store")
        addresses = {"prefect-db:5432": f"127.0.0.1:{database}", "mlflow-db:5432": f"127.0.0.1:{database}"}
        addresses |= {"objects:9000": at["objects"], "0.0.0.0": "127.0.0.1", "mlflow:5000": at["mlflow"]}
        _, keys = settings(WITH_DVC["worker-cpu"], addresses)
        for about in (COMPOSE["bucket"], WITH_DVC["bucket-dvc"]):
            name = about["entrypoint"][-1].removeprefix("store/")
            asked("import boto3, sys; boto3.client('s3').create_bucket(Bucket=sys.argv[1])", name, **keys)
        for name, own in (("prefect", "4200"), ("mlflow", "5000")):
            command, environment = settings(COMPOSE[name], addresses | {own: str(ports[name])})
            environment |= {
                "PREFECT_HOME": str(folder / "prefect"),
                "PATH": f"{PYTHON.parent}:{os.environ['PATH']}",
            }
            program = [str(PYTHON), "-m", *command]
            about = os.environ | environment
            servers.enter_context(process(program, folder / f"{name}.log", env=about, cwd=folder))
        for name, page in (("prefect", "/api/health"), ("mlflow", "/health")):
            until(lambda name=name, page=page: answers(f"http://{at[name]}{page}"), name)
        client = {
            "PREFECT_API_URL": f"http://{at['prefect']}/api",
            "MLFLOW_TRACKING_URI": f"http://{at['mlflow']}",
        }
        client |= {"PREFECT_API_AUTH_STRING": SECRETS["PREFECT_AUTH"]}
        yield {"environment": client | keys, "database": database}


def answers(page: str) -> bool:
    request = urllib.request.Request(page)
    request.add_header("Authorization", "Basic Z3JlZW46MDEyMw==")
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def greenlightning(home: Path, environment: dict[str, str], *words: str) -> str:
    """What a command says that finds servers and stores in its environment."""
    return typed(ROOT, environment | {"GREENLIGHTNING_HOME": str(home)}, "greenlightning", *words)


def typed(folder: Path, environment: dict[str, str], program: str, *words: str) -> str:
    """What a program of the environment that has the clients says, started in a folder."""
    about = os.environ | {"PYTHONPATH": str(ROOT)} | environment
    command = [str(PYTHON), "-m", program, *words]
    done = subprocess.run(command, capture_output=True, text=True, env=about, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
