"""Flows about versions that exist: promote, roll back, pin, reproduce, compare, report, lineage, maintenance."""
