"""Data of the workspace: reading and ingesting batches, versioning them with DVC, the holdout."""
