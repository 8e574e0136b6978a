"""Predictions for a table: the version that answers, blocks of rows in, predictions and their score out."""
