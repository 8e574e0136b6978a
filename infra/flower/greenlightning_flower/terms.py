"""What the coordinator starts a round with: the configuration of the run."""

import json
from dataclasses import dataclass
from pathlib import Path

from flwr.app import Context

from greenlightning.errors import InputError
from greenlightning.federation import SigningKey


@dataclass(frozen=True)
class Terms:
    """Publication to send, folder for what comes, sites to wait for and for how many seconds, and whom to trust.

    With ``secure``, the classes of the round, and the key that signs the sum.
    """

    publication: Path
    out: Path
    sites: int
    timeout: float
    secure: bool
    classes: tuple[str | int, ...]
    key: Path
    trusted: frozenset[str] | None

    @classmethod
    def of(cls, context: Context) -> "Terms":
        """Read the configuration; InputError where a folder is not named."""
        run = context.run_config
        if not (run["publication"] and run["out"]):
            raise InputError("The run names no publication or no folder for what comes", "Set publication and out")
        keys = frozenset(filter(None, str(run["trusted"]).replace(" ", "").split(",")))
        return cls(
            publication=Path(str(run["publication"])),
            out=Path(str(run["out"])),
            sites=int(run["sites"]),
            timeout=float(run["timeout"]),
            secure=bool(run["secure"]),
            classes=tuple(sorted(json.loads(str(run["classes"]) or "[]"))),
            key=Path(str(run["key"]) or Path(str(run["out"])) / "federation.pem"),
            trusted=keys or None,
        )

    def signing_key(self) -> SigningKey:
        """The coordinator's."""
        return SigningKey.of(self.key)
