"""Data of the workspace: reading, ingesting and validating batches, versioning them with DVC, the holdout."""
