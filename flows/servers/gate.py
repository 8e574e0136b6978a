"""The gate before a server on loopback: it lets in its own pages and programs that know the secret, nobody else.

A browser sends requests for any page that is open in it, also for one that gave its own name the address of this
machine (DNS rebinding). So a request needs a Host and, if it has one, an Origin of this server, and the secret: in
the header Authorization, or as a cookie that the address with a ticket sets.
"""

import hmac
import re
import socket
from base64 import b64encode
from collections.abc import Awaitable, Callable, MutableMapping
from hashlib import sha256
from ipaddress import ip_address
from typing import Any

from fastapi.requests import HTTPConnection, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from tasks.core.workspace import Workspace
from tasks.orchestration import access

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

TICKET = "ticket"
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
WRONG_ADDRESS = "This server answers only at its own address.\n"
OWN_IMAGES = (b"content-security-policy", b"img-src 'self' data: blob:")
"""Pictures of other servers are not asked for: Prefect's page of blocks and a note in Markdown may name some."""
NOT_LOGGED_IN = "Not logged in. Run `greenlightning up` in a terminal: it prints an address that logs you in.\n"


class AddressCheck:
    """Refuses requests whose Host or Origin is another server: ``is_own`` gets addresses as ``host:port``."""

    def __init__(self, application: Application, is_own: Callable[[str], bool]) -> None:
        self.application = application
        self.is_own = is_own

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or self._is_at_own_address(HTTPConnection(scope)):
            await self.application(scope, receive, send)
        else:
            await refuse(scope, receive, send, WRONG_ADDRESS, 403)

    def _is_at_own_address(self, request: HTTPConnection) -> bool:
        hosts = request.headers.getlist("host")
        origins = [origin.removeprefix("http://") for origin in request.headers.getlist("origin")]
        return len(hosts) == 1 and all(self.is_own(address) for address in (*hosts, *origins))


class Gate:
    """Asks for the secret of a workspace; with ``asks_sockets`` the application asks websockets for it itself.

    Pages show pictures of their own server only. A browser proves itself by a cookie, which scripts cannot read;
    the application gets the secret in its place.
    """

    def __init__(
        self,
        application: Application,
        workspace: Workspace,
        asks_sockets: bool = False,
        refusal: str = NOT_LOGGED_IN,
    ) -> None:
        self.application = application
        self.workspace = workspace
        self.refusal = refusal
        self.asks_sockets = asks_sockets
        secret = access.secret(workspace).encode()
        self.header = b"Basic " + b64encode(secret)
        self.session = hmac.new(secret, b"session", sha256).hexdigest()
        self.cookie = f"greenlightning-{sha256(str(workspace.root).encode()).hexdigest()[:8]}"

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.application(scope, receive, send)
            return
        send = _with_own_images(send)
        request = HTTPConnection(scope)
        given = request.headers.get("authorization", "").encode()
        if hmac.compare_digest(given, self.header) or (scope["type"] == "websocket" and self.asks_sockets):
            await self.application(scope, receive, send)
        elif scope["type"] == "http" and (answer := self._log_in(Request(scope))):
            await answer(scope, receive, send)
        elif self._has_session(request):
            await self.application(self._with_secret(scope), receive, send)
        else:
            await refuse(scope, receive, send, self.refusal, 401)

    def _has_session(self, request: HTTPConnection) -> bool:
        return hmac.compare_digest(request.cookies.get(self.cookie, "").encode(), self.session.encode())

    def _with_secret(self, scope: Message) -> Message:
        kept = [(name, value) for name, value in scope["headers"] if name != b"authorization"]
        return {**scope, "headers": [*kept, (b"authorization", self.header)]}

    def _log_in(self, request: Request) -> Response | None:
        """Set the cookie and show the page without the ticket; None without a valid ticket."""
        ticket = request.query_params.get(TICKET)
        if request.method != "GET" or not ticket or not access.redeem_ticket(self.workspace, ticket):
            return None
        answer = RedirectResponse(request.url.remove_query_params(TICKET), 303)
        answer.set_cookie(self.cookie, self.session, httponly=True, samesite="lax")
        return answer


def _with_own_images(send: Send) -> Send:
    async def with_policy(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), OWN_IMAGES]}
        await send(message)

    return with_policy


async def refuse(scope: Message, receive: Receive, send: Send, reason: str, status: int) -> None:
    """Answer a request with a reason; close a websocket before it opens."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    await PlainTextResponse(reason, status, {"Cache-Control": "no-store"})(scope, receive, send)


def on_loopback(port: int) -> Callable[[str], bool]:
    """Whether an address (``host:port``) is that of a port on loopback."""
    return {f"{host}:{port}" for host in LOOPBACK}.__contains__


def on_network(host: str) -> Callable[[str], bool]:
    """Whether an address names this machine or is an IP address: no page can give itself such a name."""
    names = {host, *LOOPBACK, socket.gethostname(), socket.getfqdn()}

    def is_own(address: str) -> bool:
        name = re.sub(r":\d+$", "", address)
        return name in names or is_ip_address(name.strip("[]"))

    return is_own


def is_ip_address(name: str) -> bool:
    try:
        return bool(ip_address(name))
    except ValueError:
        return False
