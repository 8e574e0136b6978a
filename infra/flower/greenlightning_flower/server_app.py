"""The coordinator: it sends the publication, gets a signed contribution of each site, and adds them: one round."""

import time
from logging import INFO

from flwr.app import Context, Message, RecordDict
from flwr.common.logger import log
from flwr.serverapp import Grid, ServerApp

from greenlightning.data.files import write_json
from greenlightning.errors import GreenLightningError, InputError, ServerError
from greenlightning.federation import Contribution, combine, read_contribution, read_publication
from greenlightning.federation.messages import empty_folder
from greenlightning.model import GreenLightningModel
from greenlightning_flower.records import REFUSED, to_folder, to_records
from greenlightning_flower.secure_sum import secure_sum
from greenlightning_flower.terms import Terms

FORMAT = "greenlightning-round/1"
app = ServerApp()


@app.main()
def main(grid: Grid, context: Context) -> None:
    """Run the round: contributions under ``out/contributions``, their sum in ``out/model``, ``out/round.json``."""
    terms = Terms.of(context)
    empty_folder(terms.out)
    published = read_publication(terms.publication)
    nodes = _nodes(grid, terms)
    received, left_out = (secure_sum if terms.secure else _open_sum)(grid, context, nodes, published, terms)
    together = combine(published, received)
    together.save(terms.out / "model")
    found = {
        "format": FORMAT,
        "sites": sorted({one.site for one in received}),
        "left_out": left_out,
        "rows": together.statistics.n,
        "digest": together.statistics.digest,
    }
    write_json(terms.out / "round.json", found)
    log(INFO, f"{found['rows']:,} rows of {len(found['sites'])} sites: statistics {found['digest'][:12]}")


def _nodes(grid: Grid, terms: Terms) -> list[int]:
    """The SuperNodes that are connected, as soon as there are enough."""
    until = time.monotonic() + terms.timeout
    while len(nodes := sorted(grid.get_node_ids())) < terms.sites:
        if time.monotonic() > until:
            came = f"{len(nodes)} of {terms.sites} SuperNodes came within {terms.timeout:g} s"
            raise ServerError(came, "Start the others, or wait longer")
        time.sleep(0.2)
    return nodes


def _open_sum(
    grid: Grid, context: Context, nodes: list[int], published: GreenLightningModel, terms: Terms
) -> tuple[list[Contribution], list[str]]:
    """The contributions that are sound; who sent none is named, and can still send it in a later round."""
    content = to_records(terms.publication)
    asked = [Message(content, dst_node_id=node, message_type="train.sums", group_id="1") for node in nodes]
    received, left_out = [], {str(node): "no answer" for node in nodes}
    for reply in grid.send_and_receive(asked, timeout=terms.timeout):
        node = str(reply.metadata.src_node_id)
        try:
            folder = to_folder(_answer(reply), terms.out / "contributions" / node)
            received.append(read_contribution(folder, published, terms.trusted))
            del left_out[node]
        except GreenLightningError as error:
            left_out[node] = str(error)
    if not received:
        raise ServerError(f"No site sent sums: {min(left_out.values())}", "Mend it, and run it again")
    return received, [f"node {node}: {reason}" for node, reason in sorted(left_out.items())]


def _answer(reply: Message) -> RecordDict:
    """What a site sent; InputError with its reason where that is nothing."""
    if reply.has_error():
        raise InputError(f"The SuperNode failed: {reply.error.reason}", "See its log")
    if REFUSED in reply.content:
        refused = reply.content.config_records.get(REFUSED, {})
        raise InputError(str(refused.get("cause")), str(refused.get("remedy")))
    return reply.content
