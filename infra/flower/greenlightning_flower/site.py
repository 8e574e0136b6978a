"""What a SuperNode is started with: ``--node-config 'site="north" file="/data/north.csv"'``."""

from dataclasses import dataclass
from pathlib import Path

from flwr.app import Context

from greenlightning.errors import InputError
from greenlightning.federation import SigningKey
from greenlightning.federation.contribution import FEWEST_ROWS


@dataclass(frozen=True)
class Site:
    """A site's name, rows and key; whose publications it follows (any by default), and what it sends at least."""

    name: str
    file: Path
    key: SigningKey
    coordinators: tuple[str, ...] | None
    fewest_rows: int

    @classmethod
    def of(cls, context: Context) -> "Site":
        """Read a node's configuration; in a simulation, partition i has the i-th file of run-config ``files``."""
        node, files = context.node_config, str(context.run_config.get("files", ""))
        number = node.get("partition-id")
        if files and number is not None:
            file = sorted(Path(files).glob("*.npz"))[int(number)]
            return cls(file.stem, file, SigningKey.generate(), None, FEWEST_ROWS)
        if not (node.get("site") and node.get("file")):
            raise InputError("The SuperNode has no site or no file", "Start it with --node-config 'site=… file=…'")
        key = SigningKey.of(Path(str(node["key"]))) if node.get("key") else SigningKey.generate()
        known = (str(node["coordinator"]),) if node.get("coordinator") else None
        fewest = int(node.get("fewest-rows", FEWEST_ROWS))
        return cls(str(node["site"]), Path(str(node["file"])), key, known, fewest)
