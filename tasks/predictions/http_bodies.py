"""What goes to and from MLflow's scoring server: separated text in any dialect, and refusals of one line."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from pathlib import Path
from typing import Any

from greenlightning.errors import InputError
from tasks.data.readers.content import Content
from tasks.data.readers.csv_reader import read_csv
from tasks.data.readers.source import ReadOptions

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]
BODY = Path("the request")
CSV = "text/csv"
REFUSED = 400
LONGEST = 500
EMBEDDED = (
    re.compile(r"^Failed to predict data '.*?'\. \s*Error: (?=\S)", re.DOTALL),
    re.compile(r"^Failed to enforce schema of data '.*' with schema '.*'\. Error: ", re.DOTALL),
    re.compile(r"\.? Input: ?\n.*$", re.DOTALL),
)
"""Where MLflow repeats what was sent."""


def forgiving(application: Application, names: Sequence[str]) -> Application:
    """The application, with CSV read as a file is, and each refusal (400) as one line without the table.

    ``names`` are columns that are kept even where they look like an index that pandas wrote.
    """

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        if _kind(scope) == CSV:
            body = await _whole(receive)
            try:
                plain = await asyncio.to_thread(plain_csv, body, names)
            except InputError as error:
                await _refuse(send, {"error_code": "BAD_REQUEST", "message": str(error)})
                return
            receive = _holding(plain)
        await application(scope, receive, _shortening(send))

    return answer


def plain_csv(body: bytes, names: Sequence[str]) -> bytes:
    """Separated text as UTF-8 with commas and decimal points; InputError where it is no table."""
    frame = read_csv(Content(BODY, body), ReadOptions(keep=tuple(names), empty_rows=True)).frame
    return bytes(frame.to_csv(index=False).encode())


def one_line(message: str) -> str:
    """MLflow's message without what was sent, in one line."""
    for embedded in EMBEDDED:
        message = embedded.sub("", message)
    line = " ".join(message.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def _kind(scope: Message) -> str:
    headers = dict(scope.get("headers", ()))
    return str(headers.get(b"content-type", b"").decode("latin-1").partition(";")[0].strip().lower())


async def _whole(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _holding(body: bytes) -> Receive:
    """A request whose body is there."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _shortening(send: Send) -> Send:
    """Pass answers on, but hold a refusal until it is whole, and shorten it."""
    held: list[bytes] = []
    refused = False

    async def passed(message: Message) -> None:
        nonlocal refused
        if message["type"] == "http.response.start":
            refused = message["status"] == REFUSED
        if not refused:
            await send(message)
        elif message["type"] == "http.response.body":
            held.append(message.get("body", b""))
            if not message.get("more_body", False):
                about = json.loads(b"".join(held))
                await _refuse(send, {"error_code": about["error_code"], "message": one_line(about["message"])})

    return passed


async def _refuse(send: Send, about: dict[str, str]) -> None:
    body = json.dumps(about).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": REFUSED, "headers": headers})
    await send({"type": "http.response.body", "body": body})
