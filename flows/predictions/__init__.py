"""Predictions out: predicting a file, scoring as a flow, serving over HTTP, and which version served when."""
