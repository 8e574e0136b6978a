"""Commands of a federation: sites agree on columns, and send sums that a coordinator combines."""

from flows.cli.federation.rounds import commands

__all__ = ["commands"]
