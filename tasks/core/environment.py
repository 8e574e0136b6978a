"""The environment of our processes, without what a shell, a git hook or a container put there for others.

What a user sets for us stays: ``GREENLIGHTNING_*``, ``OPENLINEAGE_*``, ``PREFECT_API_URL``,
``MLFLOW_TRACKING_URI`` and the settings of Prefect and MLflow that are not named here.
"""

import locale
import os
import pwd
import sys
from collections.abc import MutableMapping
from importlib.util import find_spec
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
NEUTRAL = CHECKOUT / "flows"
"""Current folder of our processes: Prefect reads ``.env``, ``prefect.toml`` and ``pyproject.toml`` of it."""

Environ = MutableMapping[str, str]

REPOSITORY = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)
"""``git rev-parse --local-env-vars`` and the namespace: what points git at one repository."""
ELSEWHERE = (
    "MLFLOW_EXPERIMENT_ID",
    "MLFLOW_EXPERIMENT_NAME",
    "MLFLOW_REGISTRY_URI",
    "MLFLOW_RUN_ID",
    "PREFECT_PROFILE",
    "PREFECT_PROFILES_PATH",
    "PYTHONIOENCODING",
)
"""What would attach our runs to the user's, or write our logs in another encoding."""
PATHS = ("GREENLIGHTNING_HOME", "GREENLIGHTNING_DATASETS", "OPENLINEAGE_CONFIG")
CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
PROXIES = ("ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY")
LOOPBACK = ("127.0.0.1", "localhost", "::1")
PRIVATE = 0o077
_given: dict[str, int] = {}


def clean(environ: Environ, home: Path) -> None:
    """Remove from ``environ`` what must not decide, and give what libraries need in the workspace ``home``."""
    for name in (*REPOSITORY, *ELSEWHERE):
        environ.pop(name, None)
    for name in CERTIFICATES:
        if name in environ and not Path(environ[name]).exists():
            del environ[name]
    _absolute_paths(environ)
    _direct_loopback(environ)
    _own_modules_first(environ)
    _user_and_home(environ, home)
    environ["PREFECT_HOME"] = str(home / ".prefect")


def ensure_utf8() -> None:
    """Start this program again in Python's UTF-8 mode where the locale has another encoding, such as ASCII."""
    if not sys.flags.utf8_mode and locale.getencoding().lower() != "utf-8":
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def limit_permissions() -> None:
    """Close the files that this process and its children create to other users, whatever the umask was."""
    before = os.umask(PRIVATE)
    if before != PRIVATE or not _given:
        _given["umask"] = before


def open_as_given(file: Path) -> None:
    """Give a file that the user asked for the mode that the user's own umask would have given it."""
    file.chmod(0o666 & ~_given.get("umask", PRIVATE))


def without_repository(environ: Environ) -> dict[str, str]:
    """A copy of ``environ`` in which git looks for a repository in the checkout and not above it."""
    kept = {name: value for name, value in environ.items() if name not in REPOSITORY}
    return kept | {"GIT_CEILING_DIRECTORIES": str(CHECKOUT.parent)}


def _absolute_paths(environ: Environ) -> None:
    """Keep relative paths valid when the process changes its current folder."""
    if Path("openlineage.yml").is_file():
        environ.setdefault("OPENLINEAGE_CONFIG", "openlineage.yml")
    for name in PATHS:
        if environ.get(name):
            environ[name] = str(Path(environ[name]).expanduser().absolute())


def _direct_loopback(environ: Environ) -> None:
    """Use no proxy for this machine, and no SOCKS proxy where httpx cannot: it would refuse every request."""
    if not find_spec("socksio"):
        for name in (spelling for proxy in PROXIES for spelling in (proxy, proxy.lower())):
            if environ.get(name, "").lower().startswith("socks"):
                del environ[name]
    direct = (environ.get("no_proxy") or environ.get("NO_PROXY") or "").split(",")
    hosts = ",".join(dict.fromkeys([*filter(None, direct), *LOOPBACK]))
    environ["no_proxy"] = environ["NO_PROXY"] = hosts


def _own_modules_first(environ: Environ) -> None:
    """Have every Python that is started find our ``flows`` and ``tasks`` first, and none of its current folder."""
    others = [path for path in environ.get("PYTHONPATH", "").split(os.pathsep) if path not in ("", str(CHECKOUT))]
    environ["PYTHONPATH"] = os.pathsep.join([str(CHECKOUT), *others])
    environ["PYTHONSAFEPATH"] = environ["PYTHONUTF8"] = "1"


def _user_and_home(environ: Environ, home: Path) -> None:
    """Name a user that the system has no name for, and give libraries a home folder that they can write to."""
    registered = _password_home()
    if registered is None:
        environ.setdefault("LOGNAME", f"uid-{os.getuid()}")
    folder = Path(environ.get("HOME") or registered or home / ".prefect" / "home")
    if not os.access(folder, os.W_OK | os.X_OK):
        folder = home / ".prefect" / "home"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    environ["HOME"] = str(folder)


def _password_home() -> str | None:
    """The home folder that the system's user database names for this user, None where it has no such user."""
    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return None
