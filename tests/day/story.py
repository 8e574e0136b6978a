"""The day: first version, schedule, three files, a drifted batch, growth, rollback, comparison, prediction."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits

from tasks.models import registry
from tasks.tracking.client import connect
from tests.day.pictures import Pictures

if TYPE_CHECKING:
    from tests.helpers.servers.up import Up

DATASET = "digits"
HOURLY = "retrain/retrain-hourly"
MINUTE = 60.0


@dataclass
class Story:
    """Plays the day, and has a picture taken after each event."""

    up: "Up"
    pictures: Pictures

    def play(self) -> None:
        """Play the whole day."""
        files = write_files(self.up.home / "files")
        first = self.run("learn/learn", "Promoted", path=str(files["base"]), declared={"label": "digit"})
        self.pictures.run(first, "1-training")
        self.pictures.outcome(first, "2-first-version")
        self.three_files(files)
        self.red_health(files["faded"])
        self.rollback()
        self.compare()
        self.predict(files["asked"])

    def run(self, name: str, *states: str, **given: Any) -> str:
        """Submit the form of a deployment and wait for its end in one of the states; the run's id."""
        run = self.up.start(name, dataset=DATASET, **given)
        ended = self.up.ended(run)
        print(f"{name}: {ended['state_name']}: {ended['state']['message']}", flush=True)
        assert not states or ended["state_name"] in states, ended["state"]
        return run

    def three_files(self, files: dict[str, Path]) -> None:
        """A schedule of a minute learns the good and the moved file; the broken one is refused."""
        for automation in self.up.call("POST", "/automations/filter", {}):
            self.up.call("PATCH", f"/automations/{automation['id']}", {"enabled": False})
        schedule = {"schedule": {"interval": MINUTE, "anchor_date": "2020-01-01T00:00:00Z"}, "active": True}
        path = f"/deployments/{self.up.deployment(HOURLY)['id']}/schedules"
        [made] = self.up.call("POST", path, [schedule])
        paths = [str(files["moved"]), str(files["broken"])]
        landed = self.run("ingest/ingest", path=str(files["good"]), paths=paths)
        self.pictures.outcome(landed, "3-three-files")
        learnt = self.up.wait_for(self._scheduled, "a scheduled run that learns")
        self.pictures.outcome(learnt, "4-scheduled")
        self.up.call("DELETE", f"{path}/{made['id']}")

    def _scheduled(self) -> str | None:
        """The scheduled run that learnt something, once it is over."""
        over = [run for run in self.up.runs_of(HOURLY) if run["state_name"] in ("Promoted", "Kept")]
        return str(over[0]["id"]) if over else None

    def red_health(self, faded: Path) -> None:
        """A batch unlike all before: structure health is red, and new gates are grown beside the old ones."""
        self.run("ingest/ingest", "Versioned", path=str(faded))
        grown = self.run("retrain/retrain", "Promoted", "Kept", on_red="grow")
        self.pictures.outcome(grown, "5-red-health")

    def rollback(self) -> None:
        """Somebody decides, and says why."""
        back = self.run("rollback/rollback", reason="the faded scans came from a broken scanner")
        self.pictures.outcome(back, "6-rollback")
        self.pictures.model(DATASET, "7-champion")

    def compare(self) -> None:
        """The version that serves and the newest one, side by side."""
        runs = [registry.champion_of(DATASET).run_id, registry.versions(DATASET)[0].run_id]
        experiment = connect().get_run(runs[0]).info.experiment_id
        self.pictures.versions_compared(experiment, runs, "8-compared")

    def predict(self, asked: Path) -> None:
        """The champion answers."""
        scored = self.run("score/score", "Scored", path=str(asked))
        self.pictures.outcome(scored, "9-prediction")


def write_files(folder: Path) -> dict[str, Path]:
    """The files of the day: handwritten digits in the order of a fixed permutation."""
    folder.mkdir()
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(X))
    X, y = X[order], y[order]
    parts = {
        "base": (X[:1000], y[:1000]),
        "good": (X[1000:1200], y[1000:1200]),
        "moved": (np.clip(X[1200:1400] + 1, 0, 16), y[1200:1400]),
        "faded": (np.clip(X[1400:1600] + 5, 0, 16), y[1400:1600]),
        "asked": (X[1600:], y[1600:]),
    }
    names = [f"pixel_{number}" for number in range(X.shape[1])]
    found = {}
    for name, (inputs, labels) in parts.items():
        found[name] = folder / f"{name}.csv"
        pd.DataFrame(inputs, columns=names).assign(digit=labels).to_csv(found[name], index=False)
    found["broken"] = folder / "broken.csv"
    found["broken"].write_text("pixel_0,pixel_1,digit\n1,2,x\n3,,\n")
    return found
