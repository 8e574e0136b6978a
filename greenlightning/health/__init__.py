"""Health of a frozen structure: indicators measured on a new batch, compared with a reference."""
