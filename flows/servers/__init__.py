"""Servers and workers of `greenlightning up`: starting, supervising and stopping them, and the deployments."""
