"""The command line ``greenlightning``; it answers ``--help`` at once and imports the rest when it is needed."""

import json
import shlex
import sys
from contextlib import chdir
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from flows.cli import (
    arrivals,
    federation,
    insight,
    learning,
    lineage,
    predictions,
    quarantine,
    safety,
    schema,
    servers,
    versions,
)
from flows.cli.options import EXIT_CODES, Exit, console, print_error
from tasks.core.environment import NEUTRAL, ensure_utf8
from tasks.core.memory import collect_rarely

__all__ = ["Exit", "app", "main"]

LEARN_BATCHES = ("train", "retrain")


class Command(TyperCommand):
    """A command whose paths are relative to the user's folder; its body runs in ours."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments; a file given to a command that learns batches is refused, with what takes one."""
        ctx.allow_extra_args = self.name in LEARN_BATCHES
        try:
            rest = super().parse_args(ctx, args)
        except typer.TyperException as error:
            error.message = error.message.replace("Value error, ", "")
            raise
        if ctx.args and ctx.allow_extra_args:
            files, dataset = shlex.join(ctx.args), ctx.params.get("dataset") or "NAME"
            ctx.fail(f"{self.name} takes no file. Run: greenlightning learn {files} --dataset {dataset}")
        return rest

    def invoke(self, ctx: Any) -> Any:
        with chdir(NEUTRAL):
            return super().invoke(ctx)


app = typer.Typer(
    help="Train the structure once, then retrain green: exact, additive, traceable.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
for panel in (
    arrivals,
    learning,
    federation,
    schema,
    quarantine,
    predictions,
    versions,
    insight,
    lineage,
    safety,
    servers,
):
    groups = [group.typer_instance for group in panel.commands.registered_groups if group.typer_instance]
    for commands in (panel.commands, *groups):
        for command in commands.registered_commands:
            command.epilog, command.cls = EXIT_CODES, Command
    app.add_typer(panel.commands)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"greenlightning {version('greenlightning')}")
        raise typer.Exit


@app.callback()
def main_options(
    context: typer.Context,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show logs, and a traceback when something fails.")
    ] = False,
    _version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_print_version, help="Show the version installed."),
    ] = False,
) -> None:
    """Prepare the workspace and the environment before a command imports Prefect."""
    from flows.engine.runtime import set_up
    from tasks.core.workspace import Workspace

    if "--help" not in sys.argv:
        set_up(Workspace.current().root, debug)


def main() -> None:
    """Run a command; an error is one line and an exit code, and with --debug a traceback."""
    ensure_utf8()
    collect_rarely()
    from greenlightning import errors

    codes: list[tuple[type[Exception], Exit]] = [
        (errors.NothingServedError, Exit.NOTHING_SERVED),
        (errors.IntegrityError, Exit.INTEGRITY),
        (errors.ServerError, Exit.NOT_UP),
        (errors.MachineError, Exit.MACHINE),
        (errors.GreenLightningError, Exit.BAD_INPUT),
        (Exception, Exit.UNEXPECTED),
    ]
    try:
        app(prog_name="greenlightning")
    except Exception as error:
        if "--debug" in sys.argv:
            raise
        from flows.engine.error_messages import as_input_error
        from flows.engine.machine_errors import as_machine_error

        error = as_machine_error(error) or as_input_error(error)
        code = next(code for kind, code in codes if isinstance(error, kind))
        line = " ".join(str(error).split()) or type(error).__name__
        if "--json" in sys.argv:
            print(json.dumps({"error": line, "exit_code": int(code)}))
        else:
            print_error(line)
        if code is Exit.UNEXPECTED:
            console.print("Run it again with --debug to see where it happened.")
        raise SystemExit(code) from None
