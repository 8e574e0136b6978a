"""The coordinator's side of SecAgg+: the exact sum over all sites, of which no site's share is seen."""

import hashlib
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

from flwr.app import ArrayRecord, ConfigRecord, Context
from flwr.common import FitIns, FitRes, Parameters, parameters_to_ndarrays
from flwr.server import LegacyContext
from flwr.server.strategy import FedAvg
from flwr.server.workflow import SecAggPlusWorkflow
from flwr.server.workflow.constant import MAIN_CONFIGS_RECORD, MAIN_PARAMS_RECORD, Key
from flwr.serverapp import Grid

from greenlightning.errors import InputError, MismatchError, ServerError
from greenlightning.federation import Contribution, Message, read_contribution
from greenlightning.federation.contribution import KIND
from greenlightning.federation.messages import empty_folder, read_message, sign_message
from greenlightning.model import GreenLightningModel
from greenlightning_flower.concealed import KIND as CONCEALED
from greenlightning_flower.concealed import WEIGHT
from greenlightning_flower.limbs import Limbs
from greenlightning_flower.terms import Terms
from greenlightning_flower.vectors import of_vector

MOST_SHARES = 11
"""Neighbours with whom a site shares its secrets, itself included; two thirds of them reconstruct one's masks."""


class OneRound(FedAvg):
    """Sends the publication, and keeps the mean of the masked limbs and the signed messages."""

    def __init__(self, nodes: list[int], config: dict[str, bytes | str | int]) -> None:
        super().__init__()
        self.nodes, self.config = nodes, config
        self.answers: list[FitRes] = []

    def configure_fit(self, server_round: int, parameters: Parameters, client_manager: Any) -> list[Any]:
        """The same for each node."""
        nothing = Parameters([], "")
        return [(SimpleNamespace(node_id=node), FitIns(nothing, dict(self.config))) for node in self.nodes]

    def aggregate_fit(self, server_round: int, results: list[Any], failures: Any) -> tuple[None, dict[str, Any]]:
        """Flower has put the mean in the place of each site's parameters."""
        self.answers = [answer for _, answer in results]
        return None, {}


def secure_sum(
    grid: Grid, context: Context, nodes: list[int], published: GreenLightningModel, terms: Terms
) -> tuple[list[Contribution], list[str]]:
    """The sum as one contribution, signed by the coordinator, and how many nodes did not answer."""
    columns = terms.classes or published.statistics.columns
    if not columns or len(nodes) < 3:
        raise InputError("A secure round needs classes and three sites", "Set classes, or sum openly")
    files = {file.name: file.read_bytes() for file in terms.publication.iterdir()}
    limbs = Limbs(len(nodes))
    strategy = OneRound(nodes, files | {"classes": json.dumps(columns), "sites": len(nodes)})
    _run(grid, context, strategy, limbs, terms.timeout)
    if not strategy.answers:
        raise ServerError("Too few sites answered to remove the masks", "See their logs, and run it again")
    means = parameters_to_ndarrays(strategy.answers[0].parameters)[0]
    total = of_vector(limbs.joined(means, len(strategy.answers)), published.statistics, columns)
    messages = [_verified(answer, published, terms) for answer in strategy.answers]
    folder = empty_folder(terms.out / "contributions" / "sum")
    total.save(folder)
    about = _about(messages, total.n, published) | {"statistics": total.digest}
    sign_message(folder, KIND, about, terms.signing_key())
    missing = len(nodes) - len(messages)
    return [read_contribution(folder, published)], [f"{missing} nodes did not answer"] if missing else []


def _run(grid: Grid, context: Context, strategy: OneRound, limbs: Limbs, timeout: float) -> None:
    """Flower's own workflow, with a range of quantisation that leaves limbs as they are."""
    count = len(strategy.nodes)
    shares = min(count, MOST_SHARES)
    manager = SimpleNamespace(num_available=lambda: count)
    legacy = LegacyContext(context, strategy=strategy, client_manager=manager)
    legacy.state.config_records[MAIN_CONFIGS_RECORD] = ConfigRecord({Key.CURRENT_ROUND: 1})
    legacy.state.array_records[MAIN_PARAMS_RECORD] = ArrayRecord()
    SecAggPlusWorkflow(
        num_shares=shares,
        reconstruction_threshold=shares * 2 // 3,
        max_weight=float(WEIGHT),
        clipping_range=limbs.clipping_range,
        quantization_range=limbs.quantization_range,
        timeout=timeout,
    )(grid, legacy)


def _verified(answer: FitRes, published: GreenLightningModel, terms: Terms) -> Message:
    """What a site signed: which batch it added, how many rows, under which recipe."""
    with TemporaryDirectory() as place:
        for name in ("message.json", "message.sig"):
            (Path(place) / name).write_bytes(bytes(answer.metrics[name]))
        message = read_message(Path(place), CONCEALED, terms.trusted)
    if message.about["recipe"] != published.paths.digest:
        raise MismatchError(f"Site {message.about['site']} summed under another recipe", "Send it the present one")
    return message


def _about(messages: list[Message], rows: int, published: GreenLightningModel) -> dict[str, Any]:
    """The facts of the sum; MismatchError where a batch is in it twice, or its rows are not those of the sites."""
    said = sorted((message.about for message in messages), key=lambda about: str(about["batch"]))
    batches = [str(about["batch"]) for about in said]
    if len(set(batches)) < len(batches):
        raise MismatchError("Two sites added the same batch", "Run it without one of them")
    if (counted := sum(int(about["rows"]) for about in said)) != rows:
        raise MismatchError(f"The sites say {counted:,} rows, and the sum has {rows:,}", "Run it again openly")
    batch = hashlib.sha256("\n".join(batches).encode()).hexdigest()[:16]
    return {
        "site": f"{len(said)}-sites-{batch}",
        "batch": batch,
        "rows": rows,
        "md5": None,
        "structure": published.structure.digest,
        "recipe": published.paths.digest,
        "parts": said,
    }
