"""Reproduction: rebuild a version from versioned data and compare every number with the registered one."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from greenlightning.data.counted import counted
from greenlightning.data.ledger import Ledger
from greenlightning.energy.meter import EnergyMeter
from greenlightning.errors import InputError, IntegrityError, MismatchError, SingularError
from greenlightning.model import GreenLightningModel
from tasks.core.constants import Metric, Params, Tag
from tasks.core.energy_cost import EnergyCost
from tasks.core.settings import Learning
from tasks.core.steps import task
from tasks.data.holdout import Learnable
from tasks.lineage.rebuild import (
    RebuiltModel,
    checked,
    frozen_parts,
    incomplete_error,
    registered,
    relearn,
)
from tasks.lineage.regrow import regrow
from tasks.models import registry
from tasks.models.champion import promotion_lock
from tasks.models.descent import with_ancestors
from tasks.models.files.served_library import LIBRARY_FILE, library
from tasks.models.holdouts import holdout_at, versioned
from tasks.models.logged_models import LEDGER_FILE, MODEL_FILES, ledger_text
from tasks.models.retention import files_of, restore, unmark
from tasks.models.version_info import VersionInfo
from tasks.tracking.client import connect
from tasks.tracking.inputs import log_batch_input
from tasks.tracking.metrics import log_energy, log_metrics, set_tags
from tasks.training.structure import joined_batches, read_base, train_linear, train_structure

TOLERANCE = 1e-8


@dataclass(frozen=True)
class Reproduction:
    """A rebuilt version: the verdict in a phrase and in lines, the model's folder, the cost, and missing files."""

    verdict: str
    notes: tuple[str, ...]
    folder: Path
    spent: EnergyCost
    incomplete: bool


@task(task_run_name="reproduce {dataset} version {number}", persist_result=False)
def reproduce_version(
    dataset: str, number: int, run_id: str, folder: Path, site_files: Sequence[Path] = ()
) -> Reproduction:
    """Rebuild a version from its batches and compare statistics, ridge strength and coefficients.

    Raises NothingServedError where a batch is missing, and IntegrityError where anything differs (coefficients
    by more than 1e-8).
    """
    info = registry.version(dataset, number)
    with EnergyMeter() as meter:
        rebuilt = relearn(info, site_files)
        _log_inputs(info, rebuilt, run_id)
        if rebuilt.missing:
            raise incomplete_error(info, rebuilt.missing, _part_of(info, rebuilt))
        model = checked(info, rebuilt.model)
        stored = registered(info, model.statistics)
        verdict, notes = _compared(info, stored, model, run_id)
        model.save(folder / "model")
    statistics = (
        f"statistics of {counted(model.statistics.n, 'row')} in {counted(len(model.ledger), 'batch')}: "
        f"equal to the bit (digest {model.statistics.digest[:12]})"
    )
    incomplete = stored is None or info.pruned
    return Reproduction(verdict, (statistics, *notes), folder / "model", EnergyCost.of(meter.energy), incomplete)


def _log_inputs(info: VersionInfo, rebuilt: RebuiltModel, run_id: str) -> None:
    for batch, md5 in info.batches.items():
        if batch in rebuilt.model.ledger and rebuilt.model.ledger.entries[batch].site is None:
            log_batch_input(run_id, versioned(info.dataset, batch, md5), role="reproduction")


def _compared(
    info: VersionInfo, stored: GreenLightningModel | None, model: GreenLightningModel, run_id: str
) -> tuple[str, tuple[str, ...]]:
    """Compare ridge strength and coefficients with the registered ones: verdict and details; or IntegrityError."""
    if stored is None:
        missing = "the version's own files are missing, so there are no coefficients to compare with"
        return f"statistics equal to the bit; {missing}", (f"ridge strength: {model.alpha!r}, as registered",)
    if stored.alpha != model.alpha:
        raise IntegrityError(
            f"The files of version {info.version} have ridge strength {stored.alpha!r}, its tag {model.alpha!r}",
            "Restore mlruns/artifacts from a backup",
        )
    ours, theirs = (np.vstack([m.coefficients.weights, m.coefficients.intercept]) for m in (model, stored))
    difference = float(np.abs(ours - theirs).max(initial=0.0))
    log_metrics(run_id, {str(Metric.COEFFICIENT_DIFFERENCE): difference})
    if difference > TOLERANCE:
        raise IntegrityError(
            f"The coefficients of version {info.version} differ by up to {difference:.3g} from the rebuilt ones",
            "Solve it where it was made; if they differ there too, its files were changed",
        )
    how = "equal to the bit" if np.array_equal(ours, theirs) else "equal within 1e-8"
    return f"statistics equal to the bit, coefficients {how}", (
        f"ridge strength: {model.alpha!r}, equal",
        f"coefficients: {ours.size:,} numbers, {how} (largest difference {difference:.3g})",
    )


def _part_of(info: VersionInfo, rebuilt: RebuiltModel) -> str:
    """Whether the available batches are part of the registered statistics, and these give the coefficients."""
    try:
        stored = registry.load(info.dataset, info.version)
        rest = stored.statistics - rebuilt.model.statistics
        solved = GreenLightningModel(stored.paths, stored.targets, stored.statistics, stored.alpha).coefficients
    except IntegrityError:
        return ""
    except (MismatchError, SingularError) as error:
        return f" and are not part of its statistics ({error.cause})"
    rows = sum(stored.ledger.entries[batch].rows for batch in rebuilt.missing)
    difference = float(np.abs(solved.weights - stored.coefficients.weights).max(initial=0.0))
    return (
        f" and are part of its statistics ({rest.n:,} rows are left for the others, {rows:,} in the ledger); "
        f"those give its coefficients (largest difference {difference:.3g})"
    )


@task(task_run_name="extract structure of {dataset} version {number} again", persist_result=False)
def reextract_structure(dataset: str, number: int, folder: Path) -> tuple[tuple[str, ...], EnergyCost]:
    """Extract a version's structure from its base with the logged settings; compare digests, recipe and alpha.

    Raises MismatchError where a digest differs, InputError where no run says how the structure was extracted.
    """
    info = registry.version(dataset, number)
    maker = _maker(info)
    settings = _settings(maker)
    frozen, holdout = frozen_parts(info), holdout_at(maker)
    seen = frozen.structure.seen
    refs = [versioned(dataset, batch, maker.batches[batch]) for batch in seen]
    schema = frozen.encoder.schema if frozen.encoder else None
    learnable = Learnable(holdout, schema=schema)
    encoder, parts = read_base(learnable, refs, schema)
    data = joined_batches(parts)
    structure, spent = train_structure(data, settings, seen, encoder)
    _same("structure", info.tags[Tag.STRUCTURE_DIGEST], structure.digest)
    entries = {ref.id: learnable.entry(ref, part.rows) for ref, part in zip(refs, parts, strict=True)}
    spent = spent + train_linear((structure, encoder), data, settings, Ledger(entries), folder / "again")
    again = GreenLightningModel.load(folder / "again")
    _same("recipe", maker.tags[Tag.RECIPE_DIGEST], again.paths.digest)
    _same("ridge strength", info.tags[Tag.ALPHA], repr(again.alpha))
    for number in range(2, len(info.structures) + 1):
        added, regrown, cost = regrow(_maker(info, number))
        _same(f"structure {number}", added.structure.digest, regrown.structure.digest)
        _same(f"landmarks {number}", added.digest, regrown.digest)
        spent = spent + cost
    how = f"extracted again from {len(refs)} batch{'' if len(refs) == 1 else 'es'}, as for version {maker.version}"
    return (f"structure, recipe and ridge strength {how}: equal (structure {structure.digest[:12]})",), spent


def _maker(info: VersionInfo, number: int = 1) -> VersionInfo:
    """The version whose run made the last of the first ``number`` structures: the oldest that has them all."""
    line = with_ancestors(info)
    return next(one for one in reversed(line) if one.structures == info.structures[:number])


def _settings(maker: VersionInfo) -> Learning:
    logged = connect().get_run(maker.run_id).data.params
    known = {
        name: logged[f"{Params.FLOW}{name}"] for name in Learning.model_fields if f"{Params.FLOW}{name}" in logged
    }
    if not known:
        raise InputError(
            f"The run of version {maker.version} does not say how its structure was extracted",
            "Leave --structure out: the rest does not depend on it",
        )
    return Learning.model_validate({name: _plain(value) for name, value in known.items()})


def _plain(value: str) -> Any:
    """The value of a logged parameter; MLflow stores numbers, tuples and None as text."""
    try:
        return ast.literal_eval(value)
    except (SyntaxError, ValueError):
        return value


def _same(what: str, wanted: str, found: str) -> None:
    if wanted != found:
        import torch

        raise MismatchError(
            f"The {what} extracted again is {found[:12]}, not {wanted[:12]}",
            "Extraction is floating-point training: it repeats to the bit on one machine with one torch version "
            f"(here {torch.__version__}); leave --structure out to reproduce the rest from the frozen structure",
        )


def put_back(dataset: str, number: int, folder: Path) -> None:
    """Restore the files that a version lost from rebuilt ones: pruned statistics alone, or the whole model.

    Raises IntegrityError where the version cannot be loaded then.
    """
    info, model = registry.version(dataset, number), GreenLightningModel.load(folder)
    if info.pruned and registered(info, model.statistics):
        restore.fn(dataset, number, model)
    else:
        with promotion_lock(dataset), TemporaryDirectory() as staging:
            copytree(folder, Path(staging) / MODEL_FILES)
            (Path(staging) / LEDGER_FILE).write_text(ledger_text(model))
            (Path(staging) / LIBRARY_FILE).write_bytes(library())
            _replace_files(files_of(info), Path(staging))
            for tag, seal in registry.seals(model, Path(staging) / MODEL_FILES).items():
                connect().set_model_version_tag(dataset, str(number), tag, seal)
            unmark(info)
    registry.load(dataset, number)


def _replace_files(place: Any, staging: Path) -> None:
    """Put each file in the place of the old one: other versions may share its bytes."""
    for path in sorted(staging.rglob("*")):
        if path.is_file():
            place.log_artifact(str(path), str(path.parent.relative_to(staging)))


def record(dataset: str, number: int, run_id: str, notes: tuple[str, ...], spent: EnergyCost) -> None:
    """Log the findings in the run, and the time of the reproduction at the version."""
    log_energy(run_id, spent)
    set_tags(run_id, {Tag.DECISION: "reproduced", Tag.REASON: "; ".join(notes)})
    now = datetime.now(UTC).isoformat(timespec="seconds")
    connect().set_model_version_tag(dataset, str(number), Tag.REPRODUCED_AT, now)
