"""The README's commands work in the order in which they stand, in a folder that has what a clone has, and print the rows
that the README quotes below them. Files that the README shows (yaml blocks) are written from it. What takes minutes or needs a file
that no clone has is named in LEFT_OUT with its reason, and its options are parsed only. Arguments: the program, the project's folder;
--times prints what each command took. tests/install/walk.sh does the same in another system: --in SYSTEM runs the commands there by
chroot, in SYSTEM's folder /root/papilio, a clone, and none of them shortened."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

program, root = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()

# Beginnings of commands, and why they are only parsed.
LEFT_OUT = {
    "./papilio profile ": "measures, which a busy machine must refuse",
    "./papilio import densenet121.pt": "a file of the reader's",
    "./papilio import tagger.pt": "a file of the reader's",
    "./papilio import-profile trace.json": "a file of the reader's",
    "./papilio infer cat.jpg": "a picture and weights of the reader's",
    "./papilio validate ": "needs root and two idle processors",
    "./papilio calibrate ": "what a line before it would have validated",
    "./papilio plot results/validate-validation": "what the line before it would have validated",
    "./papilio profiles show my-laptop/": "what the line before it would have measured",
}
# Words of the wrapper alone: the suite, of which this test is a part, and Python with the module, whose example is a test.
OF_THE_WRAPPER = ("./papilio test", "./papilio python")
# The environment of a newcomer's shell in another system.
BARE = ["/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8"]

# What a shorter run shows as well: that the command works.
CHEAPER = {"./papilio capacity ": "--set duration_s=60 --set warm_up_s=6"}


def blocks(text):
    """The fenced blocks, in order: the word behind the fence, and the lines."""
    for found in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield found[1], found[2].splitlines()


def is_left_out(command):
    return any(command.startswith(start) for start in LEFT_OUT)


def main():
    readme = (root / "README.md").read_text()
    system = sys.argv[sys.argv.index("--in") + 1] if "--in" in sys.argv else None
    failures, ran, rows, parsed = [], 0, 0, 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(system, "root/papilio") if system else pathlib.Path(name)
        for shared in () if system else ("scenarios", "profiles", "docs", "results/reference"):
            (folder / shared).parent.mkdir(exist_ok=True)
            (folder / shared).symlink_to(root / shared)
        if not system:
            (folder / "papilio").symlink_to(program)
        env = {**os.environ, "HOME": str(folder)}

        def run(command):
            began = time.monotonic()
            words = ["chroot", system, *BARE, "sh", "-c", f"cd /root/papilio && {command}"] if system else ["sh", "-c", command]
            done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True)
            if "--times" in sys.argv:
                print(f"{time.monotonic() - began:7.1f} s  {command}", flush=True)
            return done

        printed = ""
        for language, lines in blocks(readme):
            if language == "yaml":
                title = re.match(r"# (\S+\.yaml):", lines[0])
                assert title, f"a file without its name: {lines[0]}"
                (folder / title[1]).write_text("\n".join(lines) + "\n")
            for line in lines:
                if line.startswith("./papilio "):
                    if line.startswith(OF_THE_WRAPPER[:1] if system else OF_THE_WRAPPER):
                        continue
                    left_out = is_left_out(line)
                    if left_out:
                        line = line.split("  #")[0] + " --help"
                    for start, more in () if system else CHEAPER.items():
                        line += f" {more}" if line.startswith(start) else ""
                    done = run(line)
                    printed += done.stdout
                    ran, parsed = ran + (not left_out), parsed + left_out
                    differs = line.startswith("./papilio compare ") and done.returncode == 1
                    if done.returncode != 0 and not differs:
                        failures.append(f"{line}\n  {done.stderr.strip()}")
                elif line.startswith("| "):
                    rows += 1
                    if line not in printed:
                        failures.append(f"no command before it prints the row\n  {line}")
    assert ran >= 40 and rows >= 30 and parsed >= 5, f"the test has lost sight of the README: {ran}, {rows}, {parsed}"
    sys.exit("\n".join(failures) or 0)


main()
