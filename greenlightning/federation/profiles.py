"""Profiles as messages: what sites tell of their columns before there is a recipe, signed as everything else."""

from collections.abc import Collection, Iterable
from functools import reduce
from operator import add
from pathlib import Path

from greenlightning.data.files import read_json, reading, write_json
from greenlightning.errors import InputError, MismatchError
from greenlightning.federation.keys import SigningKey
from greenlightning.federation.messages import (
    LARGEST_MESSAGE,
    Message,
    checked_text,
    empty_folder,
    read_message,
    received,
    sign_message,
)
from greenlightning.tables.profile import TableProfile

KIND, FILE, FORMAT = "profile", "profile.json", "greenlightning-profile/1"


def send_profile(profile: TableProfile, folder: Path, key: SigningKey, *, site: str) -> Message:
    """Write a profile and sign it.

    Parameters
    ----------
    profile : TableProfile
        What ``profile_of`` returned.
    folder : Path
        An empty folder, or one to be made.
    key : SigningKey
        The site's.
    site : str
        Name of the site.

    Returns
    -------
    Message
        What was signed.

    Raises
    ------
    InputError
        Where the folder is not empty.
    """
    empty_folder(folder)
    write_json(folder / FILE, profile.to_dict() | {"format": FORMAT})
    return sign_message(folder, KIND, {"site": site, "rows": profile.label.rows}, key)


def merged_profiles(
    folders: Iterable[Path], trusted: Collection[str] | None = None, limit: int = LARGEST_MESSAGE
) -> TableProfile:
    """Verify the profiles of sites and add them up.

    Parameters
    ----------
    folders : iterable of Path
        Where they lie, in any order.
    trusted : collection of str, optional
        Public keys of the sites; any by default.
    limit : int
        Bytes of each, at most.

    Returns
    -------
    TableProfile
        The same for any order.

    Raises
    ------
    IntegrityError
        Where a part is damaged or a signature does not hold.
    MismatchError
        Where one is no profile, its key is not trusted, or a site's profile comes twice.
    InputError
        Where there is none.
    """
    profiles: dict[str, TableProfile] = {}
    for folder in folders:
        about = read_message(folder, KIND, trusted, limit).about
        with received(), reading(folder):
            site = checked_text(about, "site")
        if site in profiles:
            raise MismatchError(f"Site {site} sent two profiles", "Give one of each site, of all its rows")
        with received(), reading(folder):
            content = read_json(folder / FILE, FORMAT)
            profiles[site] = TableProfile.from_dict(content)
    if not profiles:
        raise InputError("No site sent a profile", "Give the folder of each")
    return reduce(add, profiles.values())
