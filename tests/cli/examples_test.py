"""Every example that a verb's --help prints works as it stands, in a folder that has what the example
names.  What takes minutes (training, measuring, pictures at full size) is parsed only: with --help added,
which refuses options and values that the verb does not have.  What examples write to /tmp goes into that
folder too.  Arguments: the program, the project's folder."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

program, root = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()

# In this order: what one example writes, a later one reads.
VERBS = ["run", "check", "schema", "models", "devices", "radios", "profiles", "predict", "import-profile",
         "study check", "study run", "study submit", "study status", "study export", "study sql",
         "study merge", "study", "table", "plot", "report", "plan", "capacity", "new",
         "calibrate", "replay",
         "completion", "doctor"]
TENSOR_VERBS = ["codecs", "datasets", "import", "infer", "serve", "offload", "validate", "train", "profile"]
PARSED_ONLY = re.compile(r"papilio (import|infer|serve|offload|validate|train|profile) ")
# One replication is enough.
CHEAPER = {"papilio run scenarios/fleets/server-load.yaml": "--set replications=1"}


def shell(command, folder, env):
    return subprocess.run(["sh", "-c", command], cwd=folder, env=env, capture_output=True, text=True)


def examples_of(verb, folder, env):
    """The lines under "Examples:", those that end in a backslash with the next."""
    told = shell(f"papilio {verb} --help", folder, env)
    assert told.returncode == 0, (verb, told.stderr)
    text = told.stdout.split("\nExamples:\n", 1)[1].split("\n\n")[0].replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    assert lines, verb
    return lines


def prepare(folder):
    """What the examples take for granted."""
    for name in ("scenarios", "profiles"):
        (folder / name).symlink_to(root / name)
    (folder / "my.yaml").write_text(
        "kind: study\nname: my\nbase: scenarios/paper/table4.yaml\nmethod: closed-form\n"
        "grid:\n  - {axis: list, key: networks.0, name: network_name, values: [3g, 4g, wifi]}\n")
    (folder / "load.yaml").write_text(
        "kind: study\nname: load\nbase: scenarios/fleets/town.yaml\nseed: 1\nreplicates: 2\n"
        "grid:\n  - {axis: list, key: mobiles.0.count, name: phones, values: [2, 4]}\n"
        "set: {duration_s: 60, warm_up_s: 6}\n")
    results = folder / "results"
    (results / "profiles/models").mkdir(parents=True)
    shutil.copy(root / "profiles/models/densenet121.yaml", results / "profiles/models")
    # Times of the layers of resnet20-cifar10, as another tool would have them.
    layers = ["conv1"] + [f"layer{stage}.{block}.conv{conv}"
                          for stage in (1, 2, 3) for block in range(3) for conv in (1, 2)] + ["linear"]
    nodes = [{"cat": "Node", "ph": "X", "ts": 100 * i, "dur": 100, "name": f"{name}_kernel_time"}
             for i, name in enumerate(layers)]
    (folder / "trace.json").write_text(json.dumps(nodes))
    (folder / "map.csv").write_text("measured,layer\nlinear,linear\n")
    shutil.copytree(root / "results/reference/figure7-cifar10", results / "train-resnet20-cifar10")
    # A validation, and a live run of it.
    shutil.copytree(root / "results/reference/validate-validation", results / "validate-validation")
    # A cluster that takes every job and runs none.
    tools = folder / "tools"
    tools.mkdir()
    (tools / "papilio").symlink_to(program)
    for name, answer in (("sbatch", "echo 1"), ("squeue", "true"), ("sacct", "true")):
        (tools / name).write_text(f"#!/bin/sh\n{answer}\n")
        (tools / name).chmod(0o755)
    return {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(folder)}


def main():
    failures, ran = [], 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        env = prepare(folder)
        made = shell("papilio study run load.yaml -q", folder, env)
        assert made.returncode == 0, made.stderr
        verbs = VERBS + (TENSOR_VERBS if (program.parent / "papilio-tensor").exists() else [])
        for verb in verbs:
            for example in examples_of(verb, folder, env):
                command = example.replace(" /tmp/", f" {folder}/tmp/")  # others may have a /tmp/t4
                if PARSED_ONLY.search(example):
                    command += " --help"
                for start, more in CHEAPER.items():
                    command += f" {more}" if command.startswith(start) else ""
                if example.startswith("papilio study merge results/cluster/"):
                    # The tasks that the cluster would have run.
                    shell("papilio study run my.yaml --shard 1/8 -o results/cluster/shard-1.db -q",
                          folder, env)
                done = shell(command, folder, env)
                ran += 1
                if done.returncode != 0:
                    failures.append(f"papilio {verb} --help: {example}\n  {done.stderr.strip()}")
    assert ran >= 40, f"the test has lost sight of the examples: {ran}"
    sys.exit("\n".join(failures) or 0)


main()
