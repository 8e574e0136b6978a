"""The model registry in MLflow: versions, their files, their model cards, and which are kept."""
