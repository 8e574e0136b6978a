"""The files of a version: sealed, stored once where versions share them, with the code that serves them."""
