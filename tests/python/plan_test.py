"""Claims: plan finds what 'papilio plan' finds, on every radio, with limits and other targets; under
other conditions it weighs the same plans as the program does with these set."""

import math
import pathlib
import tempfile
import unittest

import papilio
from support import ROOT, TABLE4, TOWN, rows_of, told, value_of

MEASURED = ROOT / "scenarios/examples/measured.yaml"


def best_of(rows):
    return {row["network"]: row for row in rows if row["best"] == "1"}


class Planning(unittest.TestCase):
    def same(self, answers, rows):
        """Every plan is the program's, to the last digit, and so is the best."""
        self.assertGreater(len(rows), 0)
        for answer in answers:
            mine = [row for row in rows if row["network"] == answer.network]
            plans = answer.plans
            self.assertEqual(plans.rows, len(mine))
            for i, row in enumerate(mine):
                self.assertEqual(plans.row(i), {name: value_of(text) for name, text in row.items()})
        for network, row in best_of(rows).items():
            best = answers[network].best
            self.assertEqual(best.name, row["plan"])
            for name in ("latency_s", "mobile_energy_j", "cloud_s", "upload_bytes", "accuracy",
                         "value"):
                self.assertEqual(getattr(best, name), value_of(row[name]), name)

    def test_as_the_program_plans(self):
        answers = papilio.plan(papilio.load(TABLE4))
        self.assertEqual([answer.network for answer in answers], ["3g", "4g", "wifi"])
        self.same(answers, rows_of(told("plan", TABLE4, "--format", "csv")))

    def test_columns_are_declared(self):
        plans = papilio.plan(TABLE4)[0].plans
        for column in plans.values():
            self.assertTrue(column.doc, column.name)
        self.assertEqual([plans[name].unit for name in ("latency_s", "mobile_energy_j",
                                                        "upload_bytes")], ["s", "J", "byte"])

    def test_with_limits_and_a_target(self):
        answers = papilio.plan(MEASURED, target="energy",
                               limits={"accuracy_loss": 0.02, "latency_s": 0.03})
        self.same(answers, rows_of(told("plan", MEASURED, "-t", "energy", "--limit",
                                        "accuracy_loss=0.02", "--limit", "latency_s=0.03",
                                        "--format", "csv")))

    def test_planners_bits_and_reading(self):
        answers = papilio.plan(TABLE4, planners=["jointdnn", "neurosurgeon"], bits=[8, 16],
                               energy_model="throughput-only", target="product:1,2")
        self.same(answers, rows_of(told("plan", TABLE4, "--planner", "neurosurgeon", "--planner",
                                        "jointdnn", "--bits", 8, "--bits", 16, "-t",
                                        "product:1,2", "--energy-model", "throughput-only",
                                        "--format", "csv")))

    def test_other_conditions_find_the_best_of_all_plans(self):
        # One condition is another, no limit: what load() with it would find.
        scenario = papilio.load(TABLE4)
        for key, value in (("uplink_bit_per_s", 2e6), ("uplink_bit_per_s", 4e7),
                           ("cloud.load_level", 30), ("mobile.load_level", 0.1)):
            moved = papilio.plan(scenario, conditions={key: value})
            anew = papilio.plan(papilio.load(TABLE4, set={key: value}))
            for one, other in zip(moved, anew):
                with self.subTest(key=key, value=value, network=one.network):
                    self.assertEqual(one.best.name, other.best.name)
                    self.assertEqual(one.best.latency_s, other.best.latency_s)
                    self.assertEqual(one.best.mobile_energy_j, other.best.mobile_energy_j)

    def test_limits_that_nothing_keeps(self):
        answers = papilio.plan(TABLE4, limits={"latency_s": 1e-6})
        for answer in answers:
            self.assertIsNone(answer.best)
            self.assertIsNone(answer.runner_up)
            self.assertIn("no plan keeps the limits", answer.miss)
            self.assertFalse(answer.nearest.admitted)

    def test_the_plan_runs(self):
        answers = papilio.plan(TABLE4)
        for answer in answers:
            run = papilio.run(papilio.load(TABLE4, set={
                "networks": [answer.network], "energy_models": ["stated"],
                "strategies": [answer.best.strategy_item]}))
            simulated = run.summary["latency_s"][0]
            self.assertTrue(math.isclose(simulated, answer.best.latency_s, rel_tol=1e-9))

    def test_everything_as_json_and_as_a_file(self):
        answers = papilio.plan(TABLE4)
        found = answers.to_json()
        self.assertEqual(found["target"], "latency")
        self.assertEqual([one["best"]["name"] for one in found["answers"]],
                         [one.best.name for one in answers])
        with tempfile.TemporaryDirectory() as folder:
            told("plan", TABLE4, "-o", f"{folder}/plan.yaml")
            self.assertEqual(answers.to_yaml(), pathlib.Path(folder, "plan.yaml").read_text())
        moved = papilio.plan(TABLE4, conditions={"uplink_bit_per_s": 2e6})
        for tell in (moved.to_json, moved.to_yaml):
            with self.assertRaises(ValueError):
                tell()

    def test_what_does_not_fit(self):
        scenario = papilio.load(TABLE4)
        wrong = [
            (dict(target="speed"), "target"),
            (dict(planners=["me"]), "no planner 'me'"),
            (dict(bits=[33]), "bits must be 1 to 32"),
            (dict(energy_model="guess"), "energy_model"),
            (dict(limits={"lateness": 1}), "lateness"),
            (dict(limits={"latency_s": -1}), "latency_s"),
            (dict(limits={"latency_s": "soon"}), "latency_s"),
            (dict(conditions={"networks": 3}), "is no key of a number"),
            (dict(conditions={"uplink_bit_per_s": 0}), "cannot be 0"),
            (dict(conditions={"uplink_bit_per_s": float("nan")}), "cannot be nan"),
            (dict(conditions={"result_bytes": 1.5}), "whole numbers"),
            (dict(conditions={"edge.load_level": 2}), "edge server"),
        ]
        for question, why in wrong:
            with self.subTest(question=question), self.assertRaisesRegex(papilio.ConfigError, why):
                papilio.plan(scenario, **question)
        with self.assertRaisesRegex(papilio.ConfigError, "a planner weighs one request"):
            papilio.plan(TOWN)
        with self.assertRaisesRegex(KeyError, "there are 3g, 4g, wifi"):
            papilio.plan(scenario)["5g"]
        with self.assertRaises(IndexError):
            papilio.plan(scenario)[3]


if __name__ == "__main__":
    unittest.main()
