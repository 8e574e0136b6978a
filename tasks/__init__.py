"""Steps of the pipeline, by subject: they connect the library to DVC, Great Expectations, MLflow and Prefect."""
