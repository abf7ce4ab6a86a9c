# The little of pyperf that the benchmarks use: it ships no types.

from collections.abc import Mapping, Sequence
from datetime import datetime

class Run:
    def __init__(
        self,
        values: Sequence[float],
        warmups: Sequence[tuple[int, float]] | None = None,
        metadata: Mapping[str, object] | None = None,
        collect_metadata: bool = True,
    ) -> None: ...
    def get_metadata(self) -> dict[str, str | int | float | datetime]: ...
