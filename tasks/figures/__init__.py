"""Figures in one style: matplotlib for training, SVG templates for each run and structure health."""
