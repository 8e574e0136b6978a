"""What can be foreseen is refused before Prefect, MLflow or PyTorch is imported: one line, the documented code."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tasks.core.workspace import Workspace
from tasks.data.batch_index import batches
from tasks.data.late_labels import hold
from tasks.data.reading import ReadOptions
from tests.helpers.digits import COLUMNS, DIGITS, moved

UNKNOWN, HELD, GONE = "0123456789abcdef", "a" * 16, "b" * 16
BASE = "{base}"
WHY = ("--reason", "a test")
SITE = ("federate", "-d", DIGITS, "--site")

CASES: dict[str, tuple[tuple[str, ...], int, str]] = {
    "ingest: no file": (("ingest", "nowhere.csv", "-d", DIGITS), 3, "nowhere.csv does not exist"),
    "ingest: name of dataset": (("ingest", "plain.csv", "-d", "A b"), 3, "dataset name 'A b' is not allowed"),
    "ingest: no label": (("ingest", "plain.csv", "-d", "other"), 3, "plain.csv has no label column 'label'"),
    "ingest: unknown column": (("ingest", "some.csv", "-d", "other", "--ignore", "z"), 3, "has no column 'z'"),
    "ingest: no time column": (("ingest", "some.csv", "-d", "other", "--time", "z"), 3, "no time column 'z'"),
    "ingest: missing column": (("ingest", "some.csv", "-d", DIGITS), 3, "some.csv lacks columns 'pixel_0'"),
    "ingest: encoding": (("ingest", "some.csv", "-d", "o", "--encoding", "utf-99"), 3, "no encoding 'utf-99'"),
    "ingest: separator": (("ingest", "some.csv", "-d", "o", "--separator", "ab"), 3, "'ab' cannot separate cells"),
    "ingest: broken schema": (
        ("ingest", "some.csv", "-d", "broken"),
        3,
        "broken.yaml cannot be read: column 'pixel_0' has",
    ),
    "ingest: has labels": (("ingest", "some.csv", "-d", "o", "--unlabelled"), 3, "some.csv has labels already"),
    "ingest: unlabelled, no file": (("ingest", "no.csv", "-d", "o", "--unlabelled"), 3, "no.csv does not exist"),
    "label: no file": (("label", "no.csv", "-d", DIGITS, "--id", "order"), 3, "no.csv does not exist"),
    "label: wrong id": (
        ("label", "labels.csv", "-d", DIGITS, "--id", "trip"),
        3,
        "waiting file has a column 'trip'",
    ),
    "label: id not in labels": (
        ("label", "some.csv", "-d", DIGITS, "--id", "order"),
        3,
        "some.csv has no column 'o",
    ),
    "label: nothing waits": (("label", "labels.csv", "-d", "broken", "--id", "order"), 3, "broken.yaml"),
    "label: no id matches": (
        ("label", "others.csv", "-d", DIGITS, "--id", "order"),
        3,
        "No waiting row has the order",
    ),
    "train: no data": (("train", "-d", "new"), 3, "Dataset 'new' has no batch to train on"),
    "train: broken schema": (("train", "-d", "broken"), 3, "'bolean'"),
    "train: label": (("train", "-d", "mislabelled"), 3, "mislabelled.yaml names the label 'lable'"),
    "retrain: label": (("retrain", "-d", "mislabelled"), 5, "no champion yet"),
    "schema: label in the file": (("schema", "-d", "mislabelled"), 3, "mislabelled.yaml names the label 'lable'"),
    "schema: label": (("schema", "-d", DIGITS, "--label", "lable"), 3, f"{DIGITS}.yaml names the label 'lable'"),
    "train: unknown batch": (("train", "-d", DIGITS, "--batch", UNKNOWN), 5, f"has no batch {UNKNOWN}"),
    "train: no batch id": (("train", "-d", DIGITS, "--batch", "../x"), 3, "'../x' is not a batch id"),
    "train: epochs": (("train", "-d", DIGITS, "--max-epochs", "9999"), 3, "max_epochs: Input should be less"),
    "train: device": (("train", "-d", DIGITS, "--device", "tpu"), 3, "Parameter device: String should match"),
    "train: keep": (("train", "-d", DIGITS, "--keep", "some"), 3, "'some'"),
    "train: threshold": (("train", "-d", DIGITS, "--threshold", "2"), 3, "threshold"),
    "train: score": (
        ("train", "-d", DIGITS, "--metric", "rmse"),
        3,
        "RMSE is a score of regression, and the task",
    ),
    "train: weights": (("train", "-d", DIGITS, "--class-weight", "x=2"), 3, "The class weights name 'x'"),
    "retrain: score": (("retrain", "-d", DIGITS, "--metric", "mae"), 3, "MAE is a score of regression"),
    "retrain: costs": (("retrain", "-d", DIGITS, "--cost", "1:x=2"), 3, "The costs name 'x', which is no class"),
    "retrain: threshold": (("retrain", "-d", DIGITS, "--threshold", "0.3"), 3, "A threshold for 10 classes"),
    "learn: score": (("learn", "some.csv", "-d", "new", "--metric", "mae"), 3, "MAE is a score of regression"),
    "learn: costs": (
        ("learn", "some.csv", "-d", "new", "--cost", "x:z=2"),
        3,
        "The costs name 'z', which is no class",
    ),
    "learn: regression": (
        ("learn", "orders.csv", "-d", "new", "--label", "a", "--task", "regression", "--threshold", "0.3"),
        3,
        "A regression has no decision threshold",
    ),
    "train: cost": (("train", "-d", DIGITS, "--cost", "a"), 3, "--cost a gives no cost"),
    "retrain: no champion": (
        ("retrain", "-d", "new"),
        5,
        "Dataset 'new' has no champion yet. Run: greenlightning",
    ),
    "retrain: name": (("retrain", "-d", "../x"), 3, "dataset name '../x' is not allowed"),
    "retrain: unknown batch": (("retrain", "-d", DIGITS, "--batch", UNKNOWN), 5, f"has no batch {UNKNOWN}"),
    "retrain: from": (("retrain", "-d", DIGITS, "--from", "tomorrow"), 3, "'tomorrow' is neither a date"),
    "retrain: window": (("retrain", "-d", DIGITS, "--from", "2026-02-02", "--to", "2026-02-01"), 3, "is empty"),
    "retrain: when": (("retrain", "-d", DIGITS, "--when", "soon"), 3, "'soon'"),
    "retrain: latest start": (("retrain", "-d", DIGITS, "--latest-start", "later"), 3, "latest_start"),
    "retrain: jitter": (("retrain", "-d", DIGITS, "--jitter", "PT999999H"), 3, "jitter is not a duration"),
    "retrain: carbon": (("retrain", "-d", DIGITS, "--carbon-source", "moon:x"), 3, "moon:x"),
    "retrain: margin": (("retrain", "-d", DIGITS, "--margin", "1"), 3, "margin: Input should be less than 1"),
    "forget: no batch id": (("forget", "../../etc/passwd", "-d", DIGITS), 3, "is not a batch id"),
    "forget: unknown": (("forget", UNKNOWN, "-d", DIGITS), 5, f"has no batch {UNKNOWN}"),
    "forget: the only one": (("forget", BASE, "-d", DIGITS), 3, "No batch would be left in the model"),
    "forget: no champion": (("forget", BASE, "-d", "broken"), 5, "Dataset 'broken' has no champion yet"),
    "federate: no file": ((*SITE, "north"), 3, "--site north names no file"),
    "federate: file absent": ((*SITE, "north=x.csv"), 3, "x.csv does not exist"),
    "federate: another table": ((*SITE, "north=some.csv"), 3, "some.csv lacks columns 'pixel_0'"),
    "federate: name": ((*SITE, "../n=some.csv"), 3, "site name '../n' is not allowed"),
    "federate: no champion": (("federate", "-d", "new", "--site", "n=some.csv"), 5, "'new' has no champion yet"),
    "publish: no champion": (("federation", "publish", "-d", "new", "--out", "x"), 5, "'new' has no champion yet"),
    "contribute: no publication": (
        ("federation", "contribute", "some.csv", "--publication", "x", "--site", "n", "--out", "y"),
        3,
        "x is no publication: it has no message.json",
    ),
    "contribute: scheduler alone": (
        ("federation", "contribute", "x", "--publication", "x", "--site", "n", "--out", "y", "--scheduler", "z"),
        3,
        "--scheduler is for --runner dask",
    ),
    "profile: no label": (
        ("federation", "profile", "some.csv", "--site", "n", "--out", "y", "--label", "target"),
        3,
        "no label column 'target'",
    ),
    "agree: no profile": (("federation", "agree", "x", "-d", "new"), 3, "x is no profile: it has no message.json"),
    "combine: no contribution": (("federation", "combine", "x", "-d", DIGITS), 3, "x is no contribution"),
    "leave: no reason": (("federation", "leave", "n", "x", "-d", DIGITS, "--reason", " "), 3, "needs a reason"),
    "schema: none": (("schema", "-d", "new"), 5, "Dataset 'new' has no schema yet"),
    "schema: unknown column": (("schema", "-d", DIGITS, "--ignore", "z"), 3, "has no column 'z'"),
    "schema: broken": (("schema", "-d", "broken"), 3, "broken.yaml cannot be read: column 'pixel_0' has the unk"),
    "quarantine list: dataset": (("quarantine", "list", "-d", "new"), 5, "The workspace has no dataset 'new'"),
    "quarantine show: unknown": (("quarantine", "show", UNKNOWN, "-d", DIGITS), 5, "is not in quarantine"),
    "quarantine show: no id": (("quarantine", "show", "../x", "-d", DIGITS), 3, "'../x' is not a batch id"),
    "quarantine accept: unknown": (
        ("quarantine", "accept", UNKNOWN, "-d", DIGITS, *WHY),
        5,
        "is not in quarantine",
    ),
    "quarantine accept: gone": (
        ("quarantine", "accept", GONE, "-d", DIGITS, *WHY),
        3,
        "was discarded by ann on 2026",
    ),
    "quarantine accept: why": (("quarantine", "accept", HELD, "-d", DIGITS, "--reason", " "), 3, "needs a reason"),
    "quarantine discard: twice": (("quarantine", "discard", GONE, "-d", DIGITS, *WHY), 3, "was discarded by ann"),
    "expectations: no champion": (("expectations", "show", "-d", "broken"), 5, "'broken' has no champion yet"),
    "relearn: unknown batch": (
        ("expectations", "relearn", "-d", DIGITS, "--from", UNKNOWN, *WHY),
        5,
        "has no batch",
    ),
    "promote: unknown": (("promote", "9", "-d", DIGITS, *WHY), 5, "Dataset 'digits' has no version 9"),
    "promote: serves": (("promote", "1", "-d", DIGITS, *WHY), 3, "digits version 1 is serving already"),
    "promote: no reason": (("promote", "1", "-d", DIGITS, "--reason", ""), 3, "A decision needs a reason"),
    "rollback: no champion": (("rollback", "-d", "new", *WHY), 5, "Dataset 'new' has no champion yet"),
    "rollback: unknown": (("rollback", "-d", DIGITS, "--to", "9", *WHY), 5, "Dataset 'digits' has no version 9"),
    "rollback: nothing before": (("rollback", "-d", DIGITS, *WHY), 5, "Nothing was served for 'digits' before"),
    "pin: unknown": (("pin", "9", "-d", DIGITS, *WHY), 5, "Dataset 'digits' has no version 9"),
    "unpin: not pinned": (("unpin", "1", "-d", DIGITS), 3, "digits version 1 is not pinned"),
    "compare: unknown": (("compare", "1", "9", "-d", DIGITS), 5, "Dataset 'digits' has no version 9"),
    "compare: no version": (("compare", "newest", "1", "-d", DIGITS), 3, "'newest' names no version"),
    "compare: dataset": (("compare", "1", "2", "-d", "new"), 5, "The workspace has no dataset 'new'"),
    "report: dataset": (("report", "-d", "new"), 5, "The workspace has no dataset 'new'"),
    "report: output": (("report", "-d", DIGITS, "--output", "."), 3, "is a folder"),
    "lineage: no reference": (("lineage", "../x", "-d", DIGITS), 3, "'../x' names no version or batch"),
    "lineage: unknown": (("lineage", "77", "-d", DIGITS), 5, "Dataset 'digits' has no version 77"),
    "lineage: options": (("lineage", "-d", DIGITS, "--dot", "--html"), 3, "cannot be combined"),
    "reproduce: unknown": (("reproduce", "9", "-d", DIGITS), 5, "Dataset 'digits' has no version 9"),
    "reproduce: file": (("reproduce", "1", "-d", DIGITS, "--site-file", "no.csv"), 3, "no.csv does not exist"),
    "maintenance: dataset": (("maintenance", "-d", "new"), 5, "The workspace has no dataset 'new'"),
    "predict: no file": (("predict", "no.csv", "-d", DIGITS), 3, "no.csv does not exist"),
    "predict: no champion": (("predict", "some.csv", "-d", "new"), 5, "Dataset 'new' has no champion yet"),
    "predict: version": (("predict", "some.csv", "-d", DIGITS, "--version", "9"), 5, "has no version 9"),
    "predict: at": (("predict", "some.csv", "-d", DIGITS, "--at", "noon"), 3, "'noon' is neither a date"),
    "predict: future": (("predict", "some.csv", "-d", DIGITS, "--at", "2999-01-01"), 3, "is in the future"),
    "predict: target": (("predict", "some.csv", "-d", DIGITS, "--out", "p.txt"), 3, "p.txt names no format"),
    "predict: format": (("predict", "page.csv", "-d", DIGITS), 3, "page.csv is a page of HTML"),
    "serve: no champion": (("serve", "-d", "new"), 5, "Dataset 'new' has no champion yet"),
    "which: at": (("which", "--at", "noon", "-d", DIGITS), 3, "'noon' is neither a date"),
    "which: dataset": (("which", "-d", "new"), 5, "The workspace has no dataset 'new'"),
    "demo: unknown": (("demo", "-d", "cats"), 3, "There is no demo on 'cats'"),
}

RUN_ALL = """\
import contextlib, io, json, sys, flows.cli
answers = {}
for name, arguments in json.load(sys.stdin).items():
    sys.argv = ["greenlightning", *arguments]
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            flows.cli.main()
        except SystemExit as exited:
            code = exited.code
    heavy = sorted({"prefect", "mlflow", "torch"} & {*sys.modules})
    answers[name] = [code, out.getvalue(), err.getvalue(), heavy]
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def answers(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each command answers, all in one process, in a workspace with a champion and much that is broken."""
    home, files = tmp_path_factory.mktemp("foreseen"), tmp_path_factory.mktemp("files")
    moved(trained, home)
    tables = {"plain": "a,b\n1,2", "some": "a,label\n1,x\n2,y", "labels": "order,label\n1,x", "page": "<html>"}
    for name, text in (tables | {"others": "order,label\n8,x", "orders": "order,a\n1,2"}).items():
        (files / f"{name}.csv").write_text(text + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GREENLIGHTNING_HOME", str(home))
        base = batches(DIGITS)[0].id
        hold(files / "orders.csv", DIGITS, ReadOptions())
        data = Workspace.current().root / "data"
    shutil.copytree(data / "batches" / DIGITS, data / "batches" / "broken")
    columns = "".join(f"- {{name: {name}, kind: bolean}}\n" for name in COLUMNS)
    shutil.copytree(data / "batches" / DIGITS, data / "batches" / "mislabelled")
    right = (data / "schemas" / f"{DIGITS}.yaml").read_text()
    (data / "schemas" / "mislabelled.yaml").write_text(right.replace("\nlabel: label", "\nlabel: lable"))
    (data / "schemas" / "broken.yaml").write_text(f"task: classification\nlabel: label\ncolumns:\n{columns}")
    for batch in (HELD, GONE):
        folder = data / "quarantine" / DIGITS / batch
        folder.mkdir(parents=True)
        about = {
            "dataset": DIGITS,
            "id": batch,
            "rows": 1,
            "source": "s.csv",
            "landed_at": "2026-11-29T12:00:00+00:00",
        }
        (folder / "reason.json").write_text(
            json.dumps(about | {"failures": ["x"], "quarantined_at": "2026-11-29"})
        )
    decision = {"decision": "discarded", "by": "ann", "at": "2026-11-29", "reason": "a test"}
    (folder / "decision.json").write_text(json.dumps(decision))
    asked = {name: [base if word == BASE else word for word in case[0]] for name, case in CASES.items()}
    done = subprocess.run(
        [sys.executable, "-c", RUN_ALL],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
        cwd=files,
        env=os.environ | {"GREENLIGHTNING_HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("case", CASES)
def test_it_is_refused_in_one_line_before_anything_heavy_is_imported(case: str, answers: dict[str, Any]) -> None:
    _, expected, cause = CASES[case]
    code, out, err, heavy = answers[case]
    lines = [line for line in err.splitlines() if line.strip()]
    assert (code, out, len(lines)) == (expected, "", 1), err
    assert lines[0].startswith("error ") and lines[0].endswith(".") and cause in lines[0]
    assert heavy == []
