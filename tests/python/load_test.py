"""Claims: load and check say what the program says, with what was set in place of the file's values;
whatever is wrong is an exception with its place, and never ends the interpreter."""

import pathlib
import pickle
import tempfile
import unittest

import papilio
from support import ROOT, SHORT, TABLE4, TOWN, told


class Loading(unittest.TestCase):
    def test_says_what_the_program_says(self):
        for file in (TABLE4, TOWN):
            self.assertIn(f": valid; {papilio.check(file)}\n", told("check", file))
            self.assertEqual(papilio.load(file).extent, papilio.check(file))
        study = ROOT / "scenarios/studies/bandwidth.yaml"
        self.assertIn(f": valid; {papilio.check(study)}, by ", told("study", "check", study))

    def test_what_is_set_takes_the_place_of_the_file_s(self):
        scenario = papilio.load(TABLE4, set={"networks": ["wifi"], "uplink_bit_per_s": 2e6,
                                             "mobile.load_level": 2})
        self.assertEqual(scenario.extent, "36 cells")
        self.assertIn("networks: [wifi]", scenario.effective)
        self.assertIn("uplink_bit_per_s: 2000000", scenario.effective)
        self.assertEqual(scenario.name, "table4")
        self.assertEqual(scenario.seed, 1)
        self.assertEqual(scenario.file, str(TABLE4))
        fleet = papilio.load(str(TOWN), set={"mobiles.0.count": 3, **SHORT})
        self.assertTrue(fleet.extent.startswith("3 mobiles"), fleet.extent)

    def test_own_profiles_are_searched_first(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "radios").mkdir()
            text = (ROOT / "profiles/radios/wifi.yaml").read_text()
            (folder / "radios/attic.yaml").write_text(text.replace("radio: wifi", "radio: attic"))
            for profiles in (folder, [folder], str(folder)):
                scenario = papilio.load(TABLE4, set={"networks": ["attic"]}, profiles=profiles)
                self.assertIn("attic", scenario.effective)


class Errors(unittest.TestCase):
    def refused(self, *args, **kwargs):
        with self.assertRaises(papilio.ConfigError) as caught:
            papilio.load(*args, **kwargs)
        self.assertIsInstance(caught.exception, papilio.Error)
        return caught.exception

    def test_a_place_in_the_file(self):
        with tempfile.TemporaryDirectory() as name:
            file = pathlib.Path(name) / "a.yaml"
            file.write_text(TABLE4.read_text().replace("bits: 8}", "bits: 99}"))
            error = self.refused(file)
            lines = file.read_text().splitlines()
            self.assertEqual(error.file, str(file))
            self.assertEqual(error.key, "strategies.1.bits")
            self.assertEqual(lines[error.line - 1][error.column - 1:], "99}")
            self.assertIn("99", error.message)
            self.assertEqual(len(error.places), 2)
            self.assertEqual(error.places[1].key, "strategies.2.bits")
            self.assertTrue(str(error).startswith(f"{file}:{error.line}:{error.column}: error: "))
            again = pickle.loads(pickle.dumps(error))
            self.assertEqual((again.places, str(again)), (error.places, str(error)))

    def test_a_wrong_key_that_was_set(self):
        error = self.refused(TABLE4, set={"uplink_bits_per_s": 2e6})
        self.assertEqual((error.file, error.line, error.key), ("--set", 1, "uplink_bits_per_s"))
        self.assertIn("did you mean 'uplink_bit_per_s'", error.message)

    def test_a_key_may_hold_a_colon(self):
        # The parts of an error are its own, and not guessed from its text.
        error = self.refused(TABLE4, set={"a: error: b": 1})
        self.assertEqual(error.key, "a: error: b")

    def test_a_missing_file(self):
        error = self.refused("/nowhere/a.yaml")
        self.assertEqual((error.file, error.line, error.column, error.key),
                         ("/nowhere/a.yaml", None, None, None))

    def test_a_name_that_is_no_utf8(self):
        error = self.refused(b"/nowhere/\xff.yaml")
        self.assertIn("\ufffd", str(error))

    def test_no_folder_of_profiles(self):
        self.assertIn("not a folder of profiles", str(self.refused(TABLE4, profiles=["/nowhere"])))

    def test_a_study_is_no_scenario(self):
        error = self.refused(ROOT / "scenarios/studies/bandwidth.yaml")
        self.assertIn("papilio.study", error.message)
        self.assertEqual(error.key, "kind")

    def test_wrong_types(self):
        wrong = [
            lambda: papilio.load(3),
            lambda: papilio.load(TABLE4, set=["networks=[wifi]"]),
            lambda: papilio.load(TABLE4, set={3: 4}),
            lambda: papilio.load(TABLE4, set={"networks": {"wifi"}}),
            lambda: papilio.load(TABLE4, set={"networks": object()}),
            lambda: papilio.load(TABLE4, {"networks": ["wifi"]}),
            lambda: papilio.load(TABLE4, profiles=3),
            lambda: papilio.plan(3),
            lambda: papilio.plan(TABLE4, limits=[("latency_s", 1)]),
            lambda: papilio.plan(TABLE4, conditions=3),
            lambda: papilio.plan(TABLE4, conditions={"uplink_bit_per_s": None}),
            lambda: papilio.plan(TABLE4, bits=["8"]),
            lambda: papilio.plan(TABLE4, target=3),
            lambda: papilio.run(None),
            lambda: papilio.run(TABLE4, jobs="2"),
            lambda: papilio.run(TABLE4, jobs=True),
            lambda: papilio.run(TABLE4, progress=3),
            lambda: papilio.table("a.db", [3]),
            lambda: papilio.table("a.db", "cut", where=["a"]),
        ]
        for i, call in enumerate(wrong):
            with self.subTest(i=i), self.assertRaises(TypeError):
                call()

    def test_wrong_values(self):
        for set_values in ({"a=b": 1}, {"": 1}, {"uplink_bit_per_s": float("nan")}):
            with self.subTest(set=set_values), self.assertRaises(ValueError):
                papilio.load(TABLE4, set=set_values)
        for jobs in (-1, 1025):
            with self.assertRaises(ValueError):
                papilio.run(TABLE4, jobs=jobs)

    def test_a_defect_is_an_exception_here_too(self):
        with self.assertRaisesRegex(papilio.InternalError, "check 'false' failed at .*core.cpp"):
            papilio._core._defect()


if __name__ == "__main__":
    unittest.main()
