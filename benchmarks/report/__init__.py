"""From records to docs/benchmarks.md: tables, figures, targets."""
