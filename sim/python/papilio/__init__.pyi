import dataclasses
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, overload

from ._columns import Column as Column, Columns as Columns

_Path = str | bytes | os.PathLike[Any]
_Names = str | Iterable[str]
_Progress = Callable[[float, str], object]

__all__: list[str]
__version__: str

class Error(Exception): ...

class Place(NamedTuple):
    file: str
    line: int
    column: int
    key: str
    message: str

class ConfigError(Error):
    file: str | None
    line: int | None
    column: int | None
    key: str | None
    message: str
    places: tuple[Place, ...]
    def __init__(self, text: str, places: Iterable[tuple[str, int, int, str, str]] = ()) -> None: ...

class SimulationError(Error):
    def __init__(self, text: str, places: Iterable[Any] = ()) -> None: ...

class InternalError(Error):
    def __init__(self, text: str, places: Iterable[Any] = ()) -> None: ...

class Scenario:
    file: str
    def __init__(
        self, file: _Path, *, set: Mapping[str, Any] | None = None, profiles: _Path | Iterable[_Path] = ()
    ) -> None: ...
    @property
    def name(self) -> str: ...
    @property
    def seed(self) -> int: ...
    @property
    def extent(self) -> str: ...
    @property
    def effective(self) -> str: ...

def load(
    path: _Path, *, set: Mapping[str, Any] | None = None, profiles: _Path | Iterable[_Path] = ()
) -> Scenario: ...
def check(
    path: _Path, *, set: Mapping[str, Any] | None = None, profiles: _Path | Iterable[_Path] = ()
) -> str: ...
@dataclasses.dataclass(frozen=True)
class Plan:
    name: str
    strategy: str
    planners: list[str]
    cut: str
    latency_s: float
    mobile_energy_j: float | None
    cloud_s: float
    upload_bytes: float
    mobile_weight_bytes: float
    edge_weight_bytes: float
    cloud_weight_bytes: float
    accuracy: float | None
    value: float | None
    admitted: bool
    _written: str
    @property
    def strategy_item(self) -> dict[str, Any]: ...

class Answer:
    network: str
    best: Plan | None
    runner_up: Plan | None
    def __init__(self, answers: Any, radio: int) -> None: ...
    @property
    def nearest(self) -> Plan | None: ...
    @property
    def miss(self) -> str: ...
    @property
    def plans(self) -> Columns: ...

class Answers(Sequence[Answer]):
    def __init__(self, answers: Any, moved: bool) -> None: ...
    @overload
    def __getitem__(self, which: int | str) -> Answer: ...
    @overload
    def __getitem__(self, which: slice) -> list[Answer]: ...
    def __len__(self) -> int: ...
    def to_json(self) -> dict[str, Any]: ...
    def to_yaml(self) -> str: ...

def plan(
    scenario: Scenario | _Path,
    *,
    target: str = "latency",
    limits: Mapping[str, float] | None = None,
    planners: _Names = (),
    bits: int | Iterable[int] = (),
    energy_model: str | None = None,
    conditions: Mapping[str, float] | None = None,
) -> Answers: ...

class Results:
    name: str
    summary: Columns
    report: str
    answer: list[str]
    files: dict[str, str]
    def __init__(self, name: str, packed: tuple[str, bytes]) -> None: ...
    @property
    def manifest(self) -> dict[str, Any]: ...

def run(
    scenario: Scenario | _Path, *, jobs: int = 1, files: bool = False, progress: _Progress | None = None
) -> Results: ...
@dataclasses.dataclass(frozen=True)
class Study:
    name: str
    database: str
    points: int
    stored: int
    computed: int
    known: int
    failed: int
    first_error: str

def study(
    path: _Path,
    database: _Path | None = None,
    *,
    set: Mapping[str, Any] | None = None,
    profiles: _Path | Iterable[_Path] = (),
    jobs: int = 1,
    retry_failed: bool = False,
    progress: _Progress | None = None,
) -> Study: ...
def table(
    database: _Path,
    rows: _Names,
    cols: _Names = (),
    value: str = "latency",
    *,
    group: _Names = (),
    stat: _Names = "mean",
    where: Mapping[str, Any] | None = None,
    over: _Names = (),
    relative_to: str | None = None,
    best: str | None = None,
    study: str | int | None = None,
) -> Columns: ...
def sql(database: _Path, question: str) -> Columns: ...

class Capacity:
    found: dict[str, Any]
    runs: Columns
    def __init__(self, packed: tuple[str, bytes]) -> None: ...

def capacity(
    path: _Path,
    key: str,
    until: str | Iterable[str],
    *,
    set: Mapping[str, Any] | None = None,
    profiles: _Path | Iterable[_Path] = (),
    strategies: _Names = (),
    mobiles: str = "",
    window: str = "",
    least: float | None = None,
    most: float | None = None,
    precision: float = 0.01,
    jobs: int = 1,
    progress: _Progress | None = None,
) -> Capacity: ...
