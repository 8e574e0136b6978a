"""Cells of text: encoding, separator, quotes, and the values that they spell."""
