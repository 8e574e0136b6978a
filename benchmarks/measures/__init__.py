"""What is measured: one module a benchmark."""
