"""How many rows a second a loaded version predicts, from a file to a file.

``python -m benchmarks.measures.predicting``

Protocol: one process; a model of half of digits with the defaults; 100,000 rows of digits, repeated, as Parquet
and as CSV; five rounds of each after one that is not counted. Beside the wall time stands the processor time,
which says less about who else uses the machine. Prints a Markdown table with the median and the range, and
writes ``benchmarks/results/predicting.json``.
"""

import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from sklearn.datasets import load_digits

from benchmarks.core.common import median_and_range
from benchmarks.core.records import RESULTS
from greenlightning import GreenLightningClassifier
from tasks.models.version_info import VersionInfo
from tasks.predictions.predicting import predict_file
from tasks.predictions.predictor import Predictor

ROWS, ROUNDS = 100_000, 5


def main() -> None:
    """Measure, print and write."""
    X, y = load_digits(return_X_y=True, as_frame=True)
    learnt = GreenLightningClassifier(random_state=0).fit(X[: len(X) // 2], y[: len(X) // 2]).model_
    info = VersionInfo("digits", 1, "", "", (), {}, "")
    assert learnt.encoder is not None
    predictor = Predictor(info, learnt, learnt.encoder.schema)
    many = pd.concat([X] * (ROWS // len(X) + 1), ignore_index=True)[:ROWS]
    found: dict[str, dict[str, list[float]]] = {}
    with TemporaryDirectory() as folder:
        many.to_parquet(Path(folder) / "rows.parquet")
        many.to_csv(Path(folder) / "rows.csv", index=False)
        for name in ("rows.parquet", "rows.csv"):
            rounds = [measured(predictor, Path(folder) / name) for _ in range(ROUNDS + 1)][1:]
            found[name] = {
                "rows_per_second": [w for w, _ in rounds],
                "rows_per_cpu_second": [c for _, c in rounds],
            }
    (RESULTS / "predicting.json").write_text(json.dumps(found, indent=1))
    print("| file | rows a second | rows a second of one processor |\n|---|---|---|")
    for name, rates in found.items():
        print(f"| {name} | " + " | ".join(median_and_range(rate, 0) for rate in rates.values()) + " |")


def measured(predictor: Predictor, source: Path) -> tuple[float, float]:
    """Rows a second of wall time and of processor time."""
    wall, cpu = time.perf_counter(), time.process_time()
    predict_file(predictor, source, source.with_name("predictions.csv"))
    return ROWS / (time.perf_counter() - wall), ROWS / (time.process_time() - cpu)


if __name__ == "__main__":
    main()
