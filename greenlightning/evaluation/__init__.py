"""Quality of predictions: scores, calibration, and the conventional network for comparison."""
