"""The command ``greenlightning``: it runs the pipeline of the checkout (or image) that this package lies in."""

import sys
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("flows/cli/__init__.py", "tasks/__init__.py", "infra/prefect.yaml")
NO_PIPELINE = "The pipeline is not part of the wheel. Run it from a checkout or the image; see README.md."
NO_DEPENDENCIES = "The pipeline needs {name}, which is not installed. Run: make setup"


def main() -> None:
    """Run ``flows.cli`` from the folder above this package, whatever other ``flows`` the search path holds.

    Where the warm runner of `up` takes the command, it runs there. Exits with 1 and one line where the pipeline or
    its dependencies are missing.
    """
    if not all((ROOT / part).is_file() for part in PARTS):
        sys.exit(f"error {NO_PIPELINE}")
    sys.path.insert(0, str(ROOT))
    code = import_module("flows.warm.client").run_command(sys.argv[1:])
    if code is not None:
        sys.exit(code)
    try:
        cli = import_module("flows.cli")
    except ModuleNotFoundError as error:
        sys.exit(f"error {NO_DEPENDENCIES.format(name=error.name)}")
    cli.main()


if __name__ == "__main__":
    main()
