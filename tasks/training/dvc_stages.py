"""First training on a known data set as DVC stages: each step reads files and writes files."""

import json
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from greenlightning.data.batch import Batch
from greenlightning.data.ledger import Ledger, LedgerEntry
from greenlightning.tables import TableEncoder, infer_schema
from tasks.core.energy_cost import EnergyCost
from tasks.core.settings import Learning
from tasks.data.batch_files import read_content

SPENT = "spent.json"


def prepare(dataset: str, folder: Path) -> None:
    """Write training rows and holdout of a known data set as Parquet files."""
    from greenlightning.data.datasets import load
    from tasks.data.demo_stream import write_part

    data = load(dataset)
    folder.mkdir(parents=True, exist_ok=True)
    write_part(folder, "train", data, data.X_train, data.y_train)
    write_part(folder, "holdout", data, data.X_test, data.y_test)


def structure(settings: Learning, folder: Path) -> None:
    """Extract the structure from the training rows; save flip rate and weight change by epoch."""
    from tasks.training.structure import train_structure

    content = read_content(folder / "train.parquet")
    encoder = TableEncoder.fit(content.frame, infer_schema(content.frame.assign(label=content.y)))
    rows = Batch(content.inputs(encoder), content.y)
    found, spent = train_structure(rows, settings, (rows.id,), encoder)
    found.save(folder / "structure")
    encoder.save(folder / "structure")
    _write_json(folder / "structure" / SPENT, asdict(spent))
    records = found.history.records if found.history else []
    series = pd.DataFrame(records, columns=["epoch", "flip_rate", "weight_change"])
    series.to_csv(folder / "settling.csv", index=False)


def linear(settings: Learning, folder: Path) -> None:
    """Learn the training rows under the structure and save the model."""
    from greenlightning.structure.gates import Structure
    from tasks.training.structure import train_linear

    encoder = TableEncoder.load(folder / "structure")
    rows = _rows(folder / "train.parquet", encoder)
    ledger = Ledger({rows.id: LedgerEntry(rows.rows)})
    spent = train_linear((Structure.load(folder / "structure"), encoder), rows, settings, ledger, folder / "model")
    _write_json(folder / "model" / SPENT, asdict(spent))


def evaluate(folder: Path) -> None:
    """Score the model on the holdout; write the scores, the cost of all stages, and the confusion table."""
    from greenlightning.energy.meter import EnergyMeter
    from greenlightning.evaluation.scores import evaluate as score
    from greenlightning.model import GreenLightningModel
    from tasks.training.scoring import scores

    with EnergyMeter() as meter:
        model = GreenLightningModel.load(folder / "model")
        holdout = _rows(folder / "holdout.parquet", model.encoder)
        proba = model.predict_proba(holdout.X)
        found = score(holdout.y, proba, model.classes)
    spent = _spent(folder / "structure") + _spent(folder / "model") + EnergyCost.of(meter.energy)
    cost = {"seconds": spent.seconds, "joules": spent.joules, "source": spent.source}
    _write_json(folder / "metrics.json", scores(found) | cost)
    predicted = [model.classes[column] for column in proba.argmax(axis=1)]
    confusion = pd.DataFrame({"actual": holdout.y, "predicted": predicted})
    confusion.to_csv(folder / "confusion.csv", index=False)


def _rows(path: Path, encoder: TableEncoder | None) -> Batch:
    content = read_content(path)
    return Batch(content.inputs(encoder), content.y)


def _spent(folder: Path) -> EnergyCost:
    return EnergyCost(**json.loads((folder / SPENT).read_text()))


def _write_json(path: Path, content: dict[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n")
