"""``python -m flows.servers.dashboard prefect|mlflow --port N``: a dashboard of the workspace behind the gate."""

import os
from argparse import ArgumentParser
from pathlib import Path

import uvicorn

from flows.servers.first_visit import FirstVisit
from flows.servers.gate import AddressCheck, Application, Gate, on_loopback
from flows.servers.services import HOST
from tasks.core.memory import collect_rarely
from tasks.core.workspace import Workspace


def prefect(workspace: Workspace) -> Application:
    """Prefect's server; it asks websockets for the secret itself."""
    from flows.servers.prefect_server import application

    return Gate(application(), workspace, asks_sockets=True)


def mlflow(workspace: Workspace) -> Application:
    """MLflow's server on the embedded database and artifacts, as ``mlflow server`` starts it."""
    from mlflow.server import REL_STATIC_DIR, constants, handlers
    from mlflow.server import app as pages

    database, artifacts = f"sqlite:///{workspace.database}", (workspace.mlruns / "artifacts").as_uri()
    os.environ |= {
        constants.BACKEND_STORE_URI_ENV_VAR: database,
        constants.REGISTRY_STORE_URI_ENV_VAR: database,
        constants.ARTIFACT_ROOT_ENV_VAR: "mlflow-artifacts:/",
        constants.ARTIFACTS_DESTINATION_ENV_VAR: artifacts,
        constants.SERVE_ARTIFACTS_ENV_VAR: "true",
    }
    handlers.initialize_backend_stores(database, database, "mlflow-artifacts:/")
    from mlflow.server.fastapi_app import app

    return Gate(FirstVisit(app, Path(pages.root_path) / REL_STATIC_DIR / "index.html"), workspace)


def main() -> None:
    """Serve until a signal arrives; the process that ``up`` starts."""
    parser = ArgumentParser(prog="python -m flows.servers.dashboard")
    parser.add_argument("name", choices=("prefect", "mlflow"))
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    collect_rarely()
    application = {"prefect": prefect, "mlflow": mlflow}[given.name](Workspace.current())
    guarded = AddressCheck(application, on_loopback(given.port))
    uvicorn.run(guarded, host=HOST, port=given.port, log_level="warning", server_header=False)


if __name__ == "__main__":
    main()
