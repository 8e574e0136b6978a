"""Federation in one round: sites send statistics, their sum is the centralised model."""

from pathlib import Path
from typing import Annotated, Any

from prefect import State, flow
from pydantic import Field

from flows.common import DatasetName, NewLabels, champion_of, session
from flows.outcome import published
from greenlightning.errors import InputError, MismatchError
from tasks import tracking
from tasks.evaluation import compare_with_champion, evaluate_model
from tasks.federation import merge_sites, site_statistics
from tasks.holdout import current_holdout
from tasks.names import Kind
from tasks.publishing import expectations_of, inherited_rate, log_avoided, publish, rows_metrics
from tasks.settings import DECIDING, Deciding


@flow(name="federate", flow_run_name="federate {dataset}", persist_result=False)
def federate(
    dataset: DatasetName,
    sites: Annotated[dict[str, Path], Field(description="each site's name and its own data file")],
    deciding: Deciding = DECIDING,
    allow_new_labels: NewLabels = False,
) -> State[Any]:
    """Sum each site's statistics under the champion's structure once; equal to learning it all centrally."""
    if not sites:
        raise InputError("No site takes part", "Name each with its file: --site north=north.parquet")
    parent = champion_of(dataset).version
    with session(dataset, Kind.FEDERATE, f"federate {dataset}, {len(sites)} sites") as run:
        holdout = current_holdout(dataset)
        sent = [site_statistics(dataset, site, path, parent, holdout, run.folder) for site, path in sites.items()]
        learnt = merge_sites(dataset, parent, sent, run.run_id, run.folder, allow_new_labels)
        scores, judging = evaluate_model(dataset, learnt.folder, holdout, run.run_id, parent)
        decision = compare_with_champion(dataset, learnt.folder, holdout, run.run_id, parent, deciding.margin)
        tracking.log_metrics(run.run_id, rows_metrics(learnt.rows, learnt.rows_learnt, 0))
        spent = learnt.spent + judging
        avoided = log_avoided(dataset, parent, learnt.rows_known, spent, run.run_id)
        result = publish(
            dataset,
            learnt.folder,
            run.run_id,
            parent=parent,
            promote=decision.promote,
            reason=f"{len(sites)} sites in one round; {decision.reason}",
            scores=scores,
            spent=spent,
            holdout=holdout,
            expectations=expectations_of(dataset, parent),
            tags=inherited_rate(dataset, parent),
        )
    if result is None:
        raise MismatchError(f"The champion of {dataset!r} moved meanwhile", "Run the federation again")
    about = {"scores": scores, "spent": spent, "learnt": learnt.rows, "avoided": avoided, "run_id": run.run_id}
    return published(result, dataset=dataset, **about).completed()
