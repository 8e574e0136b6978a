"""Federation: a published recipe, signed sums of the sites, and their sum: the model learnt centrally."""

from greenlightning.federation.combination import combine, withdraw
from greenlightning.federation.contribution import Contribution, contribute, read_contribution
from greenlightning.federation.keys import SigningKey
from greenlightning.federation.messages import Message
from greenlightning.federation.publication import publish, read_publication

__all__ = [
    "Contribution",
    "Message",
    "SigningKey",
    "combine",
    "contribute",
    "publish",
    "read_contribution",
    "read_publication",
    "withdraw",
]
