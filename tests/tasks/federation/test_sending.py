"""A workspace has one key, which is made on first use and stays."""

from tasks.core.workspace import Workspace
from tasks.federation.sending import workspace_key


def test_the_key_of_a_workspace_is_made_once() -> None:
    first = workspace_key()
    assert workspace_key().public == first.public
    assert [file.name for file in (Workspace.current().root / "keys").iterdir()] == ["federation.pem"]
