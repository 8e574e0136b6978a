"""Several files in one run: a bad one is named, the others go in, and one outcome tells of all."""

from collections.abc import Callable, Iterable
from pathlib import Path

from flows.engine.error_messages import error_message, is_machine
from flows.engine.outcome import Outcome
from greenlightning.errors import GreenLightningError, InputError

MOST_EVENTFUL_FIRST = ("Quarantined", "Versioned")


def each_file(files: Iterable[Path], ingest: Callable[[Path], Outcome]) -> Outcome:
    """The joined outcome of ``ingest`` on each file; the error of the first one where none can be used."""
    done: dict[Path, Outcome] = {}
    refused: dict[Path, Exception] = {}
    for file in files:
        try:
            done[file] = ingest(file)
        except Exception as error:
            if is_machine(error):
                raise
            refused[file] = error
    if not done:
        first = next(iter(refused.values()))
        if not isinstance(first, GreenLightningError):
            raise first
        raise InputError(f"None of the {len(refused)} files can be used: {first.cause}", first.remedy)
    return _joined(done, refused)


def _joined(done: dict[Path, Outcome], refused: dict[Path, Exception]) -> Outcome:
    outcomes = list(done.values())
    versioned = sum(one.state == "Versioned" for one in outcomes)
    counts = {"versioned": versioned, "quarantined": len(done) - versioned, "refused": len(refused)}
    counted = [f"{number} of {len(done) + len(refused)} files {name}" for name, number in counts.items() if number]
    reasons = [f"{file.name}: {one.reason}" for file, one in done.items() if not one.quarantined]
    return Outcome(
        state=min((one.state for one in outcomes), key=MOST_EVENTFUL_FIRST.index),
        dataset=outcomes[0].dataset,
        reason=", ".join(counted),
        quarantined=tuple(batch for one in outcomes for batch in one.quarantined),
        refused=tuple(error_message(error).line for error in refused.values()),
        notes=(*reasons, *_gathered(done)),
        health=next((one.health for one in reversed(outcomes) if one.health), None),
    )


def _gathered(done: dict[Path, Outcome]) -> list[str]:
    """Each note once, with the file that it is about, or with how many."""
    about: dict[str, list[str]] = {}
    for file, one in done.items():
        for note in dict.fromkeys(one.notes):
            about.setdefault(note.removeprefix(f"{file.name} "), []).append(file.name)
    return [f"{files[0] if len(files) == 1 else f'{len(files)} files'}: {note}" for note, files in about.items()]
