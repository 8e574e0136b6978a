"""Text in the terminal: outcomes, plans, progress bars and status."""
