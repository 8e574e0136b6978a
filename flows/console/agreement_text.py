"""What a site and a coordinator read about messages that they have signed, and about the columns agreed on."""

import json
from pathlib import Path
from typing import Any

from flows.console.inert_console import out
from flows.console.schema_table import schema_table
from tasks.data.reading import Reading
from tasks.data.schemas import Declared
from tasks.federation.agreement import agree, profile_rows
from tasks.federation.sending import Sending, workspace_key


def print_profile(path: Path, label: str, sending: Sending, reading: Reading, as_json: bool) -> None:
    """Profile a file, sign the profile, and print where it is and by whom it is signed."""
    message, notes = profile_rows(path, label, sending, reading)
    facts = {"folder": str(sending.folder), "key": message.sender, "digest": message.digest} | message.about
    lines = [
        f"Profiled {message.about['rows']:,} rows of {path.name} for site {sending.site} in {sending.folder}",
        "send this folder to whoever trains the structure; no row is in it",
        *(f"note {note}" for note in notes),
    ]
    print_signed(facts | {"notes": list(notes)}, lines, as_json)


def print_agreement(
    folders: list[Path], dataset: str, declared: Declared, trusted: frozenset[str] | None, as_json: bool
) -> None:
    """Merge profiles, and print the schema that they agree on."""
    schema = agree(folders, dataset, declared, trusted)
    if as_json:
        print(json.dumps({"dataset": dataset, "schema": schema.to_dict()}))
        return
    schema_table(schema)
    out.print(f"{len(folders)} sites agree on the schema of {dataset}; its next training uses it", highlight=False)


def print_signed(facts: dict[str, Any], lines: list[str], as_json: bool) -> None:
    """Print a message: its facts as JSON, or what was done, by which key, and what comes then."""
    if as_json:
        print(json.dumps(facts))
        return
    first, *then = lines
    out.print(first, style="bold green", highlight=False, markup=False)
    for line in (f"signed by key {workspace_key().public}", *then):
        out.print(f"  {line}", highlight=False, markup=False)
