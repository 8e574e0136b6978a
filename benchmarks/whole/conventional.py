"""A conventional pipeline with the same tools: Prefect, MLflow, DVC, Great Expectations, a network from scratch.

``python -m benchmarks.whole.conventional HOME HOLDOUT NEW FILE…`` brings the file NEW in, validates it, trains on
it and on every earlier FILE, and promotes the network unless it scores worse. With ``--warm`` all is imported
first, and a fork does the work and is measured alone, as the warm runner does with ours.
"""

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

os.environ |= {"DO_NOT_TRACK": "true", "MLFLOW_DISABLE_TELEMETRY": "true", "PREFECT_LOGGING_LEVEL": "CRITICAL"}

import great_expectations as gx
import great_expectations.expectations as gxe
import mlflow.sklearn
import pandas as pd
from dvc.repo import Repo
from prefect import flow, task
from sklearn.metrics import accuracy_score

from benchmarks.whole.process_tree import Cost, servers_seconds
from greenlightning.evaluation.conventional_network import ConventionalNetwork

LABEL, MODEL, SIZES = "label", "network", (256, 256)
REQUIREMENTS = ["scikit-learn", "torch"]


@task(persist_result=False)
def version(home: Path, file: Path) -> None:
    """Add the file to DVC and push it to a local remote."""
    if not (home / ".dvc").exists():
        Repo.init(str(home), no_scm=True)
    with Repo(str(home)) as repo:
        with repo.config.edit() as config:
            config["remote"] = {"store": {"url": str(home / "store")}}
            config["core"] |= {"remote": "store", "analytics": False}
        copy = home / file.name
        copy.write_bytes(file.read_bytes())
        repo.add([str(copy)])
        repo.push()


@task(persist_result=False)
def validate(frame: pd.DataFrame, classes: list[Any]) -> None:
    """Columns, missing values, labels and the range of all inputs."""
    context = gx.get_context(mode="ephemeral")
    inputs = frame.drop(columns=LABEL)
    rows = pd.DataFrame({"low": inputs.min(axis=1), "high": inputs.max(axis=1), LABEL: frame[LABEL]})
    expected = [
        gxe.ExpectColumnValuesToNotBeNull(column="low"),
        gxe.ExpectColumnValuesToNotBeNull(column=LABEL),
        gxe.ExpectColumnValuesToBeInSet(column=LABEL, value_set=classes),
        gxe.ExpectColumnValuesToBeBetween(column="low", min_value=float(inputs.min().min())),
        gxe.ExpectColumnValuesToBeBetween(column="high", max_value=float(inputs.max().max())),
    ]
    batch = context.data_sources.add_pandas("p").add_dataframe_asset("a").add_batch_definition_whole_dataframe("b")
    suite = context.suites.add(gx.ExpectationSuite(name="door", expectations=expected))
    assert batch.get_batch({"dataframe": rows}).validate(suite).success


@task(persist_result=False)
def train(frame: pd.DataFrame) -> ConventionalNetwork:
    """A network from scratch on all rows."""
    return ConventionalNetwork(SIZES).fit(frame.drop(columns=LABEL).to_numpy(), frame[LABEL].to_numpy())


@task(persist_result=False)
def publish(network: ConventionalNetwork, held: pd.DataFrame) -> None:
    """Log, register, and promote unless it scores worse than the champion."""
    client = mlflow.MlflowClient()
    with mlflow.start_run() as run:
        score = accuracy_score(held[LABEL], network.predict(held.drop(columns=LABEL).to_numpy()))
        mlflow.log_params(network.get_params())
        mlflow.log_metric("accuracy", score)
        made = mlflow.sklearn.log_model(
            network,
            name=MODEL,
            registered_model_name=MODEL,
            pip_requirements=REQUIREMENTS,
            serialization_format="cloudpickle",
        )
    try:
        before = client.get_run(str(client.get_model_version_by_alias(MODEL, "champion").run_id))
        worse = score < before.data.metrics["accuracy"] - 0.01
    except mlflow.MlflowException:
        worse = False
    if not worse:
        client.set_registered_model_alias(MODEL, "champion", str(made.registered_model_version))
    assert run.info.run_id


@flow(persist_result=False)
def pipeline(home: str, held: str, new: str, earlier: list[str]) -> None:
    """From a file to the champion, with every row that was ever learnt."""
    version(Path(home), Path(new))
    frame, known = pd.read_parquet(new), [pd.read_parquet(file) for file in earlier]
    validate(frame, sorted(known[0][LABEL].unique().tolist()))
    publish(train(pd.concat([*known, frame])), pd.read_parquet(held))


def run(given: argparse.Namespace) -> None:
    """Run the pipeline in this process."""
    given.home.mkdir(parents=True, exist_ok=True)
    mlflow.set_tracking_uri(f"sqlite:///{given.home}/mlflow.db")
    if mlflow.get_experiment_by_name(MODEL) is None:
        mlflow.create_experiment(MODEL, (given.home / "artifacts").as_uri())
    mlflow.set_experiment(MODEL)
    pipeline(str(given.home), str(given.held), str(given.new), [str(file) for file in given.earlier])


def run_in_fork(given: argparse.Namespace) -> Cost:
    """The cost of the pipeline in a fork of this process, and of the servers of the workspace ``servers``."""
    servers, start = servers_seconds(given.servers), time.perf_counter()
    child = os.fork()
    if child == 0:
        try:
            run(given)
        except BaseException:
            os._exit(1)
        os._exit(0)
    _, status, usage = os.wait4(child, 0)
    if status:
        raise RuntimeError("the conventional pipeline failed")
    seconds = time.perf_counter() - start
    return Cost(seconds, usage.ru_utime + usage.ru_stime, servers_seconds(given.servers) - servers)


def main() -> None:
    """Run what the command line asks for; with --warm, print the cost as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path)
    parser.add_argument("held", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("earlier", type=Path, nargs="+")
    parser.add_argument("--warm", action="store_true")
    parser.add_argument("--servers", type=Path, default=Path("/nowhere"))
    given = parser.parse_args()
    if given.warm:
        print(json.dumps(vars(run_in_fork(given))))
    else:
        run(given)


if __name__ == "__main__":
    main()
