"""Who sends, where to, and under which key: nothing heavy is imported for it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.workspace import Workspace

if TYPE_CHECKING:
    from greenlightning.federation import SigningKey
    from greenlightning.federation.privacy import Privacy


@dataclass(frozen=True)
class Sending:
    """What a site sends: under whose publication, in whose name, into which folder, of how many rows at least.

    With ``privacy`` the sums have noise.
    """

    publication: Path
    site: str
    folder: Path
    fewest_rows: int = 20
    privacy: "Privacy | None" = None


def workspace_key() -> "SigningKey":
    """The Ed25519 key of this workspace; it is made on first use."""
    from greenlightning.federation import SigningKey

    return SigningKey.of(Workspace.current().root / "keys" / "federation.pem")
