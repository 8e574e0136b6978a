"""Linear training in another process: ids in, and out a model with a small JSON in the run's scratch folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter

from greenlightning import errors
from tasks.core.workspace import Workspace
from tasks.training.structure import TrainingResult

RESULT = "learnt.json"
ERROR = "fault.json"
_learnt = TypeAdapter(TrainingResult)


class FitError(BaseModel):
    """One of our errors, on its way to the run that waits for the fit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    cause: str
    remedy: str


def scratch_of(run_id: str, attempt: int | None) -> Path:
    """The folder of a run, or of one attempt of it; InputError where this machine does not see it."""
    folder = Workspace.current().scratch / run_id / ("" if attempt is None else str(attempt))
    if not folder.is_dir():
        raise errors.InputError(
            f"The run {run_id} has no folder {folder} on this machine",
            "Have the workers share the workspace's disk, and start fit through retrain or train only",
        )
    return folder


def write_result(folder: Path, learnt: TrainingResult, notes: tuple[str, ...]) -> None:
    """Leave what was learnt, and ``notes`` about it, beside the model."""
    told = replace(learnt, notes=(*learnt.notes, *notes))
    (folder / RESULT).write_bytes(_learnt.dump_json(told))


@contextmanager
def errors_written(folder: Path) -> Iterator[None]:
    """Leave one of our errors, raised inside, where ``read_learnt`` finds it; it is raised on."""
    (folder / ERROR).unlink(missing_ok=True)
    try:
        yield
    except errors.GreenLightningError as error:
        fault = FitError(kind=type(error).__name__, cause=error.cause, remedy=error.remedy)
        (folder / ERROR).write_text(fault.model_dump_json())
        raise


def read_result(folder: Path, ended: str) -> TrainingResult:
    """What a fit learnt; raises its own error, or InputError with how it ``ended`` where it left none."""
    if (folder / ERROR).is_file():
        fault = FitError.model_validate_json((folder / ERROR).read_bytes())
        raise getattr(errors, fault.kind)(fault.cause, fault.remedy)
    if not (folder / RESULT).is_file():
        raise errors.InputError(f"The fit on another runner {ended}", "See its run, or use --runner local")
    return _learnt.validate_json((folder / RESULT).read_bytes())


def best_device() -> tuple[str, tuple[str, ...]]:
    """The device to learn on, cuda where there is one, and a note where there is none."""
    import torch

    if torch.cuda.is_available():
        return "cuda", ()
    return "cpu", ("The runner has no usable CUDA device: the linear part was learnt on its CPU.",)
