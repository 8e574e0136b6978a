"""The registry: a version is whole and findable, and the champion is never torn."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from greenlightning.data.batch import Batch
from greenlightning.errors import InputError, IntegrityError, NothingServedError
from greenlightning.model import GreenLightningModel
from tasks.core.constants import Alias, Kind, Tag
from tasks.models import registry
from tasks.models.logged_models import LEDGER_FILE, attach_structure, log_structure
from tasks.tracking.client import connect
from tasks.tracking.runs import flow_run
from tests.helpers.versions import register_version
from tests.helpers.waiting import LIMIT, cpu_seconds, family, wait_for

pytestmark = pytest.mark.usefixtures("mlflow_home")


def register(model: GreenLightningModel, folder: Path, features: tuple[str, ...] = (), **tags: str) -> int:
    with flow_run("digits", Kind.RETRAIN) as run_id:
        return register_version(model, folder, run_id, tags, description="a tiny model", features=features)


def bare_versions(count: int) -> None:
    """Versions without files: enough for what only moves aliases."""
    client = connect()
    client.create_registered_model("digits")
    for _ in range(count):
        client.create_model_version("digits", "file:///nowhere")


def aliases() -> dict[str, int]:
    found = connect().get_registered_model("digits").aliases
    return {name: int(number) for name, number in found.items()}


def found(condition: str) -> list[int]:
    return [int(entry.version) for entry in connect().search_model_versions(condition)]


def files_of(version: int) -> Path:
    where = connect().get_model_version_download_uri("digits", str(version))
    return Path(urllib.request.url2pathname(where.removeprefix("file://")))


def test_a_version_carries_its_lineage_and_every_batch_finds_it(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    model = tiny_model.learn(batches[1], md5="1" * 32, site="north")
    number = register(model, tmp_path / "model", parent_version="7", reason="better")
    info = registry.version("digits", number)
    assert info.batches == {batches[0].id: "0" * 32, batches[1].id: "1" * 32}
    assert info.tags[Tag.STRUCTURE_DIGEST] == model.structure.digest
    assert info.tags[Tag.RECIPE_DIGEST] == model.paths.digest
    assert info.tags[Tag.STATISTICS_DIGEST] == model.statistics.digest
    assert (info.tags[Tag.ROWS], info.tags[Tag.BATCHES], info.tags[Tag.ALPHA]) == ("60", "2", "1.0")
    assert (info.parent, info.tags[Tag.REASON], info.tags[Tag.KIND]) == (7, "better", "retrain")
    assert (info.description, info.aliases, Tag.GIT_COMMIT in info.tags) == ("a tiny model", (), True)
    assert found(f"tags.`batch.{batches[1].id}` LIKE '%'") == [number]
    assert found(f"tags.`batch.{batches[1].id}` = '{'1' * 32}'") == [number]
    assert found(f"tags.`batch.{batches[2].id}` LIKE '%'") == []


def test_the_ledger_lies_beside_the_model_and_nothing_is_pickled(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    files = files_of(register(tiny_model, tmp_path / "model"))
    ledger = json.loads((files / LEDGER_FILE).read_text())
    assert ledger["entries"] == {batches[0].id: {"rows": 30, "md5": "0" * 32, "site": None}}
    kinds = {path.suffix for path in files.rglob("*") if path.is_file()}
    assert kinds == {"", ".py", ".json", ".safetensors", ".txt", ".yaml"}
    requirements = (files / "requirements.txt").read_text().split()
    assert {"torch==2.13.0", f"numpy=={np.__version__}"} <= set(requirements)


def test_a_version_loads_as_the_very_model_that_was_registered(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    number = register(tiny_model, tmp_path / "model")
    shutil.rmtree(tmp_path / "model")
    assert registry.promote.fn("digits", number, None)
    loaded = registry.load("digits")
    assert loaded.statistics.digest == tiny_model.statistics.digest
    assert np.array_equal(loaded.decision_function(batches[2].X), tiny_model.decision_function(batches[2].X))


def test_pyfunc_serves_arrays_and_frames_labels_and_probabilities(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    import mlflow.pyfunc

    registry.promote.fn("digits", register(tiny_model, tmp_path / "model"), None)
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

    number = register(tiny_model, tmp_path / "model", tuple("abcd"))
    served = mlflow.pyfunc.load_model(f"models:/digits/{number}")
    shuffled = pd.DataFrame(batches[2].X, columns=list("abcd"))[list("dbca")]
    assert np.array_equal(served.predict(shuffled), tiny_model.predict(batches[2].X))
    with pytest.raises(Exception, match="missing inputs"):
        served.predict(shuffled[["a", "b", "c"]])


@pytest.mark.parametrize("harm", ["gone", "torn", "exchanged"])
def test_files_that_are_not_those_registered_do_not_load(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path, harm: str
) -> None:
    number = register(tiny_model, tmp_path / "model")
    files = files_of(number) / "artifacts" / "model"
    if harm == "gone":
        shutil.rmtree(files)
    elif harm == "torn":
        (files / "coefficients.safetensors").write_bytes(b"torn")
    else:
        tiny_model.learn(batches[1]).save(files)
    with pytest.raises(IntegrityError):
        registry.load("digits", number)


def test_what_does_not_exist_is_none_or_named() -> None:
    assert registry.champion("digits") is None
    assert registry.versions("digits") == []
    with pytest.raises(NothingServedError, match="'digits' has no champion"):
        registry.load("digits")
    bare_versions(1)
    assert registry.champion("digits") is None
    with pytest.raises(NothingServedError, match="has no version 9"):
        registry.promote.fn("digits", 9, None)
    with pytest.raises(NothingServedError, match="has no champion"):
        registry.rollback.fn("digits")


def test_promotion_names_the_champion_the_previous_and_no_challenger() -> None:
    bare_versions(2)
    assert registry.promote.fn("digits", 1, None)
    registry.set_challenger.fn("digits", 2)
    assert aliases() == {"champion": 1, "challenger": 2}
    assert registry.promote.fn("digits", 2, 1, "0.91 against 0.90")
    assert aliases() == {"champion": 2, "previous": 1}
    champion = registry.champion("digits")
    assert champion and champion.tags[Tag.PROMOTION_REASON] == "0.91 against 0.90"
    assert champion.tags[Tag.REPLACED] == "1"
    assert Tag.PROMOTED_AT in champion.tags
    assert [info.version for info in registry.versions("digits")] == [2, 1]
    assert [info.aliases for info in registry.versions("digits")] == [("champion",), ("previous",)]


@pytest.mark.parametrize(
    ("serving", "expected", "moved"),
    [(None, None, True), (None, 1, False), (1, None, False), (1, 1, True), (1, 2, False), (3, None, True)],
)
def test_promotion_lands_only_on_the_champion_it_was_compared_with(
    serving: int | None, expected: int | None, moved: bool
) -> None:
    bare_versions(3)
    if serving:
        connect().set_registered_model_alias("digits", Alias.CHAMPION, str(serving))
    assert registry.promote.fn("digits", 3, expected) is moved
    champion = registry.champion("digits")
    assert (champion.version if champion else None) == (3 if moved else serving)


def test_of_two_promotions_at_once_exactly_one_lands() -> None:
    bare_versions(3)
    registry.promote.fn("digits", 1, None)
    with ThreadPoolExecutor(2) as pool:
        landed = list(pool.map(lambda number: registry.promote.fn("digits", number, 1), (2, 3)))
    assert sorted(landed) == [False, True]
    assert aliases() == {"champion": (2, 3)[landed.index(True)], "previous": 1}


@contextmanager
def killed_at(step: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Die in the ``step``-th change that a client makes to the registry or its models."""
    from mlflow import MlflowClient

    done: list[str] = []
    changes = [
        name for name in vars(MlflowClient) if name.startswith(("create_", "set_", "delete_", "log_", "finalize_"))
    ]

    def wrap(name: str) -> Any:
        real = getattr(MlflowClient, name)

        def change(*args: Any, **kwargs: Any) -> Any:
            if len(done) == step:
                raise KeyboardInterrupt
            done.append(name)
            return real(*args, **kwargs)

        return change

    with monkeypatch.context() as patch:
        for name in changes:
            patch.setattr(MlflowClient, name, wrap(name))
        yield done


def test_a_kill_at_any_step_of_a_promotion_leaves_a_champion_and_a_way_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bare_versions(3)
    registry.promote.fn("digits", 1, None)
    registry.promote.fn("digits", 2, 1)
    for step in range(20):
        with killed_at(step, monkeypatch) as done:
            try:
                registry.promote.fn("digits", 3, 2)
                break
            except KeyboardInterrupt:
                pass
        assert aliases()["champion"] == 2
        assert registry.before(registry.version("digits", Alias.CHAMPION)) == 1
    assert done[-1] == "set_registered_model_alias"
    assert aliases() == {"champion": 3, "previous": 2}


def test_a_kill_at_any_step_of_a_registration_leaves_no_version_and_the_champion_serving(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.promote.fn("digits", register(tiny_model, tmp_path / "first"), None)
    following = tiny_model.learn(batches[1])
    with flow_run("digits", Kind.RETRAIN) as run_id:
        for step in range(20):
            with killed_at(step, monkeypatch) as done:
                try:
                    register_version(following, tmp_path / "next", run_id)
                    break
                except KeyboardInterrupt:
                    pass
            if "create_model_version" not in done:
                assert len(registry.versions("digits")) == 1
            assert registry.load("digits").statistics.digest == tiny_model.statistics.digest
    assert done[-2:] == ["create_model_version", "set_logged_model_tags"]


def test_rollback_serves_the_previous_champion_and_back_again_and_says_so() -> None:
    bare_versions(3)
    registry.promote.fn("digits", 1, None)
    with pytest.raises(NothingServedError, match="before"):
        registry.rollback.fn("digits")
    registry.promote.fn("digits", 2, 1)
    registry.promote.fn("digits", 3, 2)
    assert registry.rollback.fn("digits", reason="complaints") == 2
    assert aliases() == {"champion": 2, "previous": 3}
    tags = registry.version("digits", 2).tags
    assert (tags[Tag.ROLLED_BACK_FROM], tags[Tag.PROMOTION_REASON]) == ("3", "complaints")
    assert registry.rollback.fn("digits") == 3
    assert registry.rollback.fn("digits", to=1) == 1
    assert aliases() == {"champion": 1, "previous": 3}
    with pytest.raises(InputError, match="serving already"):
        registry.rollback.fn("digits", to=1)


def test_a_structure_is_logged_once_and_attached_to_each_run(
    tiny_model: GreenLightningModel, tmp_path: Path
) -> None:
    tiny_model.structure.save(tmp_path / "structure")
    with flow_run("digits", Kind.TRAIN) as first:
        model_id = log_structure.fn(first, tmp_path / "structure")
    with flow_run("digits", Kind.TRAIN) as again:
        assert log_structure.fn(again, tmp_path / "structure") == model_id
    with flow_run("digits", Kind.RETRAIN) as second:
        assert attach_structure.fn(second, tiny_model.structure.digest) == model_id
        with pytest.raises(NothingServedError, match="No structure"):
            attach_structure.fn(second, "f" * 64)
    client = connect()
    outputs, inputs = client.get_run(first).outputs, client.get_run(second).inputs
    assert outputs and [made.model_id for made in outputs.model_outputs] == [model_id]
    assert inputs and [used.model_id for used in inputs.model_inputs] == [model_id]
    assert {path.path for path in client.list_logged_model_artifacts(model_id)} == {
        "structure.json",
        "structure.safetensors",
    }


def test_a_version_answers_over_http(
    home: Path, tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    number = register(tiny_model, tmp_path / "model", tuple("abcd"))
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
