"""Forecasts: read from a file and from providers, and refused with the reason where they are broken."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from greenlightning.errors import InputError
from tasks.scheduling import carbon
from tasks.scheduling.carbon import TOKEN, TOKEN_HOST, CarbonSource, fetch_forecast
from tasks.scheduling.greenest_start import Forecast

NOW = datetime(2026, 3, 1, 12, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
Serve = Callable[..., str]


def uk(*periods: tuple[str, str, float | None]) -> dict[str, object]:
    """The answer of /intensity/{from}/fw48h."""
    return {
        "data": [
            {"from": start, "to": end, "intensity": {"forecast": value, "actual": None, "index": "moderate"}}
            for start, end, value in periods
        ]
    }


def maps(*points: tuple[str, float | None]) -> dict[str, object]:
    """The answer of /v3/carbon-intensity/forecast."""
    forecast = [{"carbonIntensity": value, "datetime": when} for when, value in points]
    return {"zone": "DE", "forecast": forecast, "updatedAt": "2026-03-01T11:50:00.000Z"}


NATIONAL = uk(("2026-03-01T12:00Z", "2026-03-01T12:30Z", 266), ("2026-03-01T12:30Z", "2026-03-01T13:00Z", 263))
HOURLY = maps(("2026-03-01T12:00:00.000Z", 326), ("2026-03-01T13:00:00.000Z", 297.5))


@pytest.fixture
def seen() -> list[tuple[str, dict[str, str]]]:
    """Path and headers of each request that came."""
    return []


@pytest.fixture
def serve(seen: list[tuple[str, dict[str, str]]]) -> Iterator[Serve]:
    """A provider on loopback that answers with a body, a status, and parts of the body with a pause after each."""
    servers: list[tuple[HTTPServer, threading.Thread]] = []

    def start(body: object, status: int = 200, pause: float = 0, **headers: str) -> str:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()

        class Provider(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                for part in [sent[i : i + 50] for i in range(0, len(sent), 50)] if pause else [sent]:
                    try:
                        self.wfile.write(part)
                    except OSError:
                        return
                    time.sleep(pause)

            def log_message(self, *_: object) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Provider)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def told(forecast: Forecast) -> list[tuple[str, str, float]]:
    return [(f"{s.start:%d %H:%M}", f"{s.end:%d %H:%M}", s.intensity) for s in forecast.slots]


# --- what is understood -----------------------------------------------------------------------------------------


def test_the_uk_shape_gives_half_hours_and_is_asked_from_now_on(
    serve: Serve, seen: list[tuple[str, dict[str, str]]]
) -> None:
    source = f"uk:{serve(NATIONAL)}/intensity/{{from}}/fw48h"
    expected = [("01 12:00", "01 12:30", 266), ("01 12:30", "01 13:00", 263)]
    assert told(fetch_forecast(source, NOW)) == expected
    assert seen[0][0] == "/intensity/2026-03-01T12:10Z/fw48h"
    regional = {"data": {"regionid": 3, "shortname": "North West England", **NATIONAL}}
    assert told(fetch_forecast(f"uk:{serve(regional)}", NOW)) == expected


def test_the_electricity_maps_shape_gives_hours(serve: Serve) -> None:
    found = fetch_forecast(f"electricitymaps:{serve(HOURLY)}/v3/carbon-intensity/forecast?zone=DE", NOW)
    assert told(found) == [("01 12:00", "01 13:00", 326), ("01 13:00", "01 14:00", 297.5)]


def test_a_csv_file_of_the_workspace_gives_hours_in_any_order(home: Path) -> None:
    (home / "grid.csv").write_text(
        "intensity,time,zone\n297.5,2026-03-01T13:00Z,DE\n326,2026-03-01T12:00+00:00,DE\n90,2026-03-01T15:00+01:00,DE\n"
    )
    expected = [("01 12:00", "01 13:00", 326), ("01 13:00", "01 14:00", 297.5), ("01 14:00", "01 15:00", 90)]
    assert told(fetch_forecast("csv:grid.csv", NOW)) == expected
    assert told(fetch_forecast(f"csv:{home / 'grid.csv'}", NOW)) == expected


def test_the_hour_that_a_clock_shows_twice_is_two_hours(serve: Serve) -> None:
    autumn = maps(("2026-10-25T01:00+02:00", 1), ("2026-10-25T02:00+02:00", 2), ("2026-10-25T02:00+01:00", 3))
    assert told(fetch_forecast(f"electricitymaps:{serve(autumn)}", NOW)) == [
        ("24 23:00", "25 00:00", 1),
        ("25 00:00", "25 01:00", 2),
        ("25 01:00", "25 02:00", 3),
    ]


def test_a_missing_hour_and_an_hour_without_a_value_are_gaps(serve: Serve) -> None:
    holes = maps(
        ("2026-03-01T12:00Z", 1), ("2026-03-01T13:00Z", None), ("2026-03-01T14:00Z", 3), ("2026-03-01T17:00Z", 4)
    )
    forecast = fetch_forecast(f"electricitymaps:{serve(holes)}", NOW)
    assert told(forecast) == [
        ("01 12:00", "01 13:00", 1),
        ("01 14:00", "01 15:00", 3),
        ("01 17:00", "01 18:00", 4),
    ]
    assert forecast.intensity(NOW, HOUR) is None


# --- what is not ------------------------------------------------------------------------------------------------

BROKEN: dict[str, tuple[str, object, int, str]] = {
    "an error of the provider": ("uk", NATIONAL, 500, "HTTP 500"),
    "a redirection": ("uk", NATIONAL, 302, "HTTP 302"),
    "no JSON": ("uk", b"<html>maintenance</html>", 200, "Invalid JSON"),
    "too deep": ("uk", b"[" * 100_000, 200, "recursion limit"),
    "another shape": ("electricitymaps", NATIONAL, 200, "forecast: Field required"),
    "an empty list": ("electricitymaps", maps(), 200, "it has no values"),
    "nothing but gaps": ("uk", uk(("2026-03-01T12:00Z", "2026-03-01T12:30Z", None)), 200, "it has no values"),
    "a text": ("electricitymaps", maps(("2026-03-01T12:00Z", "low")), 200, "valid number"),  # type: ignore[arg-type]
    "a negative value": ("electricitymaps", maps(("2026-03-01T12:00Z", -1)), 200, "greater than or equal to 0"),
    "not a number": ("electricitymaps", maps(("2026-03-01T12:00Z", float("nan"))), 200, "finite number"),
    "no offset": ("electricitymaps", maps(("2026-03-01T12:00:00", 1)), 200, "should have timezone info"),
    "no time": ("uk", uk(("noon", "2026-03-01T12:30Z", 1)), 200, "valid datetime"),
    "the same time twice": (
        "electricitymaps",
        maps(("2026-03-01T12:00Z", 1), ("2026-03-01T14:00+02:00", 2)),
        200,
        "two of its values are for the same time",
    ),
    "an end before its start": (
        "uk",
        uk(("2026-03-01T12:30Z", "2026-03-01T12:00Z", 1)),
        200,
        "two of its values are for the same time",
    ),
    "the end of time": ("electricitymaps", maps(("9999-12-31T23:59:59-12:00", 1)), 200, "out of range"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_answer_is_refused_with_its_fault(fault: str, serve: Serve) -> None:
    kind, body, status, cause = BROKEN[fault]
    with pytest.raises(InputError, match=f"The {kind} forecast cannot be used: .*{cause}"):
        fetch_forecast(f"{kind}:{serve(body, status, Location='http://127.0.0.1:1/')}", NOW)


def test_a_provider_that_is_silent_slow_endless_or_away_is_given_up(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carbon, "TIMEOUT_SECONDS", 0.2)
    with pytest.raises(InputError, match=r"timed out|too slow"):
        fetch_forecast(f"uk:{serve(NATIONAL, pause=0.6)}", NOW)
    with pytest.raises(InputError, match="too long or too slow"):
        fetch_forecast(f"uk:{serve(b' ' * 500, pause=0.05)}", NOW)
    monkeypatch.setattr(carbon, "TIMEOUT_SECONDS", 10)
    monkeypatch.setattr(carbon, "MOST_BYTES", 1000)
    with pytest.raises(InputError, match="too long or too slow"):
        fetch_forecast(f"uk:{serve(b' ' * 5000)}", NOW)
    with pytest.raises(InputError, match="refused"):
        fetch_forecast("uk:http://127.0.0.1:1", NOW)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (None, "No such file"),
        (b"", "it has no values"),
        (b"time,intensity\n", "it has no values"),
        (b"hour,grams\n1,2\n", "datetime: Input should be a valid datetime"),
        (b"time,intensity\n2026-03-01T12:00,300\n", "should have timezone info"),
        (b"time,intensity\n2026-03-01T12:00Z,much\n", "valid number"),
        (b"\xff\xfe\x00", "utf-8"),
        (b'time,intensity\n"' + b"9" * 200_000, "(field larger than field limit|valid datetime)"),
    ],
)
def test_a_broken_file_is_refused_with_its_fault(text: bytes | None, cause: str, home: Path) -> None:
    if text is not None:
        (home / "grid.csv").write_bytes(text)
    with pytest.raises(InputError, match=f"The csv forecast cannot be used: .*{cause}"):
        fetch_forecast("csv:grid.csv", NOW)


# --- the token --------------------------------------------------------------------------------------------------


def test_the_token_goes_to_the_host_it_is_meant_for_and_to_no_other(
    serve: Serve, seen: list[tuple[str, dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TOKEN, "secret")
    fetch_forecast(f"electricitymaps:{serve(HOURLY)}", NOW)
    monkeypatch.setenv(TOKEN_HOST, "127.0.0.1")
    fetch_forecast(f"electricitymaps:{serve(HOURLY)}", NOW)
    fetch_forecast(f"uk:{serve(NATIONAL)}", NOW)
    assert [headers.get("auth-token") for _, headers in seen] == [None, "secret", None]


def test_the_token_is_not_sent_where_others_can_read_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN, "secret")
    place = "//api.electricitymaps.com/v3/carbon-intensity/forecast?zone=DE"
    assert carbon._headers(f"https:{place}") == {"auth-token": "secret"}
    assert carbon._headers(f"http:{place}") == {}
    monkeypatch.setenv(TOKEN_HOST, "grid.example")
    assert carbon._headers(f"https:{place}") == carbon._headers("http://grid.example/") == {}


# --- the parameter ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "none",
        "csv:grid.csv",
        "csv:/data/grid.csv",
        "uk:https://example.org/{from}",
        "electricitymaps:http://[::1]:80/f",
    ],
)
def test_a_source_is_a_word_and_a_place(source: str) -> None:
    assert TypeAdapter(CarbonSource).validate_python(source) == source


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("", "carbon_source '' is not known. Write none, csv:PATH, electricitymaps:URL or uk:URL"),
        ("grid.csv", "is not known"),
        ("csv:", "is not known"),
        ("uk:", "has no http:// or https:// address"),
        ("uk:file:///etc/passwd", "has no http:// or https:// address"),
        ("electricitymaps:api.example", "has no http:// or https:// address"),
        ("uk:http://[::1", "Invalid IPv6 URL"),
        ("electricitymaps:https://me:hunter2@api.example/", "holds a password"),
    ],
)
def test_any_other_source_is_refused_and_a_password_is_not_repeated(source: str, cause: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(CarbonSource).validate_python(source)
    message = refused.value.errors()[0]["msg"]
    assert cause in message
    assert "hunter2" not in message
