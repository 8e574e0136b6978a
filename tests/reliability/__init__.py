"""Attacks on a small workspace; ``make reliability`` runs them all and writes docs/reliability.md."""
