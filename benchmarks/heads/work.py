"""What a piece of work cost, in seconds of the processor too."""

import time
from typing import Any, Self

from benchmarks.core.cost import Cost
from benchmarks.core.records import Record


class Work(Cost):
    """Cost, and the seconds of the processor, which other processes do not lengthen."""

    def __enter__(self) -> Self:
        super().__enter__()
        self._begun = time.process_time()
        return self

    def __exit__(self, *error: Any) -> None:
        self.processor_seconds = time.process_time() - self._begun
        super().__exit__(*error)

    @property
    def values(self) -> Record:
        """All of it but memory, for a record."""
        spent = {name: value for name, value in super().values.items() if name != "peak_bytes"}
        return spent | {"processor_seconds": self.processor_seconds}
