"""``serve`` as a process: it says where, answers, follows the champion, and ends cleanly."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from flows.predictions.serve import serve
from greenlightning.errors import InputError
from tasks.models import champion
from tests.helpers.command import Said, command
from tests.helpers.small import messy_model, messy_rows
from tests.helpers.versions import register_in_a_run
from tests.helpers.waiting import LIMIT, cpu_seconds, family, wait_for

pytestmark = [pytest.mark.usefixtures("mlflow_home"), pytest.mark.slow]
SCRIPT = "from flows.cli import main; main()"


def promoted(folder: Path, expected: int | None, rows: int) -> None:
    assert champion.promote.fn("digits", register_in_a_run(messy_model(rows), folder), expected)


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_process_serves_the_champion_and_the_next_one_until_a_signal(
    home: Path, tmp_path: Path, stop: signal.Signals
) -> None:
    promoted(tmp_path / "first", None, 120)
    words = [sys.executable, "-c", SCRIPT, "serve", "-d", "digits", "--port", "0", "--json"]
    server = subprocess.Popen(words, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3], text=True)
    try:
        assert server.stdout is not None
        about = json.loads(server.stdout.readline())
        assert (about["version"], about["pid"]) == (1, server.pid)
        assert about["url"].startswith("http://127.0.0.1:")
        assert [file.stem for file in (home / ".prefect" / "serving").iterdir()] == [str(server.pid)]
        question = {"dataframe_records": json.loads(messy_rows(3).to_json(orient="records", date_format="iso"))}

        user, _, password = (home / ".prefect" / "secret").read_text().partition(":")

        def version() -> str:
            answer = httpx.post(f"{about['url']}/invocations", json=question, timeout=LIMIT, auth=(user, password))
            assert len(answer.json()["predictions"]) == 3
            return answer.headers["x-model-version"]

        assert version() == "1"
        for given in (None, (user, ""), (user, password + "0")):
            answer = httpx.post(f"{about['url']}/invocations", json=question, timeout=LIMIT, auth=given)
            assert (answer.status_code, "predictions" in answer.text) == (401, False)
        for foreign in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Origin": "null"}):
            url, plain = f"{about['url']}/invocations", {**foreign, "Content-Type": "text/plain"}
            assert httpx.post(url, json=question, headers=foreign, timeout=LIMIT).status_code == 403
            assert httpx.post(url, content="{}", headers=plain, timeout=LIMIT).status_code == 403
        promoted(tmp_path / "second", 1, 60)
        wait_for(lambda: version() == "2", "version 2", lambda: cpu_seconds(family(server.pid)), lambda: "")
        server.send_signal(stop)
        assert server.wait(LIMIT) == 0
        assert not list((home / ".prefect" / "serving").iterdir())
    finally:
        server.kill()
        server.communicate()


def test_no_champion_and_a_taken_port_are_refused(
    capfd: pytest.CaptureFixture[str],
) -> None:
    say: Callable[..., Said] = command(capfd)
    assert say("serve", "-d", "digits", "--port", "0").code == 5
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(InputError, match=r"Port \d+ of 127.0.0.1 cannot be used.*--port"):
            serve("digits", "127.0.0.1", taken.getsockname()[1], as_json=False)
