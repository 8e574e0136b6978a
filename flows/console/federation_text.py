"""What a coordinator and a site read about the messages that they have signed."""

from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.table import Table

from flows.console.agreement_text import print_signed
from flows.console.inert_console import InertConsole, out
from flows.console.progress_bars import progress_bars
from greenlightning.data.counted import counted
from tasks.data.reading import Reading
from tasks.federation.rounds import publish_recipe
from tasks.federation.sending import Sending
from tasks.federation.sites import Runner, contribute_rows


def print_publication(dataset: str, folder: Path, with_rows: bool, as_json: bool) -> None:
    """Sign the champion's recipe, and print where it is and by whom it is signed."""
    message = publish_recipe(dataset, folder, with_rows)
    facts = {"folder": str(folder), "key": message.sender, "digest": message.digest} | message.about
    lines = [
        f"Published the recipe of {dataset} in {folder}",
        "send this folder to every site; each sums its rows with:",
        "  greenlightning federation contribute FILE --publication FOLDER --site NAME --out EMPTY_FOLDER",
    ]
    print_signed(facts, lines, as_json)


def print_contribution(
    path: Path, sending: Sending, reading: Reading, where: tuple[Runner, str | None], as_json: bool
) -> None:
    """Sum rows, sign the sums, and print where they are and by whom they are signed."""
    with progress_bars(InertConsole(stderr=True)):
        sent = contribute_rows(path, sending, reading, *where)
    message = sent.message
    facts = {"folder": str(sending.folder), "key": message.sender, "digest": message.digest} | message.about
    lines = [
        f"Summed {counted(sent.rows, 'row')} of {path.name} for site {sending.site} in {sending.folder}",
        "send this folder to the coordinator; no row is in it",
        *(f"note {note}" for note in sent.notes),
    ]
    print_signed(facts | {"notes": list(sent.notes)}, lines, as_json)


def print_demo() -> None:
    """Run the demonstration of ten sites, and print what each holds and what their sum is worth."""
    from greenlightning.federation.demo import run_demo

    out.print("Ten sites with different digits, two processes each; the largest trains the structure.")
    found = run_demo()
    sites = Table("site", "rows", "classes", "accuracy of its own model", box=SIMPLE_HEAD)
    for name, rows, classes, accuracy in found.sites:
        sites.add_row(name, f"{rows}", f"{classes}", f"{accuracy:.3f}")
    methods = Table("model", "accuracy on 450 test rows", box=SIMPLE_HEAD)
    for name, accuracy in found.accuracy.items():
        methods.add_row(name, f"{accuracy:.3f}")
    out.print(sites, methods)
    same = "the same digest as" if found.same_digest else "ANOTHER DIGEST THAN"
    sent = f"{found.bytes_up / 1e3:,.0f} kB sent by {found.processes} processes"
    out.print(f"One round, {sent}; the sum has {same} learning in one place.")
