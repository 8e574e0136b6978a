"""A version that answers for tables: its columns by name, and a prediction for each row."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from greenlightning.data.labels import label_array
from greenlightning.data.targets import ClassTargets
from greenlightning.errors import InputError
from greenlightning.model import GreenLightningModel
from greenlightning.tables import Kind, TableSchema, conform
from greenlightning.tables.labels import label_kind
from tasks.data.readers.source import LABEL
from tasks.data.schemas import check_units
from tasks.models import registry
from tasks.models.version_expectations import expectations_of
from tasks.models.version_info import VersionInfo
from tasks.predictions.pieces import in_pieces

PREDICTION, ROW, PROBABILITY = "prediction", "row", "probability_"


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predictions for some rows: a table to write, and what a score needs."""

    table: pa.Table
    predicted: NDArray[Any]
    proba: NDArray[np.float64] | None
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Predictor:
    """A loaded version and the schema of the tables that it answers for."""

    info: VersionInfo
    model: GreenLightningModel
    schema: TableSchema

    @classmethod
    def of(cls, info: VersionInfo) -> "Predictor":
        """Load a version; IntegrityError where its files are missing, corrupt or pruned."""
        model = registry.load_version(info)
        return cls(info, model, model.encoder.schema if model.encoder else _numeric_schema(info, model))

    @property
    def classes(self) -> tuple[Any, ...]:
        """The labels that it knows; none for a regression."""
        return self.model.classes if isinstance(self.model.targets, ClassTargets) else ()

    def answer(self, frame: pd.DataFrame, first: int, source: str, proba: bool = False) -> Predictions:
        """Predict the rows of a table as it was read, of which the first is row ``first`` of its file, from 0.

        Raises InputError where a column is missing or a cell cannot be read.
        """
        check_units(frame, self.schema, source)
        numbered = frame.set_axis(pd.RangeIndex(first, first + len(frame)))
        numbered = numbered.drop(columns=self.schema.label, errors="ignore")
        conformed = conform(numbered, self._schema_for(frame), source=source)
        predicted, likely = self._decided(self._inputs(conformed.frame, first, source))
        columns = {**self._identity(conformed.frame, first), PREDICTION: pa.array(predicted)}
        if proba and likely is not None:
            names = (f"{PROBABILITY}{label}" for label in self.classes)
            columns |= dict(zip(names, map(pa.array, likely.T), strict=True))
        notes = (*conformed.notes, *self._blind_columns(conformed.frame))
        return Predictions(pa.table(columns), predicted, likely, notes)

    def _blind_columns(self, frame: pd.DataFrame) -> list[str]:
        """What a reader should know of columns that say nothing: empty ones, and those of unknown categories."""
        empty = [name for name in self.schema.features if frame[name].isna().all()]
        kept = self.model.encoder.categories if self.model.encoder else {}
        strange = [name for name in kept if name not in empty and not frame[name].isin(kept[name]).any()]
        return [
            *(f"column {name!r} is empty in every row" for name in empty),
            *(f"column {name!r} holds no category that version {self.info.version} knows" for name in strange),
        ]

    def _schema_for(self, frame: pd.DataFrame) -> TableSchema:
        """The schema without identifiers that the table does not have: predictions are then named by row."""
        gone = set(self.schema.of_kind(Kind.IDENTIFIER)) - set(frame.columns)
        kept = tuple(column for column in self.schema.columns if column.name not in gone)
        return replace(self.schema, columns=kept, time=None)

    def _inputs(self, frame: pd.DataFrame, first: int, source: str) -> NDArray[Any]:
        """Inputs (n, d) of a conformed table; a version without an encoder takes no missing cell."""
        if self.model.encoder:
            return self.model.encoder.transform(frame)
        inputs = frame.to_numpy(np.float64)
        if np.isnan(inputs).any():
            row, column = np.argwhere(np.isnan(inputs))[0]
            raise InputError(
                f"Row {first + row + 1}, column {self.schema.features[column]!r} of {source} is empty, and "
                f"version {self.info.version} knows no missing cells",
                "Fill the cell, or train again",
            )
        return inputs

    def _decided(self, inputs: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.float64] | None]:
        """Predictions (n,) for inputs (n, d), with probabilities (n, k) of a classification."""
        if not self.classes:
            return in_pieces(self.model.predict, inputs)[:, 0], None
        proba = in_pieces(self.model.predict_proba, inputs)
        return label_array(self.classes)[self.model.rule.decide(proba, self.classes)], proba

    def _identity(self, frame: pd.DataFrame, first: int) -> dict[str, pa.Array]:
        """The column that names the rows: the identifier, or the row's number in the file, from 1."""
        name = self.schema.identifier
        if name in frame.columns:
            return {str(name): pa.array(frame[name], pa.string())}
        return {ROW: pa.array(np.arange(first + 1, first + len(frame) + 1))}


def _numeric_schema(info: VersionInfo, model: GreenLightningModel) -> TableSchema:
    """The schema of a version of release 0.1.0: numeric columns, by the names in its expectations."""
    kind = label_kind(np.array(model.classes, dtype=object))
    return TableSchema.of_numbers(expectations_of(info).features, label=LABEL, labels=kind)
