"""Write the page of ``dvc plots`` with Vega inside: ``python infra/plots_page.py``, where npm answers.

``.dvc/config`` names the page, which loads nothing. A newer Vega is another number below, and another run.
"""

import re
import subprocess
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

PACKAGES = {"vega": "5.33.0", "vega-lite": "5.23.0", "vega-embed": "6.29.0"}
PAGE = Path(".dvc/plots.html")
TEMPLATE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Plots of the bench</title>
{refresh_tag}
<style>
:root {{ color-scheme: light dark; font-family: system-ui, sans-serif; }}
body {{ display: flex; flex-wrap: wrap; gap: 2rem; margin: 1.5rem; }}
body > div {{ max-width: 100%; overflow-x: auto; }}
</style>
<!-- {licences}
-->
{scripts}
<script>
const draw = vegaEmbed, dark = matchMedia("(prefers-color-scheme: dark)").matches;
const look = {{ renderer: "svg", theme: dark ? "dark" : undefined, actions: {{ editor: false }} }};
vegaEmbed = (id, plot) => draw(id, plot, look);
</script>
</head>
<body>
{plot_divs}
</body>
</html>
"""


def page(folder: Path) -> str:
    """The page, of the packages in a folder."""
    scripts, licences = [], {}
    for name, version in PACKAGES.items():
        with tarfile.open(folder / f"{name}-{version}.tgz") as packed:
            script = _text(packed, f"package/build/{name}.min.js")
            licences[f"{name} {version}"] = _text(packed, "package/LICENSE").replace("--", "- -").strip()
        script = re.sub(r"^//# sourceMappingURL=.*$", "", script, flags=re.MULTILINE).strip()
        escaped = script.replace("</script", "<\\/script")
        scripts.append(f"<script>{escaped}</script>")
    listed = "\n\n".join(f"{name}\n{licence}" for name, licence in licences.items())
    placeholders = {"refresh_tag": "{refresh_tag}", "plot_divs": "{plot_divs}"}
    return TEMPLATE.format(licences=listed, scripts="\n".join(scripts), **placeholders)


def _text(packed: tarfile.TarFile, name: str) -> str:
    found = packed.extractfile(name)
    if found is None:
        raise SystemExit(f"error {name} is not in the package; name a version that has it")
    return found.read().decode()


def main() -> None:
    """Fetch the packages and write the page."""
    with TemporaryDirectory() as folder:
        wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
        subprocess.run(["npm", "pack", "--silent", *wanted], cwd=folder, check=True)
        PAGE.write_text(page(Path(folder)))


if __name__ == "__main__":
    main()
