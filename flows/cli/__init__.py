"""The command line ``greenlightning``; it answers ``--help`` at once and imports the rest when it is needed."""

import json
import sys
from typing import Annotated

import typer

from flows.cli import insight, learning, lineage, maintenance, servers, versions
from flows.cli.options import EXIT_CODES, Exit, console

__all__ = ["Exit", "app", "main"]

app = typer.Typer(
    help="Train the structure once, then retrain green: exact, additive, traceable.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
for panel in (learning, versions, insight, lineage, maintenance, servers):
    for command in panel.commands.registered_commands:
        command.epilog = EXIT_CODES
    app.add_typer(panel.commands)


@app.callback()
def main_options(
    context: typer.Context,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show logs, and a traceback when something fails.")
    ] = False,
) -> None:
    """Set the embedded runtime up before a command imports it."""
    from flows.engine.runtime import set_up
    from tasks.core.workspace import Workspace

    set_up(Workspace.current().root, debug)


def main() -> None:
    """Entry point: one clear line and an exit code for what goes wrong; a traceback only with --debug."""
    from rich.markup import escape

    from greenlightning import errors

    codes: list[tuple[type[Exception], Exit]] = [
        (errors.NothingServedError, Exit.NOTHING_SERVED),
        (errors.IntegrityError, Exit.INTEGRITY),
        (errors.ServerError, Exit.NOT_UP),
        (errors.GreenLightningError, Exit.BAD_INPUT),
        (Exception, Exit.UNEXPECTED),
    ]
    try:
        app()
    except Exception as error:
        if "--debug" in sys.argv:
            raise
        if not isinstance(error, errors.GreenLightningError):
            from flows.engine.outcome import as_input_error

            error = as_input_error(error)
        code = next(code for kind, code in codes if isinstance(error, kind))
        line = " ".join(str(error).split()) or type(error).__name__
        if "--json" in sys.argv:
            print(json.dumps({"error": line, "exit_code": int(code)}))
        else:
            console.print(f"[bold red]error[/] {escape(line)}", soft_wrap=True, highlight=False)
        if code is Exit.UNEXPECTED:
            console.print("Run it again with --debug to see where it happened.")
        raise SystemExit(code) from None
