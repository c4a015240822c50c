"""Columns of results: typed arrays that numpy and pandas take without copying."""

import array
import json
from collections.abc import Mapping, Sequence

# By the type of a column: the format of its array, as the module struct writes it, and its size.
_FORMATS = {"real": ("d", 8), "integer": ("q", 8), "text": ("i", 4)}


def _view(arrays, at, rows, code, size):
    if rows == 0:
        return memoryview(array.array("B" if code == "?" else code)).toreadonly()
    return memoryview(arrays)[at:at + rows * size].cast(code)


class Column(Sequence):
    """The values of one column, in order; ``None`` where there is no value.

    It is a sequence of ``float``, ``int`` or ``str``. ``numpy.asarray(column)`` takes the numbers as
    they lie in memory, read-only: ``float64`` with NaN where there is no value; ``int64``, or
    ``float64`` where an integer column lacks values; texts become an array of objects.

    Attributes:
        name: as files and databases have it, for example ``"latency_s"``.
        unit: ``"s"``, ``"J"``, ``"byte"``, ``"bit"``, ``"1/s"``; empty where there is none.
        doc: what it means, in Markdown; empty of columns that are not declared.
        type: ``"real"``, ``"integer"`` or ``"text"``.
        data: the array behind it, a read-only ``memoryview``: ``float64`` (NaN where there is no
            value), ``int64`` (0 there), or, of texts, ``int32`` positions in ``categories`` (-1
            there).
        missing: a ``memoryview`` of bools, true where there is no value; ``None`` if none lacks.
        categories: of texts the distinct ones, in the order of coming; else ``None``.
    """

    __slots__ = ("name", "unit", "doc", "type", "data", "missing", "categories")

    def __init__(self, described, arrays):
        self.name = described["name"]
        self.unit = described["unit"]
        self.doc = described["doc"]
        self.type = described["type"]
        code, size = _FORMATS[self.type]
        rows = described["rows"]
        self.data = _view(arrays, described["at"], rows, code, size)
        at = described.get("missing")
        self.missing = None if at is None else _view(arrays, at, rows, "?", 1)
        self.categories = described.get("categories")

    def __len__(self):
        return len(self.data)

    def __getitem__(self, place):
        """The value at a position, or a list of those of a slice."""
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(len(self)))]
        value = self.data[place]
        if self.missing is not None and self.missing[place]:
            return None
        return value if self.categories is None else self.categories[value]

    def to_list(self):
        """All values as a list."""
        return self[:]

    def __array__(self, dtype=None, copy=None):
        """The values for numpy; numbers are not copied unless another ``dtype`` is asked for."""
        import numpy

        if self.categories is not None:
            texts = numpy.array([*self.categories, None], dtype=object)
            found = texts[numpy.asarray(self.data)]
        else:
            found = numpy.asarray(self.data)
            if self.type == "integer" and self.missing is not None:
                found = found.astype("float64")
                found[numpy.asarray(self.missing)] = numpy.nan
        if dtype is not None:
            found = found.astype(dtype, copy=False)
        return found.copy() if copy else found

    def to_pandas(self):
        """A ``pandas.Series``: texts as categories, integers that lack values as ``Int64``."""
        import pandas

        if self.categories is not None:
            values = pandas.Categorical.from_codes(self.data, categories=self.categories)
        elif self.type == "integer" and self.missing is not None:
            import numpy

            values = pandas.arrays.IntegerArray(numpy.array(self.data), numpy.array(self.missing))
        else:
            values = self.__array__()
        return pandas.Series(values, name=self.name)

    def __repr__(self):
        unit = f" in {self.unit}" if self.unit else ""
        return f"<Column {self.name!r}{unit}: {len(self)} {self.type} values>"


class Columns(Mapping):
    """A table: its columns by their names, in order.

    ``pandas.DataFrame(dict(columns))`` makes a frame of it.

    Attributes:
        title: of the table; empty where it has none.
        notes: what has to be said beside the numbers, a list of sentences.
    """

    __slots__ = ("_columns", "title", "notes")

    def __init__(self, columns, title="", notes=()):
        self._columns = {column.name: column for column in columns}
        self.title = title
        self.notes = list(notes)

    def __getitem__(self, name):
        return self._columns[name]

    def __iter__(self):
        return iter(self._columns)

    def __len__(self):
        """How many columns there are; ``rows`` is the number of rows."""
        return len(self._columns)

    @property
    def rows(self):
        """The number of rows."""
        return min((len(column) for column in self._columns.values()), default=0)

    def row(self, number):
        """One row, from 0 on, as a dict."""
        return {name: column[number] for name, column in self._columns.items()}

    def to_dict(self):
        """All columns as lists, by their names."""
        return {name: column.to_list() for name, column in self._columns.items()}

    def to_pandas(self):
        """A ``pandas.DataFrame`` with categories and nullable integers; units in ``attrs``."""
        import pandas

        frame = pandas.DataFrame({name: one.to_pandas() for name, one in self._columns.items()})
        frame.attrs["units"] = {name: one.unit for name, one in self._columns.items()}
        return frame

    def __repr__(self):
        return f"<Columns: {self.rows} rows of {', '.join(self._columns)}>"


def unpacked(packed):
    """What the module handed over: the facts told in words, and the tables by their names."""
    header, arrays = packed
    facts = json.loads(header)
    tables = {
        name: [Column(described, arrays) for described in columns]
        for name, columns in facts.pop("tables", {}).items()
    }
    return facts, tables
