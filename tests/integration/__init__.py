"""Servers that a test starts for itself: PostgreSQL and an object store, with the settings of infra/."""
