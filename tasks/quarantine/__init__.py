"""Quarantine: batches that validation refused, set aside until somebody accepts or discards them."""
