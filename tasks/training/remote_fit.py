"""Linear training in another process: ids go in; the model and a small JSON come back in the scratch folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter

from greenlightning import errors
from tasks.core.workspace import Workspace
from tasks.training.structure import TrainingResult

RESULT = "result.json"
ERROR = "error.json"
_result = TypeAdapter(TrainingResult)


class FitError(BaseModel):
    """An error of the fit, passed on to the run that waits for it."""

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
            "Let the workers share the workspace's disk, and start fit only through retrain or train",
        )
    return folder


def write_result(folder: Path, trained: TrainingResult, notes: tuple[str, ...]) -> None:
    """Save the result of the training, with ``notes`` added, beside the model."""
    result = replace(trained, notes=(*trained.notes, *notes))
    (folder / RESULT).write_bytes(_result.dump_json(result))


@contextmanager
def errors_written(folder: Path) -> Iterator[None]:
    """Save an error that is raised inside, so that ``read_result`` raises it too, and raise it again."""
    (folder / ERROR).unlink(missing_ok=True)
    try:
        yield
    except errors.GreenLightningError as error:
        saved = FitError(kind=type(error).__name__, cause=error.cause, remedy=error.remedy)
        (folder / ERROR).write_text(saved.model_dump_json())
        raise


def read_result(folder: Path, ended: str) -> TrainingResult:
    """The result of a fit; raises the fit's own error, or InputError if it ``ended`` without saving one."""
    if (folder / ERROR).is_file():
        saved = FitError.model_validate_json((folder / ERROR).read_bytes())
        raise getattr(errors, saved.kind)(saved.cause, saved.remedy)
    if not (folder / RESULT).is_file():
        raise errors.InputError(f"The fit on another runner {ended}", "See its run, or use --runner local")
    return _result.validate_json((folder / RESULT).read_bytes())


def best_device() -> tuple[str, tuple[str, ...]]:
    """The device to learn on, cuda where there is one, and a note where there is none."""
    import torch

    if torch.cuda.is_available():
        return "cuda", ()
    return "cpu", ("The runner has no usable CUDA device: the linear part was learnt on its CPU.",)
