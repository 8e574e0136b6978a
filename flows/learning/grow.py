"""Growing: new gates, from the batches that turned health red, beside the old ones; the champion competes."""

from typing import Annotated, Any

from prefect import State, get_run_logger
from prefect.context import FlowRunContext
from prefect.logging import get_logger
from pydantic import Field

from flows.engine.admission import following
from flows.engine.flow_decorator import flow
from flows.engine.session import Session, champion_of, session
from flows.inputs.parameters import BatchId, DatasetName
from flows.learning.publication import Attempt, publish_on_champion
from greenlightning.errors import LedgerError
from tasks.core.constants import Kind, Params
from tasks.core.settings import DECIDING, Deciding, Device
from tasks.data.batch_index import BatchRef, batch_ref
from tasks.growing.growth import grow_model
from tasks.growing.rows import Growth
from tasks.models.holdouts import next_holdout
from tasks.models.version_expectations import expectations_of
from tasks.promotion.candidate import Candidate
from tasks.scheduling.growth_plan import plan_growth
from tasks.tracking.inputs import log_validation
from tasks.tracking.metrics import log_params
from tasks.training.evaluation import evaluate_model
from tasks.training.retraining import decide, learn_batches


@flow(name="grow", flow_run_name="grow {dataset}", persist_result=False)
def grow(
    dataset: DatasetName,
    red: Annotated[list[BatchId], Field(description="batches that the new gates are trained on")],
    new: Annotated[list[BatchId], Field(description="batches that the champion has not learnt yet")],
    deciding: Deciding = DECIDING,
    device: Device = "cpu",
) -> State[Any]:
    """Join new gates to the champion's and read every batch once; the result competes with the champion.

    The old gates stay, and so does what was learnt under them.
    """
    refs = [batch_ref(dataset, name) for name in new]
    plan = plan_growth(champion_of(dataset), red, {ref.id: ref.rows for ref in refs})
    _log(f"growing {dataset}: {plan}")
    with session(dataset, Kind.GROW, f"grow {dataset} for {len(red)} batch{'es' if len(red) > 1 else ''}") as run:
        log_params(run.run_id, deciding.model_dump() | {"device": device, "red": ",".join(red)}, Params.FLOW)
        for ref in refs:
            log_validation(run.run_id, dataset, ref.id)
        outcome = publish_on_champion(run, lambda attempt: _grown(run, attempt, red, refs, deciding, device))
    if outcome is None:
        raise LedgerError(
            "The batches that asked for new gates are not learnt any more", "See: greenlightning lineage"
        )
    return outcome.completed()


def _log(line: str) -> None:
    """Log a line with the run, or on the terminal where no server records it."""
    (get_run_logger() if FlowRunContext.get() else get_logger("greenlightning")).info(line)


def _grown(
    run: Session, attempt: Attempt, red: list[str], new: list[BatchRef], deciding: Deciding, device: str
) -> Candidate | None:
    """The champion with the new batches, grown; None where none of the red batches is learnt any more."""
    champion = attempt.champion
    unlearnt = [ref for ref in new if ref.id not in champion.batches]
    asking = [name for name in red if name in champion.batches or name in {ref.id for ref in unlearnt}]
    if not asking:
        return None
    holdout = next_holdout(champion, unlearnt, deciding)
    learnt = None
    if unlearnt:
        folder = attempt.folder / "old structure"
        folder.mkdir()
        learnt = learn_batches(champion, unlearnt, holdout, deciding, run.run_id, folder, device)
    growth = Growth(champion, tuple(unlearnt), tuple(asking), holdout, deciding, device)
    trained = grow_model(growth, learnt, run.run_id, attempt.folder)
    return Candidate(
        dataset=run.dataset,
        run_id=run.run_id,
        parent=champion,
        trained=trained,
        evaluated=evaluate_model(run.dataset, trained.folder, holdout, run.run_id, deciding),
        decision=decide(champion.version, holdout, attempt.folder, deciding, run.run_id),
        holdout=holdout,
        expectations=following(expectations_of(champion), unlearnt),
    )
