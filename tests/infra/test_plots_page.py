"""The page of ``dvc plots``: it holds the packages that its script names, and loads nothing."""

import io
import re
import tarfile
from pathlib import Path

from infra.plots_page import PACKAGES, PAGE, page

ROOT = Path(__file__).parents[2]


def packed(folder: Path, name: str, version: str) -> None:
    """A package as ``npm pack`` leaves it."""
    files = {f"build/{name}.min.js": f"'</script>';{name.replace('-', '')}=1", "LICENSE": f"{name} -- BSD"}
    with tarfile.open(folder / f"{name}-{version}.tgz", "w:gz") as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo(f"package/{path}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))


def test_the_page_has_each_script_its_licence_and_dvcs_placeholders(tmp_path: Path) -> None:
    for name, version in PACKAGES.items():
        packed(tmp_path, name, version)
    found = page(tmp_path)
    assert all(f"<script>'<\\/script>';{name.replace('-', '')}=1</script>" in found for name in PACKAGES)
    assert "vega 5.33.0\nvega - - BSD" in found
    assert "{plot_divs}" in found and "{refresh_tag}" in found and "{scripts}" not in found


def test_the_committed_page_is_of_these_versions_and_loads_nothing() -> None:
    text = (ROOT / PAGE).read_text()
    assert all(f"{name} {version}\n" in text for name, version in PACKAGES.items())
    assert not re.findall(r"<(?:script|link)[^>]*(?:src|href)=", text)
    assert (ROOT / PAGE).stat().st_size < 1 << 20
