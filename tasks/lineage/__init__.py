"""Lineage: which data and code made a version, as a graph, a page and OpenLineage events; rebuilding a version."""
