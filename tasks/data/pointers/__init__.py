"""The ``.dvc`` pointers of batches: their text, their seal, and the turns in which batches are admitted."""
