"""``python -m tests.day [FOLDER]``: play the day and take its pictures into ``docs/img``, or into a folder."""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.day.pictures import Pictures
from tests.day.story import Story
from tests.helpers.servers.browser import MISSING, browser_page
from tests.helpers.servers.prefect_server import ROOT
from tests.helpers.servers.up import upped


def main() -> None:
    """Play the day in a workspace of its own."""
    if MISSING:
        sys.exit(MISSING)
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "img" / "day"
    target.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="greenlightning-day-") as folder:
        home = Path(folder) / "workspace"
        home.mkdir()
        os.environ["GREENLIGHTNING_HOME"] = str(home)
        with upped(home) as up:
            login = up.login()
            with browser_page() as page:
                Story(up, Pictures(up, page, login, target)).play()


if __name__ == "__main__":
    main()
