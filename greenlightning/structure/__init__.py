"""The frozen gates: training a network until its gates settle, and the structure taken from it."""
