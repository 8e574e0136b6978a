"""What MLflow's pages show of runs and experiments: addresses, saved views, names and notes."""
