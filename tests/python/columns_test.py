"""Claims: columns are sequences; numpy takes their numbers without copying, pandas takes them; what has
no value is None, NaN or masked, never a number."""

import math
import unittest

import papilio
from support import TABLE4

try:
    import numpy
except ImportError:
    numpy = None
try:
    import pandas
except ImportError:
    pandas = None

SUMMARY = papilio.run(TABLE4).summary


class Sequences(unittest.TestCase):
    def test_values(self):
        bits, network, latency = (SUMMARY[name] for name in ("bits", "network", "latency_s"))
        self.assertIsNone(bits[0])  # mobile-only
        self.assertIsNone(network[0])
        self.assertEqual(network[-1], "wifi")
        self.assertIsInstance(bits[-1], int)
        self.assertIsInstance(latency[0], float)
        self.assertEqual(bits[-2:], [8, 8])
        self.assertEqual(list(latency), latency.to_list())
        self.assertEqual(len(latency), SUMMARY.rows)
        self.assertIn("wifi", network)
        with self.assertRaises(IndexError):
            latency[len(latency)]
        with self.assertRaises(KeyError):
            SUMMARY["speed"]

    def test_memory(self):
        bits, network, latency = (SUMMARY[name] for name in ("bits", "network", "latency_s"))
        self.assertEqual((latency.data.format, bits.data.format, network.data.format),
                         ("d", "q", "i"))
        self.assertEqual(latency.data.tolist(), latency.to_list())
        self.assertIsNone(latency.missing)
        self.assertEqual([i for i, gone in enumerate(bits.missing) if gone],
                         [i for i, value in enumerate(bits) if value is None])
        self.assertEqual(network.data[0], -1)
        self.assertEqual(network.categories, ["3g", "4g", "wifi"])
        with self.assertRaises(TypeError):
            latency.data[0] = 1.0

    def test_nothing_at_all(self):
        database_free = papilio.Column({"name": "none", "unit": "s", "doc": "", "type": "real",
                                        "rows": 0, "at": 0}, b"")
        self.assertEqual(database_free.to_list(), [])


@unittest.skipIf(numpy is None, "numpy is not installed")
class Numpy(unittest.TestCase):
    def test_numbers_are_not_copied(self):
        latency = SUMMARY["latency_s"]
        array = numpy.asarray(latency)
        self.assertEqual(array.dtype, numpy.float64)
        self.assertTrue(numpy.shares_memory(array, numpy.frombuffer(latency.data)))
        self.assertTrue(array.flags.aligned)
        self.assertFalse(array.flags.writeable)
        self.assertEqual(array.tolist(), latency.to_list())

    def test_integers(self):
        whole = next(one for one in SUMMARY.values() if one.type == "integer" and one.missing is None)
        array = numpy.asarray(whole)
        self.assertEqual(array.dtype, numpy.int64)
        self.assertTrue(numpy.shares_memory(array, numpy.frombuffer(whole.data, numpy.int64)))
        lacking = numpy.asarray(SUMMARY["bits"])
        self.assertTrue(math.isnan(lacking[0]))
        self.assertEqual(lacking[-1], 8)
        self.assertEqual(numpy.frombuffer(SUMMARY["bits"].missing, bool)[0], True)

    def test_texts(self):
        array = numpy.asarray(SUMMARY["network"])
        self.assertEqual(array.tolist(), SUMMARY["network"].to_list())
        self.assertEqual(numpy.asarray(SUMMARY["latency_s"], dtype="float32").dtype, numpy.float32)


@unittest.skipIf(pandas is None, "pandas is not installed")
class Pandas(unittest.TestCase):
    def test_a_dict_is_a_frame(self):
        frame = pandas.DataFrame(dict(SUMMARY))
        self.assertEqual(frame.shape, (SUMMARY.rows, len(SUMMARY)))
        self.assertEqual(frame["latency_s"].dtype, numpy.float64)
        self.assertEqual(frame["latency_s"].tolist(), SUMMARY["latency_s"].to_list())
        self.assertTrue(frame["network"].isna()[0])
        best = frame[frame.network == "wifi"].groupby("strategy").latency_s.min()
        self.assertIn("butterfly", best.index)

    def test_a_frame_with_categories(self):
        frame = SUMMARY.to_pandas()
        self.assertEqual(str(frame["network"].dtype), "category")
        self.assertEqual(str(frame["bits"].dtype), "Int64")
        self.assertTrue(frame["bits"].isna()[0])
        self.assertEqual(frame["bits"].iloc[-1], 8)
        self.assertEqual(frame.attrs["units"]["latency_s"], "s")


if __name__ == "__main__":
    unittest.main()
