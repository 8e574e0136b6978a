"""The code that MLflow serves: copied into every version, it loads safetensors and JSON, never pickle."""

from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.pyfunc.model import PythonModel, PythonModelContext
from numpy.typing import NDArray

Frame = pd.DataFrame | NDArray[Any]


class ServedModel(PythonModel):
    """A GreenLightning model behind MLflow's ``predict``."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load the model from the version's artifacts, digests checked."""
        from greenlightning.model import GreenLightningModel

        self.model = GreenLightningModel.load(Path(context.artifacts["model"]))

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> Frame:
        """Labels (n,) for inputs (n, d); with ``params={"proba": True}`` probabilities, a column a class."""
        inputs = np.asarray(model_input, dtype=np.float64)
        if not (params or {}).get("proba", False):
            return self.model.predict(inputs)
        names = [str(label) for label in self.model.classes]
        return pd.DataFrame(self.model.predict_proba(inputs), columns=names)


mlflow.models.set_model(ServedModel())
