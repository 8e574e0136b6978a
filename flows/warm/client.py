"""Hand a command, or a flow run of a worker, to the warm runner of the workspace; imports nothing heavy.

``python -m flows.warm.client`` is the command of the work pools: it runs one flow run, by itself where no runner
answers.
"""

import json
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager, suppress
from pathlib import Path
from types import FrameType

from tasks.core.workspace import Workspace

SOCKET = "warm.sock"
ENGINE = "prefect.engine"
COLD = frozenset(("up", "down", "serve", "demo", "study", "--help", "--debug", "--version"))
"""Words of commands that need a process of their own."""
DECIDING = ("CUDA", "DVC", "GREENLIGHTNING", "MKL", "MLFLOW", "OMP", "OPENLINEAGE", "PREFECT", "TORCH")
"""Beginnings of variables that libraries read when they are imported."""
HOME = "GREENLIGHTNING_HOME"
"""The workspace: the runner of another one is not found."""
FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ACCEPTED = b"+"
ANSWER_SECONDS = 5.0


def run_command(arguments: Sequence[str]) -> int | None:
    """The exit code of ``greenlightning ARGUMENTS``; None where no runner takes it, and nothing has been done."""
    if not arguments or COLD & set(arguments):
        return None
    given = {name: os.environ[name] for name in os.environ if name.startswith(DECIDING) and name != HOME}
    return _run({"argv": ["greenlightning", *arguments], "environ": dict(os.environ), "deciding": given})


def run_flow_run() -> int | None:
    """The exit code of the flow run that Prefect's variables name; None where no runner takes it."""
    return _run({"argv": [ENGINE], "environ": dict(os.environ), "deciding": {}})


def answers() -> bool:
    """Whether a runner listens."""
    try:
        with _connected():
            return True
    except OSError:
        return False


def _run(request: dict[str, object]) -> int | None:
    with suppress(OSError), _connected() as runner:
        os.umask(umask := os.umask(0))
        text = json.dumps(request | {"folder": str(Path.cwd()), "umask": umask}).encode() + b"\n"
        sent = socket.send_fds(runner, [text], [0, 1, 2])
        runner.sendall(text[sent:])
        if runner.recv(1) == ACCEPTED:
            return _wait(runner)
    return None


@contextmanager
def _connected() -> Iterator[socket.socket]:
    """A connection to the runner; OSError where there is none, or where another user owns its socket."""
    folder = Workspace.current().root / ".prefect"
    with socket.socket(socket.AF_UNIX) as runner:
        runner.settimeout(ANSWER_SECONDS)
        with chdir(folder):  # the path of a socket has at most 107 bytes
            if Path(SOCKET).stat().st_uid != os.getuid():
                raise PermissionError
            runner.connect(SOCKET)
        yield runner


def _wait(runner: socket.socket) -> int:
    """The exit code that the runner sends; 1 where it died. Signals go to the process that does the work."""

    def forward(number: int, _: FrameType | None) -> None:
        with suppress(OSError):
            runner.send(bytes([number]))

    before = {number: signal.signal(number, forward) for number in FORWARDED}
    try:
        runner.settimeout(None)
        ended = runner.recv(1)
        return ended[0] if ended else 1
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def main() -> None:
    """Run the flow run of the environment, as ``python -m prefect.engine`` does."""
    code = run_flow_run()
    if code is None:
        os.execv(sys.executable, [sys.executable, "-m", ENGINE])
    sys.exit(code)


if __name__ == "__main__":
    main()
