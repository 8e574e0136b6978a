"""The pages of a validation: our own, and those of Great Expectations."""
