"""Validation of batches with Great Expectations: what is expected, the checks, the verdict and its page."""
