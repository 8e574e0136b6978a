"""Servers and a browser for tests."""
