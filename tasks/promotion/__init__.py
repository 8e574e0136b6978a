"""Promotion: registering a new version, deciding whether it becomes champion, and decisions by hand."""
