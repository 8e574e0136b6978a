"""A column schema as a table on the terminal."""

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from flows.console.inert_console import InertConsole

if TYPE_CHECKING:
    from greenlightning.tables import TableSchema


def schema_table(schema: "TableSchema") -> None:
    """Print a row for each column, the label last."""
    table = Table("column", "kind", "why")
    for row in schema.describe():
        table.add_row(*map(escape, row.values()))
    InertConsole().print(table)
