"""``python -m flows.warm.server``: the warm runner imports everything, starts no thread, and forks for each run.

A run gets the caller's standard streams, folder and environment, and ends with its caller: who kills the client
kills the run. Only the owner of the workspace reaches the socket (mode 0600).
"""

import gc
import json
import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from flows.warm.handover import ACCEPTED, ANSWER_SECONDS, SOCKET
from flows.warm.run import run
from tasks.core.memory import collect_rarely
from tasks.core.workspace import Workspace

STREAMS = 3
LONGEST = 1 << 20


class WarmRunner:
    """Runs requests, each in a fork of this process, until it is terminated."""

    def __init__(self, listener: socket.socket) -> None:
        self.listener = listener
        self.runs: dict[socket.socket, BaseProcess] = {}

    def serve(self) -> None:
        """Accept requests, forward signals, report exit codes."""
        while True:
            ends = {process.sentinel: connection for connection, process in self.runs.items()}
            for ready in wait([self.listener, *self.runs, *ends]):
                if ready is self.listener:
                    self._accept()
                elif isinstance(ready, socket.socket):
                    self._signalled(ready)
                elif isinstance(ready, int):
                    self._ended(ends[ready])

    def _accept(self) -> None:
        connection, _ = self.listener.accept()
        connection.settimeout(ANSWER_SECONDS)
        streams: list[int] = []
        try:
            request = _request(connection, streams)
            if not _fits(request["deciding"], os.environ):
                connection.close()
                return
            connection.sendall(ACCEPTED)
            held = [self.listener, *self.runs, connection]
            process = get_context("fork").Process(target=run, args=(request, streams, held))
            process.start()
            self.runs[connection] = process
        except (OSError, ValueError, KeyError):
            connection.close()
        finally:
            for stream in streams:
                os.close(stream)

    def _signalled(self, connection: socket.socket) -> None:
        """Pass signals of a client on to its run; a client that is gone takes its run along."""
        process = self.runs.get(connection)
        if process is None or process.pid is None:
            return
        try:
            numbers = connection.recv(1)
        except OSError:
            numbers = b""
        if not numbers:
            process.kill()
            self._ended(connection)
            return
        os.kill(process.pid, numbers[0])

    def _ended(self, connection: socket.socket) -> None:
        """Tell the client the exit code: 128 and the signal where one ended the run, as shells do."""
        process = self.runs.pop(connection, None)
        if process is None:
            return
        process.join()
        code = process.exitcode or 0
        with suppress(OSError), connection:
            connection.sendall(bytes([code & 0xFF if code >= 0 else 128 - code]))


def _request(connection: socket.socket, streams: list[int]) -> dict[str, Any]:
    """The request of a client; its standard streams are added to ``streams``."""
    text, found, _, _ = socket.recv_fds(connection, LONGEST, STREAMS)
    streams.extend(found)
    while not text.endswith(b"\n"):
        more = connection.recv(LONGEST)
        if not more or len(text) > LONGEST:
            raise ValueError("the request is cut")
        text += more
    request: dict[str, Any] = json.loads(text)
    return request


def _fits(wanted: Mapping[str, str], ours: Mapping[str, str]) -> bool:
    """Whether libraries, which have read our variables, would read the same from the caller's."""
    return all(ours.get(name) == value for name, value in wanted.items())


@contextmanager
def listening(folder: Path) -> Iterator[socket.socket]:
    """A socket in ``folder`` that only its owner can reach."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    owner = os.getpid()
    with socket.socket(socket.AF_UNIX) as listener:
        with chdir(folder):
            Path(SOCKET).unlink(missing_ok=True)
            before = os.umask(0o177)
            try:
                listener.bind(SOCKET)
            finally:
                os.umask(before)
        listener.listen()
        try:
            yield listener
        finally:
            if os.getpid() == owner:
                (folder / SOCKET).unlink(missing_ok=True)


def main() -> None:
    """Import everything, then serve the workspace until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    os.environ["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] = "CRITICAL"
    collect_rarely()
    from flows.engine.runtime import embedded
    from flows.warm.preload import preload

    with embedded():
        preload()
        gc.collect()
        gc.freeze()
        with listening(Workspace.current().root / ".prefect") as listener:
            WarmRunner(listener).serve()


if __name__ == "__main__":
    main()
