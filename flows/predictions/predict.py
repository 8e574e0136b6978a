"""Predict a file without a flow run: no server is needed, and the answer is there at once."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from flows.console.inert_console import InertConsole
from greenlightning.data.counted import counted
from greenlightning.evaluation.score_text import score_text
from tasks.data.reading import DETECTED, Reading
from tasks.predictions.answering import answering
from tasks.predictions.predicting import PredictedFile, predict_file
from tasks.predictions.predictor import PROBABILITY, Predictor
from tasks.predictions.targets import STDOUT

SHOWN_CLASSES = 4
out, err = InertConsole(soft_wrap=True), InertConsole(stderr=True, soft_wrap=True)


@dataclass(frozen=True)
class Wanted:
    """What is predicted: the file, and the version that answers; by default the champion."""

    path: Path
    dataset: str
    version: int | None = None
    at: str | None = None
    proba: bool = False
    reading: Reading = DETECTED


def print_predictions(wanted: Wanted, target: Path, as_json: bool) -> None:
    """Write a prediction for each row of a file, and print which version answered, with the first rows."""
    info, notes = answering(wanted.dataset, wanted.version, wanted.at)
    done = predict_file(Predictor.of(info), wanted.path, target, wanted.proba, wanted.reading)
    found = _facts(wanted.dataset, info.version, done, (*notes, *done.notes))
    if as_json:
        print(json.dumps(found, default=str))
        return
    _print(found, done, err if target == STDOUT else out)


def _facts(dataset: str, version: int, done: PredictedFile, notes: tuple[str, ...]) -> dict[str, Any]:
    about = {"dataset": dataset, "version": version, "rows": done.rows, "seconds": round(done.seconds, 3)}
    scored = {"scores": done.scores, "scored_rows": done.scored_rows} if done.scores else {}
    return about | {"out": str(done.target), "columns": list(done.columns), **scored, "notes": list(notes)}


def _print(found: dict[str, Any], done: PredictedFile, console: InertConsole) -> None:
    """The version, the first rows, the score where the file has labels, and notes."""
    version = f"version {found['version']} of {found['dataset']}"
    line = f"{counted(found['rows'], 'row')} by {version} in {done.seconds:.2f} s"
    console.print(f"[bold green]Predicted[/] {escape(line)}", highlight=False)
    if done.target != STDOUT:
        _print_first(done, console)
        console.print(f"  written to {escape(str(done.target))}", highlight=False)
    if done.scores:
        scores = ", ".join(f"{name} {score_text(value)}" for name, value in done.scores.items())
        console.print(f"  {scores} on {counted(done.scored_rows, 'row')} with a label", highlight=False)
    for note in found["notes"]:
        console.print(f"  [yellow]note[/] {escape(note)}", highlight=False)


def _print_first(done: PredictedFile, console: InertConsole) -> None:
    """The first rows; of many classes only how probable the answer is, because the others would hide it."""
    classes = [name for name in done.columns if name.startswith(PROBABILITY)]
    shown = [name for name in done.columns if name not in classes or len(classes) <= SHOWN_CLASSES]
    highest = len(shown) < len(done.columns)
    names = [name.removeprefix(PROBABILITY) for name in shown] + ["highest probability"] * highest
    table = Table(*map(escape, names), box=SIMPLE_HEAD)
    for row in done.first:
        cells = [row[name] for name in shown] + ([max(row[name] for name in classes)] if highest else [])
        table.add_row(*(score_text(cell) if isinstance(cell, float) else escape(str(cell)) for cell in cells))
    console.print(table)
