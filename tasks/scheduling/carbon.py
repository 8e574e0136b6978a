"""Forecasts of the grid's carbon intensity, from a CSV file or from a provider over HTTP."""

import csv
import os
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, TypeAdapter, ValidationError

from greenlightning.errors import InputError
from tasks.core.workspace import Workspace
from tasks.scheduling.greenest_start import Forecast, Slot

TOKEN, TOKEN_HOST = "GREENLIGHTNING_CARBON_TOKEN", "GREENLIGHTNING_CARBON_TOKEN_HOST"
TIMEOUT_SECONDS = 10
MOST_BYTES = 4_000_000
REMEDY = "Write none, csv:PATH, electricitymaps:URL or uk:URL"


def checked_source(source: str) -> str:
    """Return ``source`` if it names a forecast as ``CarbonSource`` says; else raise InputError."""
    kind, _, place = source.partition(":")
    url = urlsplit(place)
    if url.username or url.password:
        raise InputError("carbon_source holds a password, which would be stored with the run", f"Use {TOKEN}")
    if not (source == "none" or (kind == "csv" and place) or kind in ("electricitymaps", "uk")):
        raise InputError(f"carbon_source {source!r} is not known", REMEDY)
    if kind in ("electricitymaps", "uk") and (url.scheme not in ("http", "https") or not url.hostname):
        raise InputError(f"carbon_source {source!r} has no http:// or https:// address", REMEDY)
    return source


CarbonSource = Annotated[
    str,
    AfterValidator(checked_source),
    Field(
        description="where the grid's forecast is read: none, csv:PATH, electricitymaps:URL or uk:URL",
        json_schema_extra={"pattern": "^(none|csv:.+|(electricitymaps|uk):https?://.+)$"},
    ),
]
Intensity = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Point(BaseModel):
    """Intensity from a time on; times have an offset from UTC, so that no clock change is ambiguous."""

    start: AwareDatetime = Field(alias="datetime")
    intensity: Intensity | None = Field(alias="carbonIntensity")


class _ElectricityMaps(BaseModel):
    forecast: list[Point]


class _UkIntensity(BaseModel):
    forecast: Intensity | None


class _UkPeriod(BaseModel):
    start: AwareDatetime = Field(alias="from")
    end: AwareDatetime = Field(alias="to")
    intensity: _UkIntensity


class _UkNational(BaseModel):
    data: list[_UkPeriod]


class _UkRegional(BaseModel):
    data: _UkNational


def fetch_forecast(source: str, now: datetime) -> Forecast:
    """Read the forecast that ``source`` (not ``none``) names; InputError says why it cannot be used.

    ``{from}`` in an address becomes ``now`` in UTC to the minute, as the UK interface wants it.
    """
    kind, _, place = source.partition(":")
    try:
        if kind == "csv":
            return from_csv(Workspace.current().root / Path(place).expanduser())
        body = _get(place.replace("{from}", f"{now.astimezone(UTC):%Y-%m-%dT%H:%MZ}"), kind == "electricitymaps")
        if kind == "uk":
            answer = TypeAdapter[_UkNational | _UkRegional](_UkNational | _UkRegional).validate_json(body)
            periods = answer.data.data if isinstance(answer, _UkRegional) else answer.data
            return _in_order((p.start, p.end, p.intensity.forecast) for p in periods)
        return _from_points(_ElectricityMaps.model_validate_json(body).forecast)
    except ValidationError as error:
        first = error.errors()[0]
        fault = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    except (OSError, ValueError, OverflowError, csv.Error) as error:
        fault = str(error) or type(error).__name__
    raise InputError(f"The {kind} forecast cannot be used: {fault}", "Check carbon_source")


def from_csv(path: Path) -> Forecast:
    """The forecast in a CSV file of the columns ``time`` (ISO, with offset) and ``intensity`` (g CO2e per kWh)."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    points = [{"datetime": row.get("time"), "carbonIntensity": row.get("intensity") or None} for row in rows]
    return _from_points([Point.model_validate(point) for point in points])


def _from_points(points: list[Point]) -> Forecast:
    """Slots that last until the next point, or the shortest such time: what comes after that is a gap."""
    ordered = sorted(points, key=lambda point: point.start)
    steps = [later.start - earlier.start for earlier, later in pairwise(ordered)]
    step = min(steps, default=timedelta(hours=1))
    return _in_order((point.start, point.start + step, point.intensity) for point in ordered)


def _in_order(found: Iterable[tuple[datetime, datetime, float | None]]) -> Forecast:
    """The slots with a value, sorted; ValueError where there are none, or where two overlap."""
    slots = sorted(
        (
            Slot(start.astimezone(UTC), end.astimezone(UTC), value)
            for start, end, value in found
            if value is not None
        ),
        key=lambda slot: slot.start,
    )
    if not slots:
        raise ValueError("it has no values")
    if any(slot.end <= slot.start for slot in slots) or any(b.start < a.end for a, b in pairwise(slots)):
        raise ValueError("two of its values are for the same time")
    return Forecast(tuple(slots))


def _get(url: str, with_token: bool) -> bytes:
    """The body of a response with status 200, limited in time and size; raises OSError otherwise."""
    import httpx

    until = time.monotonic() + TIMEOUT_SECONDS
    body = bytearray()
    try:
        with httpx.stream(
            "GET", url, timeout=TIMEOUT_SECONDS, headers=_headers(url) if with_token else {}
        ) as answer:
            if answer.status_code != httpx.codes.OK:
                raise OSError(f"HTTP {answer.status_code}")
            for part in answer.iter_bytes():
                body += part
                if len(body) > MOST_BYTES or time.monotonic() > until:
                    raise OSError("the answer is too long or too slow")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise OSError(str(error) or type(error).__name__) from error
    return bytes(body)


def _headers(url: str) -> dict[str, str]:
    """The token, if this is its host and the connection is encrypted or local."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    meant = os.environ.get(TOKEN_HOST, "api.electricitymaps.com")
    token = os.environ.get(TOKEN)
    safe = parts.scheme == "https" or _is_loopback(host)
    return {"auth-token": token} if token and host == meant and safe else {}


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
