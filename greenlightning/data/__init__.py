"""Data that a model learns from: batches, the ledger of those learnt, targets, splits, data sets and files."""
