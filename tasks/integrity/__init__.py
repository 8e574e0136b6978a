"""Integrity of a workspace: what is damaged, missing or left behind, how it is repaired, backup and restore."""
