"""Growing a structure: which batches ask for it, the rows that are read again, the grown model."""
