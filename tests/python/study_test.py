"""Claims: study fills a database as 'papilio study run' does, goes on where it was stopped, and tells of
points that fail; table and sql answer as the program does, all digits in SI units."""

import os
import pathlib
import signal
import tempfile
import threading
import time
import unittest

import papilio
from support import ROOT, TOWN, children, descriptors, rows_of, told, value_of

STUDY = """kind: study
name: rates
base: {root}/scenarios/paper/table4.yaml
method: closed-form
set: {{energy_models: [stated]}}
grid:
  - {{axis: log_range, key: uplink_bit_per_s, from: 1e6, to: 1e7, count: {count}}}
"""


class Studies(unittest.TestCase):
    def setUp(self):
        self.held = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.held.name)
        self.addCleanup(self.held.cleanup)

    def study(self, count=5):
        file = self.folder / "rates.yaml"
        file.write_text(STUDY.format(root=ROOT, count=count))
        return file

    def same(self, columns, rows):
        self.assertGreater(len(rows), 0)
        self.assertEqual(list(columns), list(rows[0]))
        self.assertEqual(columns.rows, len(rows))
        for i, row in enumerate(rows):
            self.assertEqual(columns.row(i), {name: value_of(text) for name, text in row.items()})

    def test_table_and_sql_as_the_program_has_them(self):
        database = self.folder / "a.db"
        done = papilio.study(self.study(), database, jobs=2)
        self.assertEqual((done.name, done.database, done.points, done.stored, done.computed,
                          done.failed, done.first_error),
                         ("rates", str(database), 5, 5, 5, 0, ""))
        other = self.folder / "b.db"
        told("study", "run", self.study(), "-o", other, "-q")
        question = "SELECT * FROM rates ORDER BY 1, 2, 3"
        self.same(papilio.sql(database, question),
                  rows_of(told("study", "sql", other, question, "--format", "csv")))
        found = papilio.table(database, ["strategy", "cut"], "network", where={
            "uplink_bit_per_s": 1e6, "strategy": ["butterfly", "cloud-only"]})
        self.same(found, rows_of(told("table", other, "--rows", "strategy,cut", "--cols", "network",
                                      "--where", "uplink_bit_per_s=1000000", "--where",
                                      "strategy=butterfly,cloud-only", "--format", "csv")))
        best = papilio.table(database, "uplink_bit_per_s", "network", best="partition")
        self.same(best, rows_of(told("table", other, "--rows", "uplink_bit_per_s", "--cols",
                                     "network", "--best", "partition", "--format", "csv")))

    def test_it_goes_on(self):
        database = self.folder / "a.db"
        self.assertEqual(papilio.study(self.study(5), database).computed, 5)
        self.assertEqual(papilio.study(self.study(5), database).computed, 0)

    def test_ctrl_c_leaves_what_the_same_call_goes_on_with(self):
        file = self.folder / "towns.yaml"
        file.write_text(f"kind: study\nname: towns\nbase: {TOWN}\n"
                        "set: {mobiles.0.count: 2000}\n"
                        "grid:\n  - {axis: list, key: duration_s, values: [61, 3000000]}\n")
        database = self.folder / "a.db"

        def interrupt():
            while True:
                time.sleep(0.05)
                try:
                    if papilio.sql(database, "SELECT count(*) AS n FROM point")["n"][0] >= 1:
                        break
                except papilio.ConfigError:
                    continue  # it is not there yet
            os.kill(os.getpid(), signal.SIGINT)

        thread = threading.Thread(target=interrupt)
        thread.start()
        with self.assertRaises(KeyboardInterrupt):
            papilio.study(file, database)
        thread.join()
        self.assertEqual(children(), [])
        self.assertEqual(papilio.sql(database, "SELECT count(*) AS n FROM point")["n"][0], 1)

    def test_points_that_fail_are_told(self):
        file = self.folder / "some.yaml"
        file.write_text(f"kind: study\nname: some\nbase: {ROOT}/scenarios/paper/table4.yaml\n"
                        "set: {strategies: [{strategy: butterfly, after: [RB1], channels: [1]}]}\n"
                        "grid:\n  - {axis: list, key: strategies.0.channels, values: [1, 300, 2]}\n")
        done = papilio.study(file, self.folder / "a.db")
        self.assertEqual((done.stored, done.failed), (3, 1))
        self.assertIn("channels: must be >= 1 and <= 256", done.first_error)

    def test_what_is_wrong(self):
        with self.assertRaisesRegex(papilio.ConfigError, "kind"):
            papilio.study(ROOT / "scenarios/paper/table4.yaml", self.folder / "a.db")
        self.assertFalse((self.folder / "a.db").exists())
        with self.assertRaises(papilio.ConfigError):
            papilio.study(self.study(), self.study() / "a.db")
        with self.assertRaises(papilio.ConfigError):
            papilio.table("/nowhere/a.db", "cut")
        (self.folder / "no.db").write_text("not a database")
        with self.assertRaises(papilio.ConfigError):
            papilio.sql(self.folder / "no.db", "SELECT 1")
        database = self.folder / "a.db"
        papilio.study(self.study(), database)
        before = descriptors()
        for call, why in ((lambda: papilio.table(database, "cuts"), "cut"),
                          (lambda: papilio.table(database, "cut", value="speed"), "speed"),
                          (lambda: papilio.table(database, "cut", study="other"), "rates"),
                          (lambda: papilio.table(database, []), "row"),
                          (lambda: papilio.sql(database, "DELETE FROM point"), ""),
                          (lambda: papilio.sql(database, "SELECT nothing"), "nothing")):
            with self.assertRaisesRegex(papilio.ConfigError, why):
                call()
        self.assertEqual(descriptors(), before)


if __name__ == "__main__":
    unittest.main()
