"""Tables as people have them: a schema of typed columns, and the frozen encoder that makes numbers of them."""

from greenlightning.tables.schema import Column, Kind, TableSchema

__all__ = ["Column", "Kind", "TableSchema"]
