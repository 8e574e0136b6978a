"""Backup and restore of the workspace on the terminal."""

import json
from pathlib import Path

from flows.console.inert_console import out
from tasks.core.workspace import Workspace
from tasks.integrity import backup


def back_up(archive: Path, as_json: bool) -> None:
    """Write the archive and tell what is in it."""
    files = backup.back_up(archive)
    _tell(f"{archive} holds {files:,} files of {Workspace.current().root}", archive, files, as_json)


def restore(archive: Path, as_json: bool) -> None:
    """Bring an archive back and tell where."""
    files = backup.restore(archive)
    _tell(f"{Workspace.current().root} has the {files:,} files of {archive.name} again", archive, files, as_json)


def _tell(line: str, archive: Path, files: int, as_json: bool) -> None:
    size = archive.stat().st_size
    about = {"archive": str(archive), "files": files, "bytes": size}
    text = json.dumps(about) if as_json else f"{line} ({size / 1e6:,.1f} MB)."
    out.print(text, highlight=False, markup=False, soft_wrap=True)
