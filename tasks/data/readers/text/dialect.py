"""How a text file separates its cells: separator, quotes, and the lines before the first sample."""

import csv
import re
from collections import Counter
from dataclasses import dataclass, replace
from io import StringIO

from greenlightning.errors import InputError

SEPARATORS = (",", ";", "\t", "|")
NAMES = {"\t": "tabs", " ": "blanks"}
ROWS = 200
SAMPLE = 1 << 18
DECLARED = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)
BACKSLASHED = re.compile(r'[^\\"]\\"[^,;\t\r\n]')


@dataclass(frozen=True)
class Dialect:
    """Separator, quote and escape characters; ``start`` is where the header begins, ``width`` the cells a row."""

    separator: str
    quote: str = '"'
    escape: str | None = None
    start: int = 0
    width: int = 1
    trailing: bool = False
    spaced: bool = False

    @property
    def has_blanks(self) -> bool:
        """Whether blanks separate cells, or stand between a separator and a quote."""
        return self.spaced or self.separator == " "

    def rows(self, text: str) -> "csv.Reader":  # type: ignore[name-defined]
        """The rows of a text."""
        return csv.reader(
            StringIO(text, newline=""),
            delimiter=self.separator,
            quotechar=self.quote,
            escapechar=self.escape,
            skipinitialspace=self.has_blanks,
        )


def separator_named(text: str | None) -> str | None:
    """The separator that an option spells: one character, or a name such as tab; InputError for anything else."""
    if text is None:
        return None
    character = {"tab": "\t", r"\t": "\t", "comma": ",", "semicolon": ";"}.get(text, text)
    if len(character) != 1 or character in '"\r\n' or character.isalnum():
        raise InputError(f"{text!r} cannot separate cells", "Give one character such as ';', or tab")
    return character


def dialect_of(text: str, separator: str | None = None) -> Dialect:
    """The dialect in which most rows of ``text`` have the same number of cells, given or found."""
    start = len(text) - len(text.lstrip("\r\n"))
    if declared := DECLARED.match(text, start):
        start, separator = declared.end(), separator or declared[1]
    sample = _whole_lines(text[start:], max(SAMPLE, 8 * (text.find("\n", start) - start)))
    escape = "\\" if BACKSLASHED.search(sample) else None
    quote = "'" if _is_quoted_singly(sample) else '"'
    tried = (separator,) if separator else SEPARATORS
    found = [_fit(Dialect(one, quote, escape, start), sample) for one in tried]
    best, dialect = max(found, key=lambda fit: fit[0])
    if separator is None and best < (0.5,):
        of_blanks, blank = _fit(Dialect(" ", quote, escape, start), sample)
        return blank if of_blanks >= (1.0,) else dialect
    return dialect


def _fit(dialect: Dialect, sample: str) -> tuple[tuple[float, ...], Dialect]:
    """How well the dialect fits, to be compared; and the dialect with the most frequent number of cells a row.

    It fits by the share of rows with that number; then by whether the header has it too, or one less as R writes
    it; then by the number.
    """
    spaced = re.search(re.escape(dialect.separator) + f" +{dialect.quote}", sample) is not None
    dialect = replace(dialect, spaced=spaced)
    try:
        rows = [row for row, _ in zip(dialect.rows(sample), range(ROWS), strict=False) if row]
    except csv.Error:
        return (0.0,), dialect
    if not rows:
        return (0.0,), dialect
    width, number = Counter(map(len, rows[1:] or rows)).most_common(1)[0]
    if width == 1:
        return (0.0,), dialect
    header = len(rows[0])
    share = number / max(len(rows) - 1, 1) / (1 if header in (width, width - 1) else 2)
    trailing = all(row[-1] == "" for row in rows if len(row) == width)
    return (share, header == width, width), replace(dialect, width=width, trailing=trailing)


def _whole_lines(text: str, size: int) -> str:
    """The text, or about ``size`` characters of it up to a line break."""
    if len(text) <= size:
        return text
    end = max(text.rfind("\n", 0, size), text.rfind("\r", 0, size))
    return text[: end + 1] if end > 0 else text


def _is_quoted_singly(sample: str) -> bool:
    """Whether the cells of the first line stand in single quotes."""
    first = sample.partition("\n")[0].strip()
    return len(first) > 2 and first[0] == first[-1] == "'" and re.search(r"'[,;\t| ]'", first) is not None
