"""The pages of the study from ``benchmarks/results``: ``python -m benchmarks.report.studies.pages``.

What stands between two marks of docs/study/*.md is made again; where a page is not there, it is made with its
question as title.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.core.records import RESULTS, Record, latest, select
from benchmarks.report.page import BEGIN, DOCS, END
from benchmarks.report.studies import (
    budgets,
    keeping_up,
    retraining,
    settling,
    settling_figure,
    transformer,
    weight_decay,
)
from benchmarks.report.tables import table
from benchmarks.study.experiments import EXPERIMENTS

FOLDER = "study"
DPI = 120
TABLES: dict[str, Callable[[list[Record]], str]] = {
    "settling": settling.generated,
    "retraining": retraining.generated,
    "keeping-up": keeping_up.generated,
    "weight-decay": weight_decay.generated,
    "budgets": budgets.generated,
    "transformer": transformer.generated,
}


def write(results: Path = RESULTS, docs: Path = DOCS) -> list[Path]:
    """Make the tables again of every question that has records, and return the pages."""
    return list(_written(results, docs))


def _written(results: Path, docs: Path) -> Iterator[Path]:
    for name, experiment in EXPERIMENTS.items():
        if not (records := latest(experiment.part, results)):
            continue
        page = docs / FOLDER / f"{name}.md"
        text = page.read_text() if page.is_file() else f"# {experiment.question}\n\n{BEGIN}\n{END}\n"
        before, begin, rest = text.partition(BEGIN)
        _, end, after = rest.partition(END)
        if not (begin and end):
            raise SystemExit(f"{page} lacks the marks around the generated part: put {BEGIN} and {END} back")
        page.parent.mkdir(parents=True, exist_ok=True)
        if name == "settling":
            (docs / "img").mkdir(exist_ok=True)
            settling_figure.study_figure(records).savefig(docs / "img" / "study.png", dpi=DPI)
        made = f"{TABLES[name](records)}\n\n## Runs\n\n{runs_table(name, records)}"
        page.write_text(f"{before}{BEGIN}\n\n{made}\n\n{END}{after}")
        yield page


def runs_table(name: str, records: list[Record]) -> str:
    """Command, commit, library and data of what stands above, for each set."""
    lines = []
    for dataset in dict.fromkeys(record["dataset"] for record in records):
        mine = select(records, dataset=dataset)
        seeds = " ".join(str(seed) for seed in sorted({run["seed"] for run in mine}))
        command = f"`python -m benchmarks.study --experiments {name} --datasets {dataset} --seeds {seeds}`"
        commits = ", ".join(dict.fromkeys(run["commit"] for run in mine))
        lines.append([dataset, command, commits, mine[0]["code"], mine[0]["data"], mine[0]["machine"]])
    return table(["set", "command", "commit", "library", "data", "machine"], lines)


if __name__ == "__main__":
    write()
