#!/usr/bin/env python3
"""Three networks, three radios, four cuts, requests one after another and overlapping: live and
simulated, without a calibration, with one of the network's cells on the other two radios, and with
one of the other two networks. docs/validation.md

    sudo tests/bench/validation.py build/release results/validation --resnet20 resnet20.th \\
        --resnet56 resnet56.th --units results/units

Needs two idle processors and a quarter of an hour. Writes OUT/NETWORK, what 'papilio validate' left;
OUT/NETWORK-without-RADIO.yaml, a calibration, and OUT/NETWORK-RADIO-calibrated; OUT/without-NETWORK.yaml,
the calibration of the other two networks, and OUT/NETWORK-calibrated; OUT/summary.csv.
"""

import argparse
import csv
import pathlib
import statistics
import subprocess
import sys

SLOW_S = 20e-3
RADIOS = ["3g", "4g", "wifi"]


def networks(words):
    """Of each: the scenario's changes, pictures, weights, requests a cell."""
    return {
        "resnet20": (["model=resnet20-cifar10",
                      "strategies=[{strategy: cloud-only}, {strategy: split, after: [RB3]}, "
                      "{strategy: butterfly, after: [RB3, RB6], channels: [4]}]"],
                     ["--data", "cifar10-jpeg", "--weights", words.resnet20, "--units", words.units], 40),
        "resnet56": (["model=resnet56-cifar10", "mobile.device=xeon-1-thread",
                      "strategies=[{strategy: cloud-only}, {strategy: split, after: [RB9, RB18, RB27]}]"],
                     ["--data", "cifar10-jpeg", "--weights", words.resnet56], 40),
        "squeezenet": (["model=squeezenet1_0", "mobile.device=xeon-1-thread",
                        "strategies=[{strategy: cloud-only}, {strategy: split, after: "
                        "[features.7.squeeze_activation, features.10.squeeze_activation, "
                        "features.12.squeeze_activation]}]"],
                       ["--data", "caltech101"], 25),
    }


def papilio(words, *arguments):
    command = [str(words.build / "papilio"), *map(str, arguments)]
    print("$", " ".join(command), file=sys.stderr, flush=True)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def validate(words, name, folder, more, radios=RADIOS):
    changes, network, requests = networks(words)[name]
    sets = [word for change in (f"networks=[{', '.join(radios)}]", *changes) for word in ("--set", change)]
    papilio(words, "validate", words.scenario, *sets, "--overlap", 2, "--requests", requests,
            "-o", folder, *more, *([] if "--again" in more else network))


def errors_of(folder):
    with open(folder / "cells.csv", newline="") as file:
        return list(csv.DictReader(file))


def describe(label, cells):
    """One line of the summary: medians over the cells of |error|."""
    def median(column, chosen):
        values = [abs(float(cell[column])) for cell in chosen if cell[column]]
        return statistics.median(values) if values else None
    slow = [cell for cell in cells if float(cell["live_p50_s"]) >= SLOW_S]
    far = [cell for cell in cells
           if abs(float(cell["p50_error"])) > 0.15
           and abs(float(cell["simulated_p50_s"]) - float(cell["live_p50_s"])) > 1e-3]
    worst = max(cells, key=lambda cell: abs(float(cell["p50_error"])))
    return {"cells": label, "count": len(cells), "median_error": median("p50_error", cells),
            "slow": len(slow), "median_error_of_slow": median("p50_error", slow),
            "median_p90_error": median("p90_error", cells),
            "worst_error": float(worst["p50_error"]),
            "worst_cell": " ".join(worst[key] for key in ("model", "network", "partition", "mode")),
            "beyond_15_percent_and_1_ms": len(far)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, help="folder with papilio and papilio-tensor")
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--scenario", default="scenarios/examples/validation.yaml")
    parser.add_argument("--resnet20", required=True, help="weights")
    parser.add_argument("--resnet56", required=True, help="weights")
    parser.add_argument("--units", required=True, help="of resnet20 behind RB3 and RB6, 4 channels: 'papilio train'")
    parser.add_argument("--summarise", action="store_true", help="run nothing, tell what is there")
    words = parser.parse_args()
    names = list(networks(words))
    if not words.summarise:
        for name in names:
            if not (words.out / name / "cells.csv").exists():  # else it was run before
                validate(words, name, words.out / name, [])
        for name in names:
            for radio in RADIOS:
                calibration = words.out / f"{name}-without-{radio}.yaml"
                papilio(words, "calibrate", words.out / name, "--leave-out", radio,
                        "--name", f"{name}-without-{radio}", "-o", calibration, "-q")
                validate(words, name, words.out / f"{name}-{radio}-calibrated",
                         ["--again", words.out / name, "--calibration", calibration], [radio])
            calibration = words.out / f"without-{name}.yaml"
            papilio(words, "calibrate", *(words.out / other for other in names if other != name),
                    "--name", f"without-{name}", "-o", calibration, "-q")
            validate(words, name, words.out / f"{name}-calibrated",
                     ["--again", words.out / name, "--calibration", calibration])
    rows = []
    radios = [f"-{radio}-calibrated" for radio in RADIOS]
    for kind, suffixes in (("uncalibrated", [""]), ("calibrated by the other radios", radios),
                           ("calibrated by the other networks", ["-calibrated"])):
        cells = [cell for name in names for suffix in suffixes for cell in errors_of(words.out / (name + suffix))]
        rows.append(describe(kind, cells))
        for mode in ("sequential", "overlapping"):
            rows.append(describe(f"{kind}, {mode}", [cell for cell in cells if cell["mode"] == mode]))
    with open(words.out / "summary.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    for row in rows:
        print(", ".join(f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}"
                        for key, value in row.items()))


main()
