"""Claim: the figures of docs/python/example.py are the command line's, to the last digit."""

import contextlib
import importlib.util
import io
import math
import pathlib
import tempfile
import unittest

from support import ROOT, TABLE4, TOWN, rows_of, told, value_of


def load_example():
    spec = importlib.util.spec_from_file_location("example", ROOT / "docs/python/example.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


EXAMPLE = load_example()


class Example(unittest.TestCase):
    def test_plans(self):
        rows = rows_of(told("plan", TABLE4, "--limit", "cloud_s=0.005", "--format", "csv"))
        expected = {row["network"]: row for row in rows if row["best"] == "1"}
        plans = EXAMPLE.best_plans()
        self.assertEqual(set(plans), set(expected))
        for network, plan in plans.items():
            row = expected[network]
            self.assertEqual((plan.name, plan.latency_s, plan.mobile_energy_j),
                             (row["plan"], float(row["latency_s"]), float(row["mobile_energy_j"])))
            self.assertTrue(math.isclose(EXAMPLE.simulated(plan, network), plan.latency_s,
                                         rel_tol=1e-9))

    def test_rates(self):
        for rate in (5e5, 8e6):
            rows = rows_of(told("plan", TABLE4, "--network", "wifi", "--set",
                                f"uplink_bit_per_s={rate}", "--format", "csv"))
            (row,) = [row for row in rows if row["best"] == "1"]
            (plan,) = EXAMPLE.by_rate("wifi", [rate])
            self.assertEqual((plan.name, plan.latency_s), (row["plan"], float(row["latency_s"])))

    def test_study(self):
        grid = "grid=[{axis: log_range, key: uplink_bit_per_s, from: 5e5, to: 5e7, count: 5}]"
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            found = EXAMPLE.best_cuts(folder / "a.db")
            told("study", "run", ROOT / "scenarios/studies/bandwidth.yaml", "--set", grid, "-o",
                 folder / "b.db", "-q")
            rows = rows_of(told("table", folder / "b.db", "--rows", "uplink_bit_per_s", "--best",
                                "partition", "--format", "csv"))
        self.assertEqual([found.row(i) for i in range(found.rows)],
                         [{key: value_of(text) for key, text in row.items()} for row in rows])
        self.assertEqual(len(rows), 5)

    def test_fleet(self):
        with tempfile.TemporaryDirectory() as folder:
            rows = rows_of(told("run", TOWN, "--set", "mobiles.0.count=40", "--set",
                                "duration_s=120", "--set", "warm_up_s=12", "--format", "csv", "-o",
                                f"{folder}/a"))
        self.assertEqual(EXAMPLE.tail(40), {row["strategy"]: value_of(row["p95_s"]) for row in rows})

    def test_what_it_prints(self):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            EXAMPLE.main()
        for network, plan in EXAMPLE.best_plans().items():
            self.assertIn(f"{network:4} {plan.name:28} {plan.latency_s * 1e3:7.2f} ms",
                          printed.getvalue())


if __name__ == "__main__":
    unittest.main()
