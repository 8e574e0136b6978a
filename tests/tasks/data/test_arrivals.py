"""A call may name files, folders and globs; a file that is still being written is waited for, or refused."""

from pathlib import Path

import pytest

from tasks.data import arrivals
from tasks.data.arrivals import by_event_time, files_of, natural_order, wait_until_written
from tasks.data.reading import ReadOptions
from tests.helpers.source_files import refusal, text


def files(folder: Path, *names: str) -> list[Path]:
    for name in names:
        (folder / name).write_text("a,label\n1,2\n")
    return [folder / name for name in names]


def test_a_folder_gives_its_tables_in_natural_order(tmp_path: Path) -> None:
    ordered = files(tmp_path, "day-9.csv", "day-10.CSV.GZ", "day-11.parquet")
    files(tmp_path, ".hidden.csv", "README.md", "_SUCCESS", "day-12.csv.part", "~$day.xlsx")
    (tmp_path / "day-1.csv").mkdir()
    assert files_of([tmp_path]) == ordered


def test_a_glob_gives_what_it_finds_and_each_file_once(tmp_path: Path) -> None:
    first, second, third = files(tmp_path, "b-2.csv", "b-10.csv", "a.csv")
    assert files_of([third, tmp_path / "b*.csv", first]) == [third, first, second]


def test_a_name_with_brackets_is_a_file_if_there_is_one(tmp_path: Path) -> None:
    [path] = files(tmp_path, "day[1].csv")
    assert files_of([path]) == [path]


def test_a_path_to_no_file_is_refused(tmp_path: Path) -> None:
    assert "has no table" in refusal(files_of, [tmp_path])
    assert "no file fits it" in refusal(files_of, [tmp_path / "*.csv"])
    assert files_of([tmp_path / "absent.csv"]) == [tmp_path / "absent.csv"]


def test_numbers_in_names_are_compared_as_numbers() -> None:
    assert natural_order(Path("a9b")) < natural_order(Path("a10b")) < natural_order(Path("a10c"))


def test_files_go_in_the_order_of_their_first_event(tmp_path: Path) -> None:
    def day(name: str, *dates: str) -> Path:
        return text(name, "when,label\n" + "".join(f"{date},1\n" for date in dates))(tmp_path)

    march, january, torn = day("a.csv", "2026-03-05", "2026-03-01"), day("b.csv", "2026-01-31"), day("c.csv")
    february = day("d.csv", "2026-02-28T12:00:00")
    named = [march, january, torn, february]
    assert by_event_time(named, "when", ReadOptions()) == [january, february, march, torn]
    assert by_event_time(named, None, ReadOptions()) == named


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The naps of the wait, none of which takes time."""
    naps: list[float] = []
    monkeypatch.setattr(arrivals, "QUIET", 0.25)
    monkeypatch.setattr(arrivals.time, "sleep", naps.append)
    return naps


def test_a_file_that_rests_is_complete(tmp_path: Path, slept: list[float]) -> None:
    [path] = files(tmp_path, "a.csv")
    wait_until_written(path)
    assert slept == [0.25]


def test_a_file_that_grows_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [path] = files(tmp_path, "a.csv")
    rows = iter(["3,4\n", "5,6\n", ""])

    def write(seconds: float) -> None:
        with path.open("a") as stream:
            stream.write(next(rows))

    monkeypatch.setattr(arrivals.time, "sleep", write)
    wait_until_written(path)
    assert path.read_text().endswith("5,6\n")
    assert next(rows, None) is None


def test_a_file_that_goes_on_growing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [path] = files(tmp_path, "a.csv")
    monkeypatch.setattr(arrivals.time, "sleep", lambda seconds: path.write_text(path.read_text() * 2))
    assert "a.csv is still being written after 0 s" in refusal(wait_until_written, path, 0)


@pytest.mark.parametrize("name", ["a.csv.part", "a.csv.crdownload", "A.TMP", "~$a.xlsx"])
def test_the_name_of_a_part_is_refused(name: str) -> None:
    assert "still being written" in refusal(wait_until_written, Path(name))
