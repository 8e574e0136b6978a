"""Tables as people have them: a schema of typed columns, and the frozen encoder that makes numbers of them."""

from greenlightning.tables.agreement import agreed_encoder, agreed_schema
from greenlightning.tables.conform import ConformedTable, concatenated, conform, in_form_of
from greenlightning.tables.encoder import TableEncoder
from greenlightning.tables.inference import infer_schema
from greenlightning.tables.profile import TableProfile
from greenlightning.tables.profiling import profile_of, profile_of_blocks
from greenlightning.tables.schema import Column, Kind, TableSchema

__all__ = [
    "Column",
    "ConformedTable",
    "Kind",
    "TableEncoder",
    "TableProfile",
    "TableSchema",
    "agreed_encoder",
    "agreed_schema",
    "concatenated",
    "conform",
    "in_form_of",
    "infer_schema",
    "profile_of",
    "profile_of_blocks",
]
