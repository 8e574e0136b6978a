"""FedAvg by Flower: its strategy averages what the study's local training returns."""

from pathlib import Path

import numpy as np
import torch
from flwr.app import Array, ArrayRecord, ConfigRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import Grid, ServerApp
from flwr.serverapp.strategy import FedAvg

from benchmarks.federation.study.local_training import Network, fresh_network, train_locally

server = ServerApp()
client = ClientApp()


def to_record(network: Network) -> ArrayRecord:
    """Numbered arrays."""
    return ArrayRecord({str(number): Array(part.numpy()) for number, part in enumerate(network)})


@server.main()
def main(grid: Grid, context: Context) -> None:
    """Rounds with all clients; the network of the last one as an NPZ file."""
    with np.load(str(context.run_config["rows"])) as rows:
        sizes, rounds, clients = tuple(rows["sizes"].tolist()), int(rows["rounds"]), len(rows["parts"])
    strategy = FedAvg(fraction_evaluate=0.0, min_train_nodes=clients, min_available_nodes=clients)
    found = strategy.start(grid, to_record(fresh_network(sizes, 0)), rounds, train_config=ConfigRecord())
    np.savez(Path(str(context.run_config["out"])), *(array.numpy() for array in found.arrays.values()))


@client.train()
def train(message: Message, context: Context) -> Message:
    """Train on the minibatches of this client and round."""
    number = int(context.node_config["partition-id"])
    step = int(message.content["config"]["server-round"]) - 1
    with np.load(str(context.run_config["rows"])) as rows:
        X, y, picked = (torch.from_numpy(rows[name]) for name in ("X", "y", "picked"))
        count, rate = int(rows["parts"][number]), float(rows["rate"])
    start = [torch.from_numpy(array.numpy().copy()) for array in message.content["arrays"].values()]
    trained = train_locally(start, X, y, picked[step, number : number + 1], rate)
    arrays = to_record([part[0] for part in trained])
    content = RecordDict({"arrays": arrays, "metrics": MetricRecord({"num-examples": count})})
    return Message(content, reply_to=message)
