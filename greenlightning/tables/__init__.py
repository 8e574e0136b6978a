"""Tables as people have them: a schema of typed columns, and the frozen encoder that makes numbers of them."""

from greenlightning.tables.conform import ConformedTable, concatenated, conform, in_form_of
from greenlightning.tables.encoder import TableEncoder
from greenlightning.tables.inference import infer_schema
from greenlightning.tables.schema import Column, Kind, TableSchema

__all__ = [
    "Column",
    "ConformedTable",
    "Kind",
    "TableEncoder",
    "TableSchema",
    "concatenated",
    "conform",
    "in_form_of",
    "infer_schema",
]
