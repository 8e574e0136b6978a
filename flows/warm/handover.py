"""Hand a command, or a flow run of a worker, to the warm runner; imports the standard library only.

``python -I -S flows/warm/handover.py`` is the command of the work pools: it runs the flow run of the environment,
by itself where no runner answers. Without ``site`` Python starts in a third of the time.
"""

import json
import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager, suppress
from pathlib import Path
from types import FrameType

SOCKET = "warm.sock"
ENGINE = "prefect.engine"
FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ACCEPTED = b"+"
ANSWER_SECONDS = 5.0


def hand_over(folder: Path, argv: Sequence[str], deciding: Mapping[str, str]) -> int | None:
    """The exit code of a command in the runner that listens in ``folder``.

    The runner must have the variables that are ``deciding``. None where it does not take the command: nothing has
    been done then.
    """
    request = {"argv": list(argv), "environ": dict(os.environ), "deciding": dict(deciding)}
    with suppress(OSError), connected(folder) as runner:
        os.umask(umask := os.umask(0))
        text = json.dumps(request | {"folder": str(Path.cwd()), "umask": umask}).encode() + b"\n"
        sent = socket.send_fds(runner, [text], [0, 1, 2])
        runner.sendall(text[sent:])
        if runner.recv(1) == ACCEPTED:
            return _wait(runner)
    return None


@contextmanager
def connected(folder: Path) -> Iterator[socket.socket]:
    """A connection to the runner; OSError where there is none, or where another user owns its socket."""
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
    home = os.environ.get("GREENLIGHTNING_HOME")
    code = hand_over(Path(home, ".prefect"), [ENGINE], {}) if home else None
    if code is None:
        os.execv(sys.executable, [sys.executable, "-m", ENGINE])
    sys.exit(code)


if __name__ == "__main__":
    main()
