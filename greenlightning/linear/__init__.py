"""The linear model on path features: additive statistics, solvers, gradient descent, probabilities."""
