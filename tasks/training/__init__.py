"""Training steps: structure, retraining, evaluation, baselines, health, federation, remote fit, DVC stages."""
