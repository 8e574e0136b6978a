"""Before there is a recipe: sites send profiles of their columns, and a dataset gets the schema they agree on."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.data.reading import DETECTED, Reading, read_table
from tasks.data.schemas import Declared, save_agreed
from tasks.federation.sending import Sending, workspace_key

if TYPE_CHECKING:
    from greenlightning.federation import Message
    from greenlightning.tables import TableSchema


def profile_file(path: Path, label: str, sending: Sending, reading: Reading = DETECTED) -> "Message":
    """Profile the columns of a file, and sign the profile; ``fewest_rows`` is that of a category that is named."""
    from greenlightning.tables import profile_of

    frame = read_table(path, replace(reading.options(), label=label)).frame
    profile = profile_of(frame, label, sending.fewest_rows)
    from greenlightning.federation import send_profile

    return send_profile(profile, sending.folder, workspace_key(), site=sending.site)


def agree(
    folders: Sequence[Path], dataset: str, declared: Declared, trusted: frozenset[str] | None = None
) -> "TableSchema":
    """Merge profiles into the schema of ``dataset``, and the encoder that its next training uses."""
    from greenlightning.federation import merged_profiles
    from greenlightning.tables import agreed_encoder, agreed_schema

    profile = merged_profiles(folders, trusted)
    about = declared.model_dump(include={"task", "ignore", "identifiers", "time", "categorical"})
    schema = agreed_schema(profile, **about)
    save_agreed(dataset, agreed_encoder(profile, schema))
    return schema
