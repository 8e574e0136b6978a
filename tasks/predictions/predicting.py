"""Predict a file: read it in blocks, answer for each, and write what is known so far."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tasks.data.reading import DETECTED, Reading
from tasks.predictions.blocks import blocks
from tasks.predictions.predictor import Predictor
from tasks.predictions.running_score import RunningScore
from tasks.predictions.targets import check_target
from tasks.predictions.writers import writing

SHOWN_ROWS = 5


@dataclass(frozen=True)
class PredictedFile:
    """What became of a file: its predictions, the first of them, and the score where it has labels."""

    target: Path
    rows: int
    seconds: float
    columns: tuple[str, ...]
    first: tuple[dict[str, Any], ...]
    scores: dict[str, float]
    scored_rows: int
    notes: tuple[str, ...]


def predict_file(
    predictor: Predictor, source: Path, target: Path, proba: bool = False, reading: Reading = DETECTED
) -> PredictedFile:
    """Write a prediction for each row of ``source`` to ``target``; a label column is scored.

    Raises InputError for whatever is wrong with the file; then nothing is written.
    """
    check_target(target, source)
    begin, rows, notes = time.perf_counter(), 0, dict[str, None]()
    score = RunningScore(predictor.schema, predictor.classes)
    shown: list[dict[str, Any]] = []
    columns: list[str] = []
    schema = predictor.schema
    options = replace(reading.options(), label=schema.label, keep=schema.stored, empty_rows=True)
    with writing(target) as write:
        for block in blocks(source, options):
            answers = predictor.answer(block.frame, rows, source.name, proba)
            if predictor.schema.label in block.frame:
                score.add(block.frame[predictor.schema.label], answers)
            write(answers.table)
            if not rows:
                shown, columns = answers.table.slice(0, SHOWN_ROWS).to_pylist(), answers.table.column_names
            rows += answers.table.num_rows
            notes |= dict.fromkeys((*block.notes, *answers.notes))
    if score.note:
        notes[score.note] = None
    if proba and not predictor.classes:
        notes["a regression has no probabilities"] = None
    seconds = time.perf_counter() - begin
    return PredictedFile(
        target, rows, seconds, tuple(columns), tuple(shown), score.scores, score.rows, tuple(notes)
    )
