"""The ``.dvc`` pointers of batches: their text, their seal, and what a damaged one looks like."""
