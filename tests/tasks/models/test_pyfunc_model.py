"""MLflow serves a version, in process or over HTTP: labels and probabilities, columns by position or name."""

import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import urllib.request
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException

from greenlightning.data.batch import Batch
from greenlightning.data.targets import RealTargets
from greenlightning.model import GreenLightningModel
from tasks.models import champion, logged_models
from tasks.tracking.client import connect
from tests.helpers.small import messy_model, messy_rows, small_recipe
from tests.helpers.versions import register_in_a_run
from tests.helpers.waiting import LIMIT, cpu_seconds, family, wait_for

pytestmark = [pytest.mark.usefixtures("mlflow_home"), pytest.mark.slow]


def test_mlflow_takes_the_type_hint_of_predict_without_a_warning() -> None:
    importlib.import_module("mlflow.pyfunc")  # it warns of classes of its own when it is imported

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        runpy.run_path(str(Path(logged_models.__file__).with_name("pyfunc_model.py")))


def test_pyfunc_serves_arrays_and_frames_labels_and_probabilities(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    import mlflow.pyfunc

    champion.promote.fn("digits", register_in_a_run(tiny_model, tmp_path / "model"), None)
    served = mlflow.pyfunc.load_model("models:/digits@champion")
    X = batches[2].X
    assert np.array_equal(served.predict(X), tiny_model.predict(X))
    assert np.array_equal(served.predict(pd.DataFrame(X, columns=list("abcd"))), tiny_model.predict(X))
    probabilities = served.predict(X, params={"proba": True})
    assert list(probabilities.columns) == ["0", "1", "2"]
    assert np.array_equal(probabilities, tiny_model.predict_proba(X))
    with pytest.raises(Exception, match="shape"):
        served.predict(X[:, :3])


def test_named_features_are_served_by_name_in_any_order(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    import mlflow.pyfunc

    number = register_in_a_run(tiny_model, tmp_path / "model", *"abcd")
    served = mlflow.pyfunc.load_model(f"models:/digits/{number}")
    shuffled = pd.DataFrame(batches[2].X, columns=list("abcd"))[list("dbca")]
    assert np.array_equal(served.predict(shuffled), tiny_model.predict(batches[2].X))
    with pytest.raises(Exception, match="missing inputs"):
        served.predict(shuffled[["a", "b", "c"]])


def test_integers_text_and_extra_columns_are_taken(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    import mlflow.pyfunc

    number = register_in_a_run(tiny_model, tmp_path / "model", *"abcd")
    served = mlflow.pyfunc.load_model(f"models:/digits/{number}")
    whole = pd.DataFrame(np.rint(batches[2].X).astype(int), columns=list("abcd"))
    expected = tiny_model.predict(whole.to_numpy(float))
    assert np.array_equal(served.predict(whole), expected)
    assert np.array_equal(served.predict(whole.astype(str).assign(colour="red")), expected)
    with pytest.raises(MlflowException, match="Row 2, column 'b' of the table holds 'many'"):
        served.predict(whole[:2].assign(b=["1", "many"]))


def test_a_table_with_text_gaps_dates_and_booleans_is_served(tmp_path: Path) -> None:
    """As pandas, and as JSON gives it: null where a cell is missing, dates as text."""
    import mlflow.pyfunc

    model, frame = messy_model(), messy_rows(12)
    number = register_in_a_run(model, tmp_path / "model")
    served = mlflow.pyfunc.load_model(f"models:/digits/{number}")
    expected = model.predict(model.encode(frame))
    assert served.metadata.get_input_schema().input_names() == ["size", "city", "open", "since"]
    assert served.predict(frame[["since", "id", "open", "city", "size"]]).tolist() == expected.tolist()
    records = json.loads(frame.to_json(orient="records", date_format="iso"))
    assert served.predict(pd.DataFrame(records)).tolist() == expected.tolist()
    assert served.predict(frame.astype({"city": "category"})).tolist() == expected.tolist()


def test_a_regression_answers_with_numbers_and_has_no_probabilities(tmp_path: Path) -> None:
    import mlflow.pyfunc

    X, y = np.random.default_rng(0).normal(size=(40, 4)), np.arange(40.0)
    paths = small_recipe("explicit")
    model = GreenLightningModel.empty(paths, 1.0, RealTargets.frozen_on(y)).learn(Batch(X, y))
    served = mlflow.pyfunc.load_model(f"models:/digits/{register_in_a_run(model, tmp_path / 'model', *'abcd')}")
    frame = pd.DataFrame(X, columns=list("abcd"))
    assert np.array_equal(served.predict(frame), model.predict(X)[:, 0])
    with pytest.raises(MlflowException, match="A regression has no probabilities"):
        served.predict(frame, params={"proba": True})


def test_a_version_answers_over_http(
    home: Path, tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    number = register_in_a_run(tiny_model, tmp_path / "model", *"abcd")
    frame = pd.DataFrame(batches[2].X, columns=list("abcd"))
    question = {"dataframe_split": frame.to_dict(orient="split")}
    with served(f"models:/digits/{number}", tmp_path / "server.log") as address:
        labels = post(address, question)["predictions"]
        probabilities = post(address, question | {"params": {"proba": True}})["predictions"]
    assert labels == tiny_model.predict(batches[2].X).tolist()
    assert np.allclose(pd.DataFrame(probabilities), tiny_model.predict_proba(batches[2].X), rtol=0, atol=1e-8)


@contextmanager
def served(model: str, log: Path) -> Iterator[str]:
    """``mlflow models serve`` of ``model`` on a free loopback port, stopped at the end."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--env-manager", "local", "-m", model]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "MLFLOW_TRACKING_URI": connect().tracking_uri, "PATH": path}
    with log.open("w") as output:
        server = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            env=env,
            cwd=log.parent,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(
                lambda: server.poll() is not None or answers(f"{address}/ping"),
                "the scoring server",
                lambda: cpu_seconds(family(server.pid)),
                log.read_text,
            )
            assert server.poll() is None, log.read_text()
            yield address
        finally:
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGTERM)
            server.wait()


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def post(address: str, question: dict[str, Any]) -> Any:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}/invocations", json.dumps(question).encode(), headers)
    with urllib.request.urlopen(request, timeout=LIMIT) as answer:
        return json.load(answer)
