"""The code that MLflow serves: copied into every version, it loads safetensors and JSON, never pickle."""

import atexit
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import mlflow
import numpy as np
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from mlflow.pyfunc.model import PythonModel, PythonModelContext
from numpy.typing import NDArray

Frame = pd.DataFrame | NDArray[Any]


class ServedModel(PythonModel):
    """A GreenLightning model behind MLflow's ``predict``."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load the model from the version's artifacts, digests checked, by the version's own library."""
        if "greenlightning" not in sys.modules:
            sys.path.insert(0, _unpacked(context.artifacts["library"]))
        from greenlightning.model import GreenLightningModel

        self.model = GreenLightningModel.load(Path(context.artifacts["model"]))

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> Frame:
        """Labels or numbers (n,) for a table or inputs (n, d); with ``proba`` a column of probabilities a class.

        Raises MlflowException, which a server answers with status 400, where a column or cell does not fit.
        """
        from greenlightning.errors import InputError

        try:
            inputs = self._encoded(model_input)
            if not (params or {}).get("proba", False):
                predicted = self.model.predict(inputs)
                return predicted[:, 0] if predicted.ndim > 1 and predicted.shape[1] == 1 else predicted
            if self.model.targets.task == "regression":
                raise InputError("A regression has no probabilities", "Leave out the parameter proba")
        except InputError as error:
            raise MlflowException(str(error), INVALID_PARAMETER_VALUE) from error
        names = [str(label) for label in self.model.classes]
        return pd.DataFrame(self.model.predict_proba(inputs), columns=names)

    def _encoded(self, model_input: Frame) -> NDArray[Any]:
        """Inputs (n, d); a table is read by the model's encoder, or as numbers where it has none."""
        from greenlightning.tables import TableSchema, conform

        if not isinstance(model_input, pd.DataFrame):
            return np.asarray(model_input, dtype=np.float64)
        if self.model.encoder:
            return self.model.encode(model_input)
        schema = TableSchema.of_numbers(model_input.columns)
        numbers = model_input.set_axis(schema.names, axis=1)
        return conform(numbers, schema).frame.to_numpy(np.float64)


def _unpacked(library: str) -> str:
    """The folder of an unpacked library, removed when the process ends."""
    folder = tempfile.mkdtemp(prefix="greenlightning-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with ZipFile(library) as archive:
        archive.extractall(folder)
    return folder


mlflow.models.set_model(ServedModel())
