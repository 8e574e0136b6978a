"""What of the study is missing in a folder of records, and each missing line measured on one thread."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from threadpoolctl import threadpool_limits

from benchmarks.core.machine import remember, warm_up
from benchmarks.core.records import Record, Records, library_version
from benchmarks.study.experiments import EXPERIMENTS, Experiment
from greenlightning.data.batch import content_id
from greenlightning.data.datasets import Dataset, load


@dataclass(frozen=True)
class Line:
    """One measurement that is missing, and the records that it goes to."""

    experiment: str
    dataset: str
    job: Record
    records: Records
    quick: bool

    @property
    def cell(self) -> Record:
        """What names it."""
        return {"dataset": self.dataset, **self.job}

    @property
    def title(self) -> str:
        """A few words on it."""
        return " ".join(map(str, (self.experiment, *self.cell.values())))

    @property
    def is_measured(self) -> bool:
        """Whether the records hold it, as measured with this library on this machine."""
        return self.records.has(**self.cell)

    def result(self) -> Record:
        """What the records hold of it, measured now where they do not."""
        if not self.is_measured:
            self.measure()
        return self.records.found(**self.cell)

    def measure(self) -> None:
        """Measure it, and append it to the records."""
        data = rows_of(self.dataset)
        _warm()
        about = {"commit": commit(), "data": content_id(data.X_train, data.y_train), "command": self.command}
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            with threadpool_limits(1):
                found = about | self._experiment.measured(data, self.job, self.quick)
        finally:
            torch.set_num_threads(threads)
        self.records.add(self.cell, found)

    @property
    def command(self) -> str:
        """What measures it again."""
        chosen = f"--experiment {self.experiment} --dataset {self.dataset} --seed {self.job['seed']}"
        return f"greenlightning study {chosen}{' --quick' if self.quick else ''}"

    @property
    def _experiment(self) -> Experiment:
        return EXPERIMENTS[self.experiment]


@dataclass(frozen=True)
class Plan:
    """Experiments, data sets and seeds that are wanted, and the folder of records; quick is a small part of it."""

    experiments: tuple[str, ...]
    datasets: tuple[str, ...]
    seeds: tuple[int, ...]
    folder: Path
    quick: bool = False

    def lines(self) -> list[Line]:
        """All measurements, those that the folder holds too."""
        return list(self._lines())

    def _lines(self) -> Iterator[Line]:
        machine, code = remember(self.folder), library_version()
        for dataset in self.datasets:
            for name in self.experiments:
                experiment = EXPERIMENTS[name]
                records = Records(experiment.part, code, machine, self.folder)
                for job in experiment.jobs(dataset, self.seeds, self.quick):
                    yield Line(name, dataset, job, records, self.quick)


@cache
def rows_of(dataset: str) -> Dataset:
    """A data set, read once."""
    return load(dataset)


@cache
def _warm() -> None:
    warm_up()


def commit() -> str:
    """The commit of this checkout, or nothing where it is none."""
    folder = Path(__file__).parent
    command = ["git", "-C", str(folder), "rev-parse", "--short=12", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
