"""Readers of source files, one module a format; ``tasks.data.reading`` chooses between them."""
