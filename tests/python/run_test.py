"""Claims: run and capacity leave what the program leaves; a run's process ends with the call, however
that ends, and its death, its errors and Ctrl-C are exceptions; descriptors and processes do not leak;
threads run at once."""

import concurrent.futures
import multiprocessing
import os
import pathlib
import pickle
import resource
import signal
import tempfile
import threading
import time
import unittest

import papilio
from support import (ROOT, SHORT, TABLE4, TOWN, children, descriptors, rows_of, slow_profiles, told,
                     value_of)

# Hours of a town: nobody waits for its end.
LONG = {"duration_s": 3e6, "mobiles.0.count": 2000}


def latency_on(network):
    """For a process of multiprocessing."""
    return papilio.run(papilio.load(TABLE4, set={"networks": [network]})).summary["latency_s"][-1]


def when_a_child_is_there(act):
    """Does something to the child of this process once there is one, from another thread."""
    def wait():
        while not (found := children()):
            time.sleep(0.01)
        time.sleep(0.2)
        act(int(found[0]))

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


class Runs(unittest.TestCase):
    def same(self, results, rows):
        self.assertGreater(len(rows), 0)
        self.assertEqual(results.summary.rows, len(rows))
        self.assertEqual(list(results.summary), list(rows[0]))
        for i, row in enumerate(rows):
            self.assertEqual(results.summary.row(i),
                             {name: value_of(text) for name, text in row.items()})

    def test_cells_as_the_program_runs_them(self):
        with tempfile.TemporaryDirectory() as folder:
            rows = rows_of(told("run", TABLE4, "--format", "csv", "-o", f"{folder}/a"))
            results = papilio.run(TABLE4, jobs=2, files=True)
            self.same(results, rows)
            made = pathlib.Path(folder) / "a"
            self.assertEqual(results.report, (made / "tables.md").read_text())
            self.assertIn("records.csv", results.files)
            for name, text in results.files.items():
                self.assertEqual(text, (made / name).read_text(), name)

    def test_a_fleet_as_the_program_runs_it(self):
        with tempfile.TemporaryDirectory() as folder:
            rows = rows_of(told("run", TOWN, "--format", "csv", "-o", f"{folder}/a",
                                *(word for key, value in SHORT.items()
                                  for word in ("--set", f"{key}={value}"))))
            self.same(papilio.run(papilio.load(TOWN, set=SHORT)), rows)

    def test_columns_are_declared(self):
        summary = papilio.run(TABLE4).summary
        for name, unit in (("latency_s", "s"), ("payload_bytes", "byte"), ("strategy", "")):
            self.assertEqual(summary[name].unit, unit)
        for column in summary.values():
            self.assertTrue(column.doc, column.name)
        self.assertEqual(summary["latency_s"].type, "real")
        self.assertEqual(summary["bits"].type, "integer")
        self.assertEqual(summary["network"].type, "text")

    def test_progress_is_told_and_may_end_a_run(self):
        told_of = []
        papilio.run(papilio.load(TOWN, set=SHORT), progress=lambda *said: told_of.append(said))
        for share, text in told_of:
            self.assertTrue(0 <= share <= 1)
            self.assertIsInstance(text, str)

        class Enough(Exception):
            pass

        def stop(share, text):
            raise Enough

        with self.assertRaises(Enough):
            papilio.run(papilio.load(TOWN, set=LONG), progress=stop)
        self.assertEqual(children(), [])

    def test_a_simulation_that_fails(self):
        with tempfile.TemporaryDirectory() as name:
            scenario = papilio.load(TABLE4, profiles=slow_profiles(pathlib.Path(name)))
            with self.assertRaisesRegex(papilio.SimulationError, "closed form"):
                papilio.run(scenario)

    def test_a_wrong_capacity_keeps_its_place(self):
        with self.assertRaises(papilio.ConfigError) as caught:
            papilio.capacity(TOWN, "mobiles.0.count", "p95_s < 1", set={"duration_s": "long"})
        self.assertEqual((caught.exception.file, caught.exception.key), ("--set", "duration_s"))

    def test_capacity_as_the_program_finds_it(self):
        values = {**SHORT, "strategies": [{"strategy": "mobile-only"}]}
        found = papilio.capacity(TOWN, "mobiles.0.arrivals.rate_per_s", "p95_s < 0.03", set=values,
                                 least=0.1, most=100, precision=0.5)
        rows = rows_of(told("capacity", TOWN, "--for", "mobiles.0.arrivals.rate_per_s", "--until",
                            "p95_s < 0.03", "--from", 0.1, "--to", 100, "--precision", 0.5,
                            "--format", "csv", "--set", "duration_s=60", "--set", "warm_up_s=6",
                            "--set", "strategies=[{strategy: mobile-only}]"))
        self.assertEqual(found.runs.rows, len(rows))
        for i, row in enumerate(rows):
            self.assertEqual(found.runs.row(i), {key: value_of(text) for key, text in row.items()})
        self.assertTrue(found.found)


class Children(unittest.TestCase):
    def test_a_killed_child_is_an_exception(self):
        scenario = papilio.load(TOWN, set=LONG)
        thread = when_a_child_is_there(lambda child: os.kill(child, signal.SIGKILL))
        with self.assertRaisesRegex(papilio.InternalError, "killed by signal 9"):
            papilio.run(scenario)
        thread.join()
        self.assertEqual(children(), [])

    def test_a_defect_in_a_child_is_an_exception(self):
        # What aborts tells the terminal why.
        with self.assertRaisesRegex(papilio.InternalError, "killed by signal 6"):
            papilio._core._defect_apart()

    def test_ctrl_c_ends_the_child(self):
        scenario = papilio.load(TOWN, set=LONG)
        thread = when_a_child_is_there(lambda child: os.kill(os.getpid(), signal.SIGINT))
        with self.assertRaises(KeyboardInterrupt):
            papilio.run(scenario, jobs=2)
        thread.join()
        self.assertEqual(children(), [])

    def test_no_pipe_left_is_an_exception(self):
        scenario = papilio.load(TABLE4)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        try:
            with self.assertRaisesRegex(papilio.SimulationError, "Too many open files"):
                papilio.run(scenario)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        self.assertGreater(papilio.run(scenario).summary.rows, 0)

    def test_many_runs_leak_nothing(self):
        scenario = papilio.load(TABLE4, set={"networks": ["wifi"]})
        first = papilio.run(scenario).summary.to_dict()
        before = descriptors()
        for _ in range(30):
            self.assertEqual(papilio.run(scenario).summary.to_dict(), first)
        self.assertEqual(descriptors(), before)
        self.assertEqual(children(), [])

    def test_threads_run_at_once(self):
        # Both come back with their own results, whatever the other does meanwhile.
        scenarios = [papilio.load(TABLE4, set={"networks": [name]}) for name in ("3g", "wifi")]
        alone = [papilio.run(scenario).summary.to_dict() for scenario in scenarios]
        found = [[], []]
        errors = []

        def work(i):
            try:
                for _ in range(10):
                    found[i].append(papilio.run(scenarios[i]).summary.to_dict())
                    papilio.plan(scenarios[1 - i], limits={"latency_s": 0.05 + 0.01 * i})
            except Exception as error:  # told by the test, not by a thread that dies
                errors.append(error)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [])
        for i in range(2):
            self.assertEqual(found[i], [alone[i]] * 10)

    def test_processes_of_multiprocessing_run_at_once(self):
        networks = ["3g", "wifi"]
        expected = [latency_on(network) for network in networks]
        for method in ("fork", "spawn"):
            with self.subTest(method=method), concurrent.futures.ProcessPoolExecutor(
                    2, multiprocessing.get_context(method)) as pool:
                self.assertEqual(list(pool.map(latency_on, networks)), expected)
        with self.assertRaises(TypeError):
            pickle.dumps(papilio.load(TABLE4))

    def test_a_fork_of_python_s_does_not_inherit_a_lock(self):
        scenario = papilio.load(TABLE4)
        done = threading.Event()

        def plan_on():
            limit = 0.05
            while not done.is_set():
                papilio.plan(scenario, limits={"latency_s": limit})
                limit *= 1.01

        thread = threading.Thread(target=plan_on)
        thread.start()
        try:
            for _ in range(5):
                time.sleep(0.02)
                child = os.fork()
                if child == 0:
                    papilio.check(TABLE4)
                    os._exit(0)
                for _ in range(3000):  # half a minute: it takes a fraction of a second
                    ended, status = os.waitpid(child, os.WNOHANG)
                    if ended:
                        break
                    time.sleep(0.01)
                else:
                    os.kill(child, signal.SIGKILL)
                    os.waitpid(child, 0)
                    self.fail("the fork waits for a lock that nobody holds there")
                self.assertEqual(status, 0)
        finally:
            done.set()
            thread.join()

    def test_other_threads_go_on(self):
        scenario = papilio.load(TOWN, set=LONG)
        ticks = []
        done = threading.Event()

        def tick():
            while not done.is_set():
                ticks.append(1)
                time.sleep(0.001)

        thread = threading.Thread(target=tick)
        thread.start()
        ender = when_a_child_is_there(lambda child: os.kill(child, signal.SIGKILL))
        try:
            with self.assertRaises(papilio.InternalError):
                papilio.run(scenario)
        finally:
            done.set()
            thread.join()
            ender.join()
        # The child lived for 0.2 s at least; with the interpreter's lock held there would be none.
        self.assertGreater(len(ticks), 10)

    def test_a_thread_may_run_while_another_s_child_lives(self):
        # A child that inherited another's pipe would hold its end open for as long as it lives.
        long = papilio.load(TOWN, set=LONG)
        short = papilio.load(TABLE4, set={"networks": ["wifi"]})
        outcome = []

        def forever():
            try:
                papilio.run(long)
            except papilio.InternalError as error:
                outcome.append(error)

        thread = threading.Thread(target=forever)
        thread.start()
        while not (first := children()):
            time.sleep(0.01)
        for _ in range(5):
            papilio.run(short)
        self.assertTrue(thread.is_alive())
        os.kill(int(first[0]), signal.SIGKILL)
        thread.join()
        self.assertEqual(len(outcome), 1)


if __name__ == "__main__":
    unittest.main()
