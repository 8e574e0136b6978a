"""A folder and an environment of a user that would break ours, if they decided anything."""

from pathlib import Path

FILES = {
    "tasks.py": "raise RuntimeError('the tasks of the user')\n",
    "flows/__init__.py": "raise RuntimeError('the flows of the user')\n",
    "prefect.toml": "[api\nurl = ",
    "pyproject.toml": "[tool.prefect.api]\nurl = 'http://127.0.0.1:1/api'\n",
    ".env": "PREFECT_API_URL=http://127.0.0.1:1/api\n",
}


def hostile_folder(folder: Path) -> Path:
    """Make ``folder`` with modules named like ours and with settings of another Prefect, and return it."""
    for name, text in FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def hostile_environment(folder: Path) -> dict[str, str]:
    """Variables as a git hook, a proxy and an old shell export them; ``folder`` comes from ``hostile_folder``."""
    return {
        "ALL_PROXY": "socks5://127.0.0.1:1",
        "GIT_DIR": str(folder / ".git"),
        "GIT_INDEX_FILE": str(folder / ".git" / "index"),
        "GIT_WORK_TREE": str(folder),
        "HOME": str(folder / "no-home"),
        "LC_ALL": "C",
        "MLFLOW_RUN_ID": "0123456789abcdef0123456789abcdef",
        "PREFECT_PROFILE": "theirs",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONIOENCODING": "ascii",
        "PYTHONPATH": str(folder),
        "PYTHONUTF8": "0",
        "REQUESTS_CA_BUNDLE": str(folder / "gone.pem"),
        "SSL_CERT_FILE": str(folder / "gone.pem"),
    }
