"""Serve a dataset's champion over HTTP until Ctrl-C or SIGTERM; another champion takes over while it runs."""

import json
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import uvicorn

from flows.console.inert_console import InertConsole
from flows.servers.gate import AddressCheck, Gate, on_loopback, on_network
from greenlightning.errors import InputError
from tasks.core import processes
from tasks.core.workspace import Workspace
from tasks.predictions.serving import ServedChampion

console = InertConsole(stderr=True)
LOOK_EVERY = 2.0
"""Seconds between two looks at the alias."""
LOOPBACK = ("127.0.0.1", "::1", "localhost")
NO_SECRET = 'Give the secret of the workspace, as in: curl --user "$(cat WORKSPACE/.prefect/secret)" …\n'
READY = """\
Serving {dataset} version {version} at {url}/invocations
Ask it with the secret of the workspace: curl --user "$(cat '{secret}')" …
Process {pid}; stop it with Ctrl-C or SIGTERM."""


def serve(dataset: str, host: str, port: int, as_json: bool) -> None:
    """Serve the champion; InputError where the port is taken, NothingServedError where none serves."""
    with _listening(host, port) as listener:
        champion = ServedChampion(dataset)
        stopped = Event()
        watcher = Thread(target=champion.watch, args=(LOOK_EVERY, stopped, _say), daemon=True, name="champion")
        bound = listener.getsockname()[1]
        url = f"http://{host}:{bound}"
        about = {"dataset": dataset, "url": url, "pid": os.getpid()}
        if host not in LOOPBACK:
            _say(f"{host} is not loopback, and nothing is encrypted: whoever listens on the way reads the secret")
        is_own = on_loopback(bound) if host in LOOPBACK else on_network(host)
        workspace = Workspace.current()
        application = AddressCheck(Gate(champion, workspace, refusal=NO_SECRET), is_own)
        settings = uvicorn.Config(application, lifespan="off", log_level="error", access_log=False)
        server = _Server(settings, lambda: _announce(about | {"version": champion.version}, as_json))
        with _recorded(about), _stopping(server):
            watcher.start()
            server.run(sockets=[listener])
        stopped.set()
        watcher.join()
    _say("stopped")


class _Server(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, settings: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(settings)
        self.on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.on_ready()


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise InputError(
                f"Port {port} of {host} cannot be used: {error.strerror}",
                "Choose another with --port (0: any free)",
            ) from error
        yield listener


@contextmanager
def _recorded(about: dict[str, Any]) -> Iterator[None]:
    """Record the process and its address in the workspace while it serves."""
    file = Workspace.current().root / ".prefect" / "serving" / f"{about['pid']}.json"
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.write_text(json.dumps(about | {"process": processes.name(about["pid"])}))
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


@contextmanager
def _stopping(server: uvicorn.Server) -> Iterator[None]:
    """Let a signal end the server and no more: uvicorn raises it again when it has stopped."""

    def stop(*_: object) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _announce(about: dict[str, Any], as_json: bool) -> None:
    secret = Workspace.current().root / ".prefect" / "secret"
    words = READY.format(**about, secret=secret)
    print(json.dumps({"state": "Serving", **about}) if as_json else words, flush=True)


def _say(line: str) -> None:
    console.print(line, highlight=False, markup=False, soft_wrap=True)
