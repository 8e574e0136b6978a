"""A base of three columns, and a batch of four rows beside it, for checks by hand."""

import numpy as np
import pandas as pd

from tasks.validation.column_statistics import NumericColumns
from tasks.validation.comparison import Comparison
from tasks.validation.expectations import Expectations
from tasks.validation.measures import Measures

NAMES = ["a", "b", "c"]
COLUMNS = NumericColumns(
    names=tuple(NAMES),
    rows=100,
    low=(0.0, 0.0, 2.0),
    high=(1.0, 1.0, 2.0),
    mean=(0.5, 0.5, 2.0),
    spread=(0.25, 0.25, 0.0),
    location=(0.5, 0.5, 2.0),
    scale=(0.25, 0.25, 0.0),
    ordinary=(1.0, 1.0, 0.0),
    missing=(0.0, 0.0, 0.0),
)
BASE = Expectations(
    features=tuple(NAMES),
    base=COLUMNS,
    recent=COLUMNS,
    labels=(0, 1),
    rows=100,
    repeated=0.2,
    largest_class=0.6,
)
FOUR_ROWS = Measures(
    pd.DataFrame({"a": [0.5, 0.5, 1.5, np.nan], "b": [0.0, 1.0, 0.0, 1.0], "c": [2.0, 2.0, 2.0, 3.0]}),
    np.array([0, 7, 7, None], dtype=object),
)
FOUND = Comparison(FOUR_ROWS, BASE)
