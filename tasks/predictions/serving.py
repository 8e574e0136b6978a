"""The champion behind MLflow's scoring server: an ASGI application that changes versions while it runs."""

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tasks.models import registry
from tasks.predictions.http_bodies import Application, Message, Receive, Send, forgiving
from tasks.tracking.client import connect

if TYPE_CHECKING:
    from mlflow.pyfunc import PyFuncModel

VERSION_HEADER = b"x-model-version"


class ServedChampion:
    """MLflow's scoring server for the champion of a dataset; each answer names its version in a header.

    ``reload`` looks at the alias and, where it moved, loads the new champion beside the old one: a request is
    answered by one of them, whole. Where the new one cannot be loaded, the old one goes on.
    """

    def __init__(self, dataset: str) -> None:
        self.dataset = dataset
        self.version = 0
        self._application: Application = _unready
        self.reload()

    def reload(self) -> bool:
        """Serve the present champion; whether it is another than before. NothingServedError without one."""
        info = registry.champion_of(self.dataset)
        if info.version == self.version:
            return False
        self._application, self.version = application(self.dataset, info.version), info.version
        return True

    def watch(self, every: float, stopped: threading.Event, say: Callable[[str], None]) -> None:
        """Reload every so many seconds until ``stopped``; a failure is said, and tried again."""
        failure = ""
        while not stopped.wait(every):
            try:
                if self.reload():
                    say(f"version {self.version} serves")
                failure = ""
            except Exception as error:
                if failure != str(error):
                    failure = str(error)
                    say(f"version {self.version} goes on: {failure}")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request with the version that serves when it comes."""
        handle, version = self._application, str(self.version).encode()

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (VERSION_HEADER, version)]
            await send(message)

        await handle(scope, receive, send_named)


def application(dataset: str, version: int) -> Application:
    """MLflow's scoring server for one version.

    Where the model's own code reads the cells, the server does not get the signature: it cannot parse CSV by it.
    """
    from mlflow.pyfunc import load_model, scoring_server

    connect()
    for noisy in ("mlflow.models.utils", "mlflow.pyfunc.scoring_server"):
        logging.getLogger(noisy).setLevel(logging.ERROR)  # they warn of extra columns, and of what nobody sent
    model = load_model(f"models:/{dataset}/{version}")
    found: Application = scoring_server.init(_Untyped(model))  # type: ignore[arg-type]
    schema = model.metadata.get_input_schema()  # type: ignore[no-untyped-call]
    return forgiving(found, schema.input_names())


class _Untyped:
    """A model whose signature the scoring server applies only where it has types, as in release 0.1.0."""

    def __init__(self, model: "PyFuncModel") -> None:
        self.model = model
        self.metadata = self

    def get_input_schema(self) -> Any:
        """The types by which what comes is parsed; None leaves that to the model."""
        from mlflow.types.schema import AnyType

        schema: Any = self.model.metadata.get_input_schema()  # type: ignore[no-untyped-call]
        return None if any(isinstance(kind, AnyType) for kind in schema.input_types()) else schema

    def get_params_schema(self) -> Any:
        return self.model.metadata.get_params_schema()  # type: ignore[no-untyped-call]

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> Any:
        return self.model.predict(data, params=params)


async def _unready(scope: Message, receive: Receive, send: Send) -> None:
    raise RuntimeError("no version is loaded")
