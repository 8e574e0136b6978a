"""Commands that start and stop the dashboards, workers and schedules."""

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.options import AsJson, console

if TYPE_CHECKING:
    from flows.servers.services import Ports

NEXT = """\
{state}: flow runs, deployments and schedules in Prefect, models and comparisons in MLflow.
  Prefect  {prefect_login}
  MLflow   {mlflow_login}
Either address logs your browser in to both, once; `greenlightning up` prints new ones.
Run a deployment from its page, or any command here: both dashboards show it.
See what runs: greenlightning status. Stop everything: greenlightning down"""
commands = typer.Typer()
Port = Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free port.")]


@commands.command()
def up(
    prefect_port: Port = 4200,
    mlflow_port: Port = 5000,
    gpu: Annotated[
        bool | None,
        typer.Option("--gpu/--no-gpu", help="Start a worker for the pool gpu. Default: if there is a GPU."),
    ] = None,
    foreground: Annotated[
        bool, typer.Option("--foreground", help="Run in the foreground until Ctrl-C or SIGTERM.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Start Prefect and MLflow with their dashboards, and the workers, deployments and schedules."""
    from flows.console.progress_bars import progress_bars
    from flows.servers import server_control
    from flows.servers.services import has_gpu
    from tasks.core.workspace import Workspace
    from tasks.orchestration import dashboards

    workspace = Workspace.current()
    if dashboards.running(workspace):
        with progress_bars(console):
            started = server_control.wait(workspace)
        _announce(started, as_json, "Running already")
        return
    server_control.refuse_other_servers()
    server_control.reap(dashboards.last_started(workspace).get("supervisor", ""))
    ports = server_control.choose_ports(prefect_port, mlflow_port)
    gpu = has_gpu() if gpu is None else gpu
    if foreground:
        _stay(ports, gpu, as_json)
        return
    with progress_bars(console):
        started = server_control.start(ports, gpu)
    _announce(started, as_json, "Ready")


def _stay(ports: "Ports", gpu: bool, as_json: bool) -> None:
    from flows.servers.supervisor import Supervisor
    from tasks.core.workspace import Workspace

    def say(line: str) -> None:
        console.print(line, highlight=False, markup=False, soft_wrap=True)

    supervisor = Supervisor(Workspace.current(), ports, gpu, say)
    supervisor.run(on_ready=lambda started: _announce(started, as_json, "Ready"))


def _announce(started: dict[str, Any], as_json: bool, state: str) -> None:
    """Print addresses that log a browser in to the dashboards, and the next steps."""
    from tasks.core.workspace import Workspace
    from tasks.orchestration.access import issue_ticket
    from tasks.orchestration.dashboards import opening_page

    workspace = Workspace.current()
    for name, page in (("prefect", ""), ("mlflow", opening_page(workspace))):
        started |= {f"{name}_login": f"{started[f'{name}_url']}/?ticket={issue_ticket(workspace)}{page}"}
    if as_json:
        print(json.dumps({"state": state, **started}), flush=True)
        return
    print(NEXT.format(state=state, **started), flush=True)


@commands.command()
def down(as_json: AsJson = False) -> None:
    """Stop everything that `up` started."""
    from flows.servers import server_control

    stopped = server_control.stop()
    if as_json:
        print(json.dumps({"stopped": stopped}))
    else:
        print("Stopped." if stopped else "Nothing was running.")


class Happening(StrEnum):
    """What people are notified of."""

    PROMOTED = "promoted"
    QUARANTINED = "quarantined"
    RED = "red"
    FAILED = "failed"


@commands.command()
def notify(
    to: Annotated[
        str, typer.Argument(help="URL of a webhook (Slack's too), or a notification block of Prefect: TYPE/NAME.")
    ],
    on: Annotated[
        list[Happening] | None, typer.Option(help="What to notify of; by default everything. Repeatable.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Notify a webhook, Slack or mail of promotions, quarantine, red health and failures."""
    from flows.servers import notifications

    wanted = on or list(Happening)
    name = notifications.notify(to, tuple(one.value for one in wanted))
    if as_json:
        print(json.dumps({"automation": name, "on": wanted}))
    else:
        print(f"{name}: {', '.join(wanted)}. Switch it off under Automations in Prefect.")
