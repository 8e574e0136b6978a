"""A column schema as a table on the terminal."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from greenlightning.tables import TableSchema

SHOWN = 5


def schema_table(schema: "TableSchema") -> None:
    """Print a row for each column, the label last."""
    table = Table("column", "kind", "why")
    for column in schema.columns:
        shown = ", ".join(column.categories[:SHOWN]) + (", …" if len(column.categories) > SHOWN else "")
        event = "event time; " if column.name == schema.time else ""
        why = f"{event}{column.reason}" + (f": {shown}" if shown else "")
        table.add_row(escape(column.name), str(column.kind), escape(why))
    table.add_section()
    table.add_row(escape(schema.label), f"label, {schema.task}", escape(schema.task_reason))
    Console().print(table)
