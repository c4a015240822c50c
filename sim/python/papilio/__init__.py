"""Papilio: where to split a neural network between the mobile and the cloud.

The module loads and checks scenarios, fleets and studies, plans, simulates, and asks databases of
results; each function does what the verb of the program of the same name does, through the same code::

    import papilio

    scenario = papilio.load("my.yaml", set={"networks": ["wifi"], "uplink_bit_per_s": 2e6})
    best = papilio.plan(scenario, target="latency", limits={"accuracy_loss": 0.01})["wifi"].best
    results = papilio.run(scenario, jobs=2)
    pandas.DataFrame(dict(results.summary))

Numbers are in SI units, which the names of columns and keys say: ``latency_s``, ``uplink_bit_per_s``.

A simulation runs in a process of its own, which ends with the call that started it: Ctrl-C ends it and
raises ``KeyboardInterrupt``, and its crash is an ``InternalError``. While it runs, other threads go on.

Errors derive from ``papilio.Error``. See docs/python.md.
"""

import collections
import dataclasses
import json
import math
import operator
import os
from collections.abc import Mapping, Sequence

from . import _core
from ._columns import Column, Columns, unpacked as _unpacked

__all__ = [
    "Answer",
    "Answers",
    "Capacity",
    "Column",
    "Columns",
    "ConfigError",
    "Error",
    "InternalError",
    "Place",
    "Plan",
    "Results",
    "Scenario",
    "SimulationError",
    "Study",
    "capacity",
    "check",
    "load",
    "plan",
    "run",
    "sql",
    "study",
    "table",
]

__version__ = _core.version()


# Errors.


class Error(Exception):
    """What every error of this module derives from."""


Place = collections.namedtuple("Place", ("file", "line", "column", "key", "message"))
Place.__doc__ = """One error of a file.

``file`` as it was named, or ``"--set"`` of a value that was set; ``line`` and ``column`` from 1 on;
``key`` a dotted path such as ``"strategies.2.bits"``, empty for the file as a whole; ``message`` what is
wrong, and the remedy.
"""


class ConfigError(Error):
    """The input is wrong: a file, a key, a value, a name. The text shows where, and the remedy.

    Attributes:
        file, line, column, key, message: of the first error; ``file``, ``line``, ``column`` and
            ``key`` are ``None`` where it has no such place. Lines and columns count from 1. Of what
            was set, ``file`` is ``"--set"``.
        places: every error that was found, a tuple of ``Place``, as many as have a place.
    """

    def __init__(self, text, places=()):
        super().__init__(text)
        self.places = tuple(Place(*place) for place in places)
        if self.places:
            first = self.places[0]
            self.file, self.line, self.column, key, self.message = first
            self.key = key or None
            return
        self.line = self.column = self.key = None
        # "FILE: error: what", or "papilio VERB: error: what"
        where, found, message = text.partition(": error: ")
        self.file = where if found and where.split(" ")[0] != "papilio" else None
        self.message = message if found else text

    def __reduce__(self):
        return type(self), (str(self), self.places)


class SimulationError(Error):
    """A simulation could not be carried to its end, for example for want of memory or processes."""

    def __init__(self, text, places=()):
        super().__init__(text)


class InternalError(Error):
    """A defect of Papilio's, or a child process that died: killed from outside, or for memory.

    Please report a defect, with the call and its input. What it prints goes to standard error.
    """

    def __init__(self, text, places=()):
        super().__init__(text)


_core.set_errors(
    {
        "ConfigError": ConfigError,
        "SimulationError": SimulationError,
        "InternalError": InternalError,
    }
)


# What is asked, as the module takes it.


def _plain(value):
    """Values that JSON does not know: numbers of numpy, arrays, paths."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    for name in ("item", "tolist"):
        # An array of one value has both, and is a list.
        if hasattr(value, name) and (name == "tolist" or not getattr(value, "ndim", 0)):
            return getattr(value, name)()
    raise TypeError(f"expected a text, number, list or mapping, got {type(value).__name__}")


def _yaml(value):
    """A value as YAML: JSON is such."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_plain)


def _assignments(values):
    if values is None:
        return []
    if not isinstance(values, Mapping):
        raise TypeError(f"set: expected a mapping of keys to values, got {type(values).__name__}")
    for key in values:
        if not isinstance(key, str):
            raise TypeError(f"set: expected keys that are texts, got {key!r}")
        if not key or "=" in key:
            raise ValueError(f"set: '{key}' is no key; expected a dotted path such as 'cloud.device'")
    return [f"{key}={_yaml(value)}" for key, value in values.items()]


def _path(path):
    found = os.fspath(path)
    return os.fsdecode(found) if isinstance(found, bytes) else found


def _file(path):
    # Bytes, for a name need not be UTF-8.
    return os.fsencode(os.fspath(path))


def _files(paths):
    if isinstance(paths, (str, bytes, os.PathLike)):
        paths = [paths]
    return [_file(path) for path in paths]


def _names(what, names):
    """A text with commas, or several texts, as a list of texts."""
    if names is None:
        return []
    if isinstance(names, str):
        return [name for name in names.split(",") if name]
    names = list(names)
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"{what}: expected names, got {name!r}")
    return names


def _jobs(jobs):
    if isinstance(jobs, bool) or not hasattr(jobs, "__index__"):
        raise TypeError(f"jobs: expected a whole number, got {jobs!r}")
    jobs = operator.index(jobs)
    if not 0 <= jobs <= 1024:
        raise ValueError("jobs must be 0 to 1024, where 0 is all cores")
    return jobs or os.cpu_count() or 1


def _told(progress):
    if progress is None:
        return None
    if not callable(progress):
        raise TypeError("progress: expected a function of a share and a text")

    def tell(part):
        part = json.loads(part)
        progress(part["share"], part["text"])

    return tell


# Scenarios.


class Scenario:
    """A scenario or a fleet that was checked. Made by ``papilio.load``; it does not change.

    Attributes:
        file: as it was given.
    """

    __slots__ = ("file", "_loaded", "_source")

    def __init__(self, file, *, set=None, profiles=()):
        self.file = _path(file)
        self._source = (_file(file), _assignments(set), _files(profiles))
        self._loaded = _core.Loaded(*self._source)

    @property
    def name(self):
        """Its name, which results have too."""
        return self._loaded.name()

    @property
    def seed(self):
        """The seed of its random numbers."""
        return self._loaded.seed()

    @property
    def extent(self):
        """What a run plays: ``"33 cells"``, or ``"200 mobiles, 5 strategies, 1 replication"``."""
        return self._loaded.extent()

    @property
    def effective(self):
        """The scenario with every default and what was set, as YAML that runs to the same results."""
        return self._loaded.effective()

    def __repr__(self):
        return f"<Scenario {self.name!r} of {self.file}: {self.extent}>"


def _scenario(scenario):
    if isinstance(scenario, Scenario):
        return scenario
    if isinstance(scenario, (str, bytes, os.PathLike)):
        return load(scenario)
    raise TypeError(
        f"expected what papilio.load gave, or the path of a file, got {type(scenario).__name__}"
    )


def load(path, *, set=None, profiles=()):
    """Reads a scenario or a fleet and checks all of it, and everything that it names.

    Args:
        path: of the YAML file; one that is not there may be one that comes with Papilio.
        set: values in place of the file's, by dotted keys, as ``papilio run --set`` takes them:
            ``{"networks": ["wifi"], "uplink_bit_per_s": 2e6, "mobiles.0.count": 100}``.
        profiles: folders of your own profiles, searched before those that come with Papilio.

    Returns:
        A ``Scenario``.

    Raises:
        ConfigError: with every error found, and where it is.
    """
    return Scenario(path, set=set, profiles=profiles)


def check(path, *, set=None, profiles=()):
    """Checks a scenario, a fleet or a study, and says what a run would do. Takes what ``load`` takes.

    Returns:
        A text: ``"33 cells"``, ``"200 mobiles, 5 strategies, 1 replication"``, ``"960 points"``.

    Raises:
        ConfigError: with every error found, and where it is.
    """
    return _core.check(_file(path), _assignments(set), _files(profiles))


# Plans.


@dataclasses.dataclass(frozen=True)
class Plan:
    """One way to run the network, and what a request spends that waits for nothing (closed form).

    Attributes:
        name: as tables call it.
        strategy: ``"mobile-only"``, ``"cloud-only"``, ``"split"``, ``"butterfly"``, ``"three-way"`` or
            ``"path"``.
        planners: who proposed it.
        cut: where the tensor crosses; empty where none does.
        latency_s: from the request to its answer, s.
        mobile_energy_j: the mobile's energy, J; ``None`` where nobody knows it.
        cloud_s: time of the cloud's processor, s.
        upload_bytes: what the mobile sends, byte.
        mobile_weight_bytes, edge_weight_bytes, cloud_weight_bytes: trained numbers that each tier
            stores, byte.
        accuracy: a share of 1; ``None`` where nobody measured it.
        value: of the target, in s, J or their product; ``None`` where nobody knows it.
        admitted: whether it keeps the limits.
        strategy_item: an item for ``strategies`` of a scenario, which runs this plan.
    """

    name: str
    strategy: str
    planners: list
    cut: str
    latency_s: float
    mobile_energy_j: float
    cloud_s: float
    upload_bytes: float
    mobile_weight_bytes: float
    edge_weight_bytes: float
    cloud_weight_bytes: float
    accuracy: float
    value: float
    admitted: bool
    _written: str = dataclasses.field(repr=False)

    @property
    def strategy_item(self):
        """An item for ``strategies`` of a scenario, a dict."""
        return json.loads(self._written)


def _plan(fields):
    if fields is None:
        return None
    fields["_written"] = fields.pop("written")
    for name in ("mobile_energy_j", "value"):
        if math.isnan(fields[name]):
            fields[name] = None
    return Plan(**fields)


class Answer:
    """The best plans on one radio.

    Attributes:
        network: the radio.
        best: the best ``Plan``; ``None`` where none keeps the limits.
        runner_up: the next ``Plan`` that spends anything else; ``None`` where there is none.
    """

    __slots__ = ("network", "best", "runner_up", "_answers", "_radio")

    def __init__(self, answers, radio):
        self._answers = answers
        self._radio = radio
        self.network = answers.network(radio)
        self.best = _plan(answers.best(radio))
        self.runner_up = _plan(answers.runner_up(radio))

    @property
    def nearest(self):
        """Where none keeps the limits, the ``Plan`` that misses them least; else ``None``."""
        return _plan(self._answers.nearest(self._radio))

    @property
    def miss(self):
        """Why there is no best plan, in a sentence; empty where there is one."""
        return self._answers.miss(self._radio)

    @property
    def plans(self):
        """Every plan that was weighed, as ``Columns``: those of ``papilio plan --format csv``."""
        return Columns(_unpacked(self._answers.table(self._radio))[1]["plans"])

    def __repr__(self):
        if self.best is None:
            return f"<Answer on {self.network}: none keeps the limits>"
        return f"<Answer on {self.network}: {self.best.name}, {self.best.latency_s * 1e3:.4g} ms>"


class Answers(Sequence):
    """An ``Answer`` for each radio, by its number or its name: ``answers[0]``, ``answers["wifi"]``."""

    __slots__ = ("_answers", "_items", "_moved")

    def __init__(self, answers, moved):
        self._answers = answers
        self._moved = moved
        self._items = [Answer(answers, radio) for radio in range(len(answers))]

    def __getitem__(self, which):
        """The answer of a number or a radio's name."""
        if not isinstance(which, str):
            return self._items[which]
        for item in self._items:
            if item.network == which:
                return item
        known = ", ".join(item.network for item in self._items)
        raise KeyError(f"no radio '{which}'; there are {known}")

    def __len__(self):
        return len(self._items)

    def _unmoved(self):
        if self._moved:
            raise ValueError("these answers are under other conditions than the scenario's; set them"
                             " with papilio.load, and plan again")

    def to_json(self):
        """All that was found, as ``papilio plan --json`` has it but for the maps: a dict.

        Raises:
            ValueError: if ``plan`` was given ``conditions``.
        """
        self._unmoved()
        return json.loads(self._answers.json())

    def to_yaml(self):
        """The best plans as the text of a file for ``strategy: plan`` of scenarios and fleets.

        Raises:
            ValueError: if ``plan`` was given ``conditions``.
        """
        self._unmoved()
        return self._answers.yaml()

    def __repr__(self):
        return f"<Answers: {', '.join(repr(item) for item in self._items)}>"


def plan(scenario, *, target="latency", limits=None, planners=(), bits=(), energy_model=None,
         conditions=None):
    """Finds the best plan on each radio of a scenario: which layers run where, what crosses.

    The first call with a question looks for plans and prices them, some tens of milliseconds. What it
    found is kept: the same question again, or under other ``conditions``, takes less than a
    millisecond.

    Args:
        scenario: what ``load`` gave, or a path. Not a fleet.
        target: what is made small: ``"latency"``, ``"energy"``, ``"product"`` or ``"product:A,B"``,
            which is latency^A * energy^B.
        limits: upper limits of ``latency_s``, ``mobile_energy_j``, ``cloud_s``, ``upload_bytes``,
            ``mobile_weight_bytes``, ``edge_weight_bytes``, ``cloud_weight_bytes`` or
            ``accuracy_loss`` (a share of 1), lower limit of ``accuracy``:
            ``{"latency_s": 0.03, "accuracy_loss": 0.01}``.
        planners: who proposes; see ``papilio plan --help``. All that can where none is named.
        bits: of one element that crosses as it is, each 1 to 32. Those of the scenario's strategies,
            and 32, where none is given.
        energy_model: reading of the radio's energy. The scenario's first where none is given.
        conditions: numbers in place of the scenario's, by their keys: ``mobile.load_level``,
            ``mobile.idle_power_w``, ``cloud.load_level``, ``edge.load_level``,
            ``edge.backhaul.rate_bit_per_s``, ``edge.backhaul.delay_s``, ``uplink_bit_per_s``,
            ``downlink_bit_per_s``, ``delay_s``, ``result_bytes``. The plans that the question found
            are weighed again; none is looked for anew. Without limits these are all that can be the
            best where the uplink, the downlink or one load alone is another, within 0.01 to 100
            times the scenario's; to be sure elsewhere, ``load`` with ``set`` and plan again.

    Returns:
        ``Answers``, one for each radio. Where no plan keeps the limits, ``best`` is ``None`` and
        ``miss`` says why.

    Raises:
        ConfigError: if the question does not fit the scenario.
    """
    scenario = _scenario(scenario)
    if limits is not None and not isinstance(limits, Mapping):
        raise TypeError(f"limits: expected a mapping, got {type(limits).__name__}")
    if conditions is not None and not isinstance(conditions, Mapping):
        raise TypeError(f"conditions: expected a mapping, got {type(conditions).__name__}")
    found = scenario._loaded.plan(
        target,
        [(key, _yaml(value)) for key, value in (limits or {}).items()],
        _names("planners", planners),
        [bits] if isinstance(bits, int) else list(bits),
        energy_model,
        [(key, float(value)) for key, value in (conditions or {}).items()],
    )
    return Answers(found, bool(conditions))


# Runs.


class Results:
    """What a run left.

    Attributes:
        name: of the scenario.
        summary: ``Columns`` as ``summary.csv`` (of a fleet ``fleet.csv``) has them, with units and
            meanings: a row for each cell, or for each strategy, group of mobiles and window.
        report: what ``papilio run`` prints, in Markdown.
        answer: what was found, a list of sentences.
        files: the texts of the run's other files by their names, if ``run`` was asked for them.
    """

    __slots__ = ("name", "summary", "report", "answer", "files", "_manifest")

    def __init__(self, name, packed):
        facts, tables = _unpacked(packed)
        self.name = name
        self.summary = Columns(tables["summary"], title=name)
        self.report = facts["report"]
        self._manifest = facts["manifest"]
        self.answer = list(self._manifest.get("answer") or [])
        self.files = facts["files"]

    @property
    def manifest(self):
        """What the run's manifest says of it alone: a dict."""
        return self._manifest

    def __repr__(self):
        return f"<Results of {self.name!r}: {self.summary.rows} rows>"


def run(scenario, *, jobs=1, files=False, progress=None):
    """Simulates every cell of a scenario, or every strategy of a fleet, in a child process.

    Args:
        scenario: what ``load`` gave, or a path.
        jobs: worker processes, 0 to 1024; 0 is one for each core. Results do not depend on it.
        files: whether ``results.files`` has the run's files (records.csv and so on), as texts.
        progress: called now and then with the share of the work that is done, 0 to 1, and a text. What
            it raises ends the run.

    Returns:
        ``Results``.

    Raises:
        SimulationError: if the simulation fails.
        InternalError: if the child dies.
        KeyboardInterrupt: on Ctrl-C, after the child was ended.
    """
    scenario = _scenario(scenario)
    return Results(scenario.name,
                   scenario._loaded.run(_jobs(jobs), bool(files), _told(progress)))


# Studies.


@dataclasses.dataclass(frozen=True)
class Study:
    """How far a study has come.

    Attributes:
        name: the study's.
        database: path of its results.
        points: how many it has.
        stored: how many of them are in the database.
        computed: how many this call computed.
        known: how many of these were taken from equal points of other studies.
        failed: how many of these failed.
        first_error: of the first that failed; empty if none did.
    """

    name: str
    database: str
    points: int
    stored: int
    computed: int
    known: int
    failed: int
    first_error: str


def study(path, database=None, *, set=None, profiles=(), jobs=1, retry_failed=False, progress=None):
    """Computes the points of a study that its database lacks, and stores them.

    Whatever stops it, Ctrl-C too, the same call goes on. A point that fails is stored with its error.

    Args:
        path: of the study's YAML file.
        database: where the results go, made if absent. ``results/NAME.db`` where none is given.
        set, profiles: as ``load`` takes them.
        jobs: worker processes, 0 to 1024; 0 is one for each core. Results do not depend on it.
        retry_failed: whether points are computed anew that are stored as failed.
        progress: as ``run`` takes it.

    Returns:
        ``Study``.

    Raises:
        ConfigError: if the study is wrong, or the database cannot be written.
        SimulationError: if workers die again and again; the other points are stored.
    """
    packed = _core.study(
        _file(path),
        _assignments(set),
        _files(profiles),
        b"" if database is None else _file(database),
        _jobs(jobs),
        bool(retry_failed),
        _told(progress),
    )
    return Study(**_unpacked(packed)[0]["study"])


def _label(value):
    """A value of a dimension as tables write it: 1e6 as 1000000."""
    text = value if isinstance(value, str) else _yaml(value)
    return text.removesuffix(".0") if not isinstance(value, str) else text


def _choices(where):
    """Dimensions and their values, as texts."""
    if where is None:
        return []
    if not isinstance(where, Mapping):
        raise TypeError(f"where: expected a mapping, got {type(where).__name__}")
    found = []
    for name, values in where.items():
        if isinstance(values, str) or not hasattr(values, "__iter__"):
            values = [values]
        found.append((name, [_label(one) for one in values]))
    return found


def table(database, rows, cols=(), value="latency", *, group=(), stat="mean", where=None, over=(),
          relative_to=None, best=None, study=None):
    """A table of a study's results: a value by dimensions down and across.

    Args:
        database: of ``study`` or ``papilio study run``.
        rows: dimensions down the table: a text with commas, or a list. The study's axes, replicate,
            strategy, network, cut, channels, bits, codec, energy_model, partition; of a fleet
            strategy, mobiles, window.
        cols: dimensions across.
        value: column of results; its unit may be left out: ``"latency"``, ``"energy"``, ``"p95"``.
        group: dimensions before the rows'.
        stat: of mean, ci95 (over replicates), min, max, median, n.
        where: dimensions and the values that are kept of them: ``{"strategy": "butterfly"}``.
        over: dimensions that may be averaged over.
        relative_to: strategy or partition whose value is divided by each.
        best: a dimension; shows which of its values is the best.
        study: which of several studies, by name or number. The one that was run last.

    Returns:
        ``Columns`` with all digits, in SI units; ``notes`` say what must be said beside them.

    Raises:
        ConfigError: naming the dimension or value that there is not, and those that there are.
    """
    packed = _core.table(
        _file(database),
        "" if study is None else str(study),
        _names("rows", rows),
        _names("cols", cols),
        _names("group", group),
        value,
        _names("stat", stat) or ["mean"],
        relative_to or "",
        best or "",
        _names("over", over),
        _choices(where),
    )
    facts, tables = _unpacked(packed)
    return Columns(tables.get("table", []), title=facts["title"], notes=facts["notes"])


def sql(database, question):
    """The answer to a question in SQL, which changes nothing. docs/studies.md has the tables.

    Each study has a view of its name with its axes and results.

    Args:
        database: of ``study`` or ``papilio study run``.
        question: a SELECT.

    Returns:
        ``Columns``.

    Raises:
        ConfigError: with SQLite's words if it cannot be answered.
    """
    return Columns(_unpacked(_core.sql(_file(database), question))[1]["table"])


# Capacities.


class Capacity:
    """How much a fleet needs, or bears, to keep conditions.

    Attributes:
        found: the answer as ``papilio capacity --json`` has it, a dict.
        runs: ``Columns`` of every run that was judged.
    """

    __slots__ = ("found", "runs")

    def __init__(self, packed):
        facts, tables = _unpacked(packed)
        self.found = facts["capacity"]
        self.runs = Columns(tables["runs"])

    def __repr__(self):
        return f"<Capacity: {self.runs.rows} runs>"


def capacity(path, key, until, *, set=None, profiles=(), strategies=(), mobiles="", window="",
             least=None, most=None, precision=0.01, jobs=1, progress=None):
    """Finds by bisection the value of a fleet's key up to which conditions on its results hold.

    Args:
        path: of the fleet's YAML file.
        key: the number that is searched for, as ``set`` names it: ``"mobiles.0.count"``.
        until: what is to hold, a text or several: ``"p95_s < 0.03"``, ``"late/arrived <= 0.01"``.
        set, profiles: as ``load`` takes them.
        strategies: of which it is asked. Each where none is named.
        mobiles: group whose results are judged. All where none is named.
        window: in which window. All where none is named.
        least, most: range of the values that are tried.
        precision: how near the last value that keeps and the first that breaks come, a share from 0
            to 1; 0 means neighbouring whole numbers.
        jobs, progress: as ``run`` takes them.

    Returns:
        ``Capacity``.

    Raises:
        ConfigError: if the key, a condition or a name is none of the fleet's.
        SimulationError: if a simulation fails.
    """
    if not 0 <= precision < 1:
        raise ValueError("precision is a share, at least 0 and below 1")
    until = [until] if isinstance(until, str) else list(until)
    if not until:
        raise ValueError("until: expected a condition such as 'p95_s < 0.03'")
    return Capacity(
        _core.capacity(
            _file(path),
            _assignments(set),
            _files(profiles),
            key,
            until,
            _names("strategies", strategies),
            mobiles,
            window,
            least,
            most,
            precision,
            _jobs(jobs),
            _told(progress),
        )
    )
