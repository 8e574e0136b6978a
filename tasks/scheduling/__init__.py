"""When to train: carbon intensity, the greenest start, and cost estimates."""
