"""The served champion: cells as JSON and CSV give them, a version in each answer, and another one meanwhile."""

import asyncio
import json
import shutil
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pandas as pd
import pytest

from greenlightning.errors import NothingServedError
from tasks.models import champion
from tasks.predictions.serving import ServedChampion
from tests.helpers.small import messy_model, messy_rows
from tests.helpers.versions import files_of, register_in_a_run

pytestmark = [pytest.mark.usefixtures("mlflow_home"), pytest.mark.slow]


def ask(served: ServedChampion, content: str, kind: str = "application/json") -> httpx.Response:
    """One question to the application, without a socket."""

    async def posted() -> httpx.Response:
        transport = httpx.ASGITransport(app=served)
        async with httpx.AsyncClient(transport=transport, base_url="http://champion") as client:
            return await client.post("/invocations", content=content, headers={"content-type": kind})

    return asyncio.run(posted())


def records(frame: pd.DataFrame, **more: Any) -> str:
    rows = json.loads(frame.to_json(orient="records", date_format="iso"))
    return json.dumps({"dataframe_records": rows, **more})


def promoted(folder: Path, expected: int | None, rows: int = 120) -> int:
    number = register_in_a_run(messy_model(rows), folder)
    assert champion.promote.fn("digits", number, expected)
    return number


def test_json_and_csv_are_answered_as_the_model_answers_and_name_the_version(tmp_path: Path) -> None:
    promoted(tmp_path / "first", None)
    model, rows = messy_model(), messy_rows(12).drop(columns="label")
    served, expected = ServedChampion("digits"), model.predict(model.encode(messy_rows(12))).tolist()
    answer = ask(served, records(rows[["since", "open", "city", "size", "id"]]))
    assert (answer.status_code, answer.headers["x-model-version"]) == (200, "1")
    assert answer.json() == {"predictions": expected}
    assert ask(served, rows.to_csv(index=False), "text/csv").json() == {"predictions": expected}
    likely = ask(served, records(rows[:1], params={"proba": True})).json()["predictions"]
    assert likely[0].keys() == {"badly", "well"} and sum(likely[0].values()) == pytest.approx(1.0)


def test_a_cell_or_column_that_does_not_fit_is_a_bad_request_that_names_it(tmp_path: Path) -> None:
    promoted(tmp_path / "first", None)
    served, rows = ServedChampion("digits"), messy_rows(2)
    wrong = ask(served, records(rows.assign(size=["1", "huge"])))
    assert wrong.status_code == 400
    assert "Row 2, column 'size' of the table holds 'huge'" in wrong.json()["message"]
    lacking = ask(served, records(rows.drop(columns="city")))
    assert lacking.status_code == 400 and "city" in lacking.json()["message"]


def test_a_refusal_is_one_line_without_the_table_whatever_is_wrong(tmp_path: Path) -> None:
    promoted(tmp_path / "first", None)
    served, rows = ServedChampion("digits"), messy_rows(40)
    csv = rows.drop(columns="city").to_csv(index=False)
    for content, kind, cause in (
        (records(rows.assign(size="huge")), "application/json", "Row 1, column 'size' of the table holds 'huge'"),
        (records(rows.drop(columns="city")), "application/json", "city"),
        ('{"dataframe_records": [', "application/json", "JSON"),
        ("{}", "application/json", "The input must be a JSON dictionary"),
        (csv, "text/csv", "city"),
        ("size,city\n1\n2,Rome\n", "text/csv", "Row 1 of the request has 1 cell, its header 2"),
        ("", "text/csv", "the request is empty"),
    ):
        answer = ask(served, content, kind)
        message = answer.json()["message"]
        assert answer.status_code == 400 and answer.json().keys() == {"error_code", "message"}
        assert cause in message and "\n" not in message and len(message) <= 501
        assert "Failed to predict data" not in message and str(rows["id"][0]) not in message


def test_csv_is_read_as_a_file_is_whatever_its_separator_and_decimal_sign(tmp_path: Path) -> None:
    promoted(tmp_path / "first", None)
    model, rows = messy_model(), messy_rows(12).drop(columns="label")
    served, expected = ServedChampion("digits"), model.predict(model.encode(messy_rows(12))).tolist()
    for separator, decimal in ((";", "."), (";", ","), ("\t", "."), (",", ".")):
        text = rows.to_csv(index=False, sep=separator, decimal=decimal)
        assert ask(served, text, "text/csv").json() == {"predictions": expected}


def test_another_champion_takes_over_and_one_that_cannot_be_loaded_does_not(tmp_path: Path) -> None:
    promoted(tmp_path / "first", None)
    served, rows = ServedChampion("digits"), records(messy_rows(3))
    assert served.reload() is False
    promoted(tmp_path / "second", 1, rows=60)
    assert ask(served, rows).headers["x-model-version"] == "1"
    assert served.reload() is True
    assert ask(served, rows).headers["x-model-version"] == "2"
    shutil.rmtree(files_of(promoted(tmp_path / "third", 2)))
    said: list[str] = []
    stopped = Event()

    def say(line: str) -> None:
        said.append(line)
        stopped.set()

    served.watch(0.01, stopped, say)
    assert said[0].startswith("version 2 goes on: ")
    assert ask(served, rows).headers["x-model-version"] == "2"


def test_without_a_champion_there_is_nothing_to_serve() -> None:
    with pytest.raises(NothingServedError, match="no champion yet"):
        ServedChampion("digits")
