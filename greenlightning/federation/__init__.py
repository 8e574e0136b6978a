"""Federation: a published recipe, signed sums of the sites, and their sum: the model learnt centrally."""

from greenlightning.federation.combination import combine, withdraw
from greenlightning.federation.contribution import Contribution, contribute, read_contribution, sign_sums
from greenlightning.federation.keys import SigningKey
from greenlightning.federation.messages import Message
from greenlightning.federation.privacy import Privacy, private_sums
from greenlightning.federation.profiles import merged_profiles, send_profile
from greenlightning.federation.publication import publish, read_publication
from greenlightning.federation.ranks import all_reduced

__all__ = [
    "Contribution",
    "Message",
    "Privacy",
    "SigningKey",
    "all_reduced",
    "combine",
    "contribute",
    "merged_profiles",
    "private_sums",
    "publish",
    "read_contribution",
    "read_publication",
    "send_profile",
    "sign_sums",
    "withdraw",
]
