"""The tables of the study, one module a question."""
