"""Whether the workspace is whole: verify, doctor, backup and restore."""
