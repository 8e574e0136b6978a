"""``python infra/audit.py FILE``: what an audit by pip-audit came to; 3 where it could not ask."""

import json
import sys
from pathlib import Path

NOT_AUDITED = 3


def verdict(file: Path) -> tuple[int, str]:
    """Exit code and one line: pip-audit itself calls a package without an answer free of vulnerabilities."""
    if not file.is_file():
        return NOT_AUDITED, "Not audited: the database of vulnerabilities did not answer."
    found = json.loads(file.read_text())["dependencies"]
    skipped = [one["name"] for one in found if "skip_reason" in one]
    faults = [f"{one['name']} {one['version']} ({fault['id']})" for one in found for fault in one.get("vulns", ())]
    if faults:
        return 1, f"Vulnerable: {', '.join(faults)}."
    if skipped:
        few = ", ".join(skipped[:5]) + (", …" if len(skipped) > 5 else "")
        return NOT_AUDITED, f"Not audited: no answer about {len(skipped)} of {len(found)} packages ({few})."
    return 0, f"No known vulnerability in {len(found)} packages."


if __name__ == "__main__":
    code, line = verdict(Path(sys.argv[1]))
    print(line)
    sys.exit(code)
