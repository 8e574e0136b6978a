"""A browser that is new to MLflow's pages finds Model training, and no assistant that opened by itself."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.testclient import TestClient

from flows.servers.first_visit import REMEMBERED, FirstVisit


def test_the_first_page_has_a_script_before_all_others_and_other_pages_are_as_they_were(tmp_path: Path) -> None:
    behind = FastAPI()
    behind.get("/health")(lambda: "OK")
    index = tmp_path / "index.html"
    index.write_text("<html><head><script src='main.js'></script></head><body>MLflow</body></html>")
    client = TestClient(FirstVisit(behind, index))
    page = client.get("/")
    assert page.headers["Content-Type"].startswith("text/html")
    ours, theirs = page.text.index("localStorage.setItem"), page.text.index("main.js")
    assert ours < theirs and '"mlflow.workflowType_v1": "machine_learning"' in page.text
    assert client.get("/health").json() == "OK"


def test_it_says_what_the_front_end_of_this_mlflow_reads() -> None:
    import mlflow

    built = Path(mlflow.__file__).parent / "server" / "js" / "build"
    assert "<head>" in (built / "index.html").read_text()
    code = "".join(file.read_text() for file in (built / "static" / "js").glob("*.js"))
    for name in REMEMBERED:
        assert f'key:"{name.removesuffix("_v1")}",version:1' in code
    assert 'MACHINE_LEARNING="machine_learning"' in code
