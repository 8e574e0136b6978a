"""Flows that make a new version: ingest, train, retrain, forget, federate, fit, structure refresh."""
