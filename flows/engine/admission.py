"""Admission of batches: validated, then versioned or quarantined; and the choice of those to learn."""

from dataclasses import dataclass

from flows.engine.error_messages import error_message, is_elsewhere, is_machine
from greenlightning.tables import Column
from tasks.core.settings import WhenMoved
from tasks.data.batch_files import LandedBatch, describe, read_content, waiting
from tasks.data.batch_index import BATCH_ID, BatchRef, batch_ref, batches, known_batch
from tasks.data.events import emit_landed
from tasks.data.pointers.turns import turn_of
from tasks.data.versioning import checkout, version_batch
from tasks.models import registry
from tasks.models.files.seals import check_tags
from tasks.models.version_expectations import expectations_of
from tasks.quarantine.moves import forget_record, quarantine
from tasks.quarantine.records import QuarantinedBatch, discarded, why_unlearnable
from tasks.training.health import assess_landed
from tasks.training.label_gain import ChampionsOpinion
from tasks.validation.expectations import Expectations
from tasks.validation.verdict import ValidationReport, unjudged, validate


@dataclass(frozen=True)
class Admission:
    """The door of a dataset: the champion and its expectations, and what is let in."""

    serving: registry.VersionInfo | None
    expectations: Expectations | None
    allow_new_labels: bool = False
    quarantine_moved: WhenMoved = "never"

    @classmethod
    def to(cls, dataset: str, allow_new_labels: bool, quarantine_moved: WhenMoved) -> "Admission":
        """The door of ``dataset``; open to any sound batch where it has no champion yet."""
        serving = sound_champion(dataset)
        expectations = expectations_of(serving) if serving else None
        return cls(serving, expectations, allow_new_labels, quarantine_moved)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that the champion reads; none before the first one."""
        return self.expectations.columns if self.expectations else ()

    def admit(self, landed: LandedBatch) -> tuple[BatchRef | None, ValidationReport]:
        """Validate one landed batch, then version it, or quarantine it with the reasons; it is this run's turn."""
        report = self._judged(landed)
        if not BATCH_ID.fullmatch(landed.id):
            report = report.failing(
                f"{landed.path.name} was put into incoming/ by hand; use greenlightning ingest instead"
            )
        elif decision := discarded(landed.dataset, landed.id):
            report = report.failing(f"it was {decision.line}")
        if report.passed or _is_accepted(landed):
            forget_record(landed.dataset, landed.id)
            return version_batch(landed, self.expectations.digest if self.expectations else ""), report
        quarantine(landed, report.failures)
        return None, report

    def _judged(self, landed: LandedBatch) -> ValidationReport:
        """The report on a batch; one that breaks a check itself, by its values or name, fails with that reason."""
        try:
            return self.validated(landed)
        except Exception as error:
            if is_elsewhere(error):
                raise
            return unjudged(landed, f"it could not be validated: {error_message(error).cause}")

    def validated(self, landed: LandedBatch) -> ValidationReport:
        """The report on a batch; where it has moved it fails if ``quarantine_moved`` says so."""
        judges = self.serving and self.expectations and not self.expectations.target
        opinion = ChampionsOpinion(self.serving) if self.serving and judges else None
        report = validate(landed, self.expectations, self.allow_new_labels, opinion)
        return report.failing(*report.moved) if report.moved and self._holds_moved(landed) else report

    def _holds_moved(self, landed: LandedBatch) -> bool:
        if self.quarantine_moved == "red":
            return self.serving is not None and assess_landed(self.serving, landed).is_red
        return self.quarantine_moved == "always"

    def admit_waiting(self, dataset: str) -> list[QuarantinedBatch]:
        """Admit every batch that waits in incoming/ for the run that learns it; return those set aside, and why.

        A batch on which a step fails goes on waiting, and stops no other; the error is raised where all fail.
        """
        aside, errors, waits = [], list[Exception](), waiting(dataset)
        for landed in waits:
            try:
                with turn_of(landed.id):
                    if landed.path.is_file():
                        ref, report = self.admit(landed)
                        if ref:
                            emit_landed(ref, served=False)
                        else:
                            aside.append(quarantined(landed, report))
            except Exception as error:
                if is_machine(error):
                    raise
                errors.append(error)
                aside.append(
                    quarantined(landed, unjudged(landed, f"it still waits: {error_message(error).cause}"))
                )
        if errors and len(errors) == len(waits):
            raise errors[0]
        return aside

    def refused(self, refs: list[BatchRef]) -> list[QuarantinedBatch]:
        """Versioned batches that passed earlier expectations and fail the present ones; none that was accepted."""
        found = []
        for ref in refs:
            if self.expectations and ref.expectations != self.expectations.digest and not ref.accepted:
                landed = describe(checkout(ref), ref.dataset)
                report = self._judged(landed)
                if not report.passed:
                    found.append(quarantined(landed, report))
        return found


def sound_champion(dataset: str) -> registry.VersionInfo | None:
    """The champion, None before the first one; IntegrityError where its tags are not those registered."""
    if serving := registry.champion(dataset):
        check_tags(serving)
    return serving


def quarantined(landed: LandedBatch, report: ValidationReport) -> QuarantinedBatch:
    """A batch that was not let in, as outcomes show it."""
    return QuarantinedBatch(
        dataset=landed.dataset,
        batch=landed.id,
        source=landed.source,
        reasons=report.failures,
        unlearnable=why_unlearnable(landed.dataset, landed.id),
    )


def moved_note(landed: LandedBatch, report: ValidationReport) -> tuple[str, ...]:
    """A note on how a batch has moved; none where it has not."""
    return (f"{landed.source} has moved: {'; '.join(report.moved)}",) if report.moved else ()


def following(expectations: Expectations, new: list[BatchRef]) -> Expectations:
    """The expectations moved along with batches that are learnt."""
    for ref in new:
        expectations = expectations.following(ref.id, expectations.measures(read_content(checkout(ref))))
    return expectations


def chosen_batches(dataset: str, wanted: list[str] | None) -> list[BatchRef]:
    """The named batches, or all that the champion has not put aside; NothingServedError for an unknown one."""
    if wanted:
        return [batch_ref(dataset, batch) for batch in dict.fromkeys(wanted)]
    serving = sound_champion(dataset)
    left_out = {*serving.forgotten, *serving.held_back, *serving.aged} if serving else set()
    return [ref for ref in batches(dataset) if ref.id not in left_out]


def _is_accepted(landed: LandedBatch) -> bool:
    if not BATCH_ID.fullmatch(landed.id):
        return False
    known = known_batch(landed.dataset, landed.id)
    return bool(known and known.accepted)
