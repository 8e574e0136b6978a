"""Figures drawn with matplotlib: training, health and run figures, in one style."""
