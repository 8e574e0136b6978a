"""Decisions of people about quarantined batches, and expectations that are learnt again."""
