"""What the tests of the module papilio share. ctest sets PYTHONPATH to the module of the build folder,
PAPILIO_PROGRAM and PAPILIO_SOURCE_DIR."""

import csv
import io
import os
import pathlib
import re
import subprocess

PROGRAM = os.environ["PAPILIO_PROGRAM"]
ROOT = pathlib.Path(os.environ["PAPILIO_SOURCE_DIR"])
TABLE4 = ROOT / "scenarios/paper/table4.yaml"
TOWN = ROOT / "scenarios/fleets/town.yaml"
# A minute of the town: a run of a moment.
SHORT = {"duration_s": 60, "warm_up_s": 6}


def told(*words):
    """What the program prints to standard output."""
    done = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def rows_of(text):
    """CSV as a list of dicts of texts."""
    return list(csv.DictReader(io.StringIO(text)))


def value_of(text):
    """A field of CSV as a column has it: nothing, a number or a text."""
    if text == "":
        return None
    try:
        return float(text)
    except ValueError:
        return text


def slow_profiles(folder):
    """A folder of profiles in which a layer takes a million seconds: no simulation keeps its digits."""
    made = folder / "layers/jetson-tx2"
    made.mkdir(parents=True)
    table = (ROOT / "profiles/layers/jetson-tx2/resnet50-paper.yaml").read_text()
    changed = re.sub(r"(layer: conv1, latency_s: )[0-9.e+-]+", r"\g<1>1e6", table)
    assert changed != table
    (made / "resnet50-paper.yaml").write_text(changed)
    return folder


def descriptors():
    """How many descriptors this process holds."""
    return len(os.listdir("/proc/self/fd"))


def children():
    """The child processes of this one, those that nobody waited for included, but for the helper that
    multiprocessing keeps for as long as the interpreter lives."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            stat = pathlib.Path(f"/proc/{name}/stat").read_text()
            if "multiprocessing.resource_tracker" in pathlib.Path(f"/proc/{name}/cmdline").read_text():
                continue
        except OSError:
            continue  # it has ended
        # "NUMBER (NAME) STATE PARENT ...", and a name may hold anything
        if int(stat.rpartition(")")[2].split()[1]) == os.getpid():
            found.append(name)
    return found
