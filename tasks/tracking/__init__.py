"""Experiment tracking in MLflow: runs, metrics, inputs, notes, saved views and cleanup."""
