"""The documentation site builds strictly, and its pages load nothing from elsewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import greenlightning

ROOT = Path(__file__).resolve().parents[2]
LOADED = re.compile(r"""<(?:(?:script|img|iframe|source)[^>]+src|link[^>]+href)=["']?https?://[^"' >]+""")
IMPORTED = re.compile(r"""(?:url\(|@import\s)["']?https?://[^"')]+""")


def test_the_site_builds_strictly_and_its_pages_load_nothing_from_elsewhere(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert built.returncode == 0, "without --quiet, which hides warnings from --strict\n" + built.stderr
    pages, styles = list(tmp_path.rglob("*.html")), list(tmp_path.rglob("*.css"))
    assert len(pages) > len(list((ROOT / "docs").rglob("*.md")))
    assert [found for page in pages for found in LOADED.findall(page.read_text())] == []
    assert [found for style in styles for found in IMPORTED.findall(style.read_text())] == []


def test_the_api_reference_documents_every_public_name() -> None:
    page = (ROOT / "docs" / "reference" / "api.md").read_text()
    documented = set(re.findall(r"^::: greenlightning\.(\w+)$", page, re.MULTILINE))
    assert documented == set(greenlightning.__all__)
