"""Claims: bash and zsh complete what papilio takes, from what its help tells: every verb, every option, the
names of networks, devices, radios, columns and scenario files, those of papilio-tensor where it is not
installed too.  The program lies in a prefix of its own, as it would be installed, so that it must also find its
data from there.  bash's completion is called as bash calls it, and what it leaves in COMPREPLY looked at; both
shells are typed at on a terminal.  Arguments: the program, the project's folder."""

import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

program, root = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()

# Reads command lines, sets what bash sets when Tab is pressed at their end, and prints COMPREPLY.
DRIVER = r"""
source "$1"
while IFS= read -r COMP_LINE; do
  COMP_POINT=${#COMP_LINE}
  broken=${COMP_LINE//=/ = }
  broken=${broken//:/ : }
  read -r -a COMP_WORDS <<< "$broken"
  [[ $COMP_LINE == *" " ]] && COMP_WORDS+=("")
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  COMPREPLY=()
  _papilio 2>/dev/null
  (IFS=$'\x1f'; printf '%s\n' "${COMPREPLY[*]}")
done
"""


class Test:
    def __init__(self, folder):
        self.failures = []
        self.folder = folder
        prefix = folder / "prefix"
        (prefix / "bin").mkdir(parents=True)
        shutil.copy(program, prefix / "bin/papilio")
        (prefix / "lib/papilio").mkdir(parents=True)
        shutil.copy(program.with_name("papilio-simgrid.so"), prefix / "lib/papilio")
        (prefix / "share/papilio").mkdir(parents=True)
        for name in ("profiles", "scenarios"):
            (prefix / "share/papilio" / name).symlink_to(root / name)
        self.here = folder / "here"
        self.here.mkdir()
        self.env = {**os.environ, "PATH": f"{prefix}/bin:{os.environ['PATH']}", "HOME": str(folder),
                    "TERM": "xterm", "PS1": "$ "}
        for shell in ("bash", "zsh"):
            (folder / f"{shell}.script").write_text(self.run(["papilio", "completion", shell]))
        (folder / "driver.sh").write_text(DRIVER)

    def run(self, words):
        done = subprocess.run(words, cwd=self.here, env=self.env, capture_output=True, text=True)
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout

    def bash(self, lines):
        """What COMPREPLY holds at the end of each line."""
        done = subprocess.run(["bash", "--norc", self.folder / "driver.sh", self.folder / "bash.script"],
                              input="".join(line + "\n" for line in lines), cwd=self.here, env=self.env,
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        replies = done.stdout.split("\n")[:-1]
        assert len(replies) == len(lines), (lines, replies, done.stderr)
        return [reply.split("\x1f") if reply else [] for reply in replies]

    def expect(self, line, exactly=None, among=(), without=()):
        [reply] = self.bash([line])
        if exactly is not None and sorted(reply) != sorted(exactly):
            self.failures.append(f"{line!r}: {reply}, not {exactly}")
        for word in among:
            if word not in reply:
                self.failures.append(f"{line!r}: no {word!r} in {reply}")
        for word in without:
            if word in reply:
                self.failures.append(f"{line!r}: {word!r} in {reply}")

    def typed(self, shell, start, line, expected):
        """Types a line and Tab at a shell, and looks for what the shell makes of it."""
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.here)
            os.execvpe(shell[0], shell, self.env)
        seen = b""
        try:
            os.write(terminal, (start + "\necho rea''dy\n").encode())
            for wanted, then in ((b"ready", line.encode() + b"\t"), (expected.encode(), b"")):
                end = time.monotonic() + 60
                while wanted not in seen and time.monotonic() < end:
                    if select.select([terminal], [], [], 1)[0]:
                        seen += os.read(terminal, 65536)
                if wanted not in seen:
                    self.failures.append(f"{shell[0]}: {line!r} and Tab: no {wanted!r} in {seen!r}")
                    return
                seen = b""
                os.write(terminal, then)
        finally:
            os.kill(child, 9)
            os.waitpid(child, 0)
            os.close(terminal)


def options_of(help_text):
    return re.findall(r"^  (?:-\w \[ )?(--[a-z-]+)", help_text, re.MULTILINE)


def with_values(help_text):
    """The options that take one: a word in capitals stands behind them. Each with its line of the help."""
    return re.findall(r"^((?:  -\w \[ |  )(--[a-z-]+)(?: \])? [\[A-Z].*)$", help_text, re.MULTILINE)


def verbs_of(help_text, title):
    part = help_text.split(f"\n{title}:\n", 1)[1].split("\n\n")[0]
    return [line.split()[0] for line in part.splitlines()]


def check_options(test):
    """Every option of every verb is completed; few words are those that its help names."""
    verbs = verbs_of(test.run(["papilio", "--help"]), "Verbs")
    test.expect("papilio ", exactly=verbs + ["help", "--help", "--version"])
    assert {"run", "train", "completion"} <= set(verbs), verbs
    actions = verbs_of(test.run(["papilio", "study", "--help"]), "Actions")
    test.expect("papilio study ", exactly=actions + ["--help"])
    helps = {name: test.run(["papilio", *name.split(), "--help"])
             for name in [verb for verb in verbs if verb != "study"] + [f"study {a}" for a in actions]}
    for (name, told), reply in zip(helps.items(), test.bash([f"papilio {name} --" for name in helps])):
        if sorted(reply) != sorted(options_of(told)):
            test.failures.append(f"papilio {name} --: {reply}, not {options_of(told)}")
    # Names that are looked up; all other words are few, and the help has them.
    looked_up = {"--model", "--calibrate", "--network", "--study", "--like", "--radio", "--mobile", "--cloud",
                 "--energy-model", "--along", "--across", "--rows", "--cols", "--group", "--best", "--over",
                 "--x", "--by", "--where", "--value", "--until", "--planner", "--set", "--for", "--stat"}
    # What many verbs have alike is tried once.
    different = {(option, line): name for name, told in helps.items() for line, option in with_values(told)}
    lines = [(name, option) for (option, line), name in different.items()
             if option not in looked_up and (name, option) not in
             {("predict", "--device"), ("import-profile", "--device"), ("new", "--device"),
              ("calibrate", "--leave-out"), ("replay", "--server")}]
    replies = test.bash([f"papilio {name} {option} " for name, option in lines])
    words = 0
    for (name, option), reply in zip(lines, replies):
        for word in reply:
            words += 1
            if word.rstrip("=/") not in helps[name] and word not in ("mine.yaml", "other.txt", "sub"):
                test.failures.append(f"papilio {name} {option}: {word!r} is not in the help")
    assert words > 80, f"the test has lost sight of the words: {words}"


def check_names(test):
    test.expect("papilio ru", exactly=["run"])
    test.expect("papilio help ru", exactly=["run"])
    test.expect("papilio models show resnet20-c", exactly=["resnet20-cifar10"])
    test.expect("papilio devices show jetson-tx", exactly=["jetson-tx2"])
    test.expect("papilio radios show ", exactly=["3g", "4g", "wifi"])
    test.expect("papilio profiles derive ", among=["butterfly-2019"])
    test.expect("papilio plan mine.yaml --network ", exactly=["3g", "4g", "wifi"])
    test.expect("papilio plan mine.yaml -n w", exactly=["wifi"])
    test.expect("papilio plan mine.yaml --network=w", exactly=["wifi"])
    test.expect("papilio plan mine.yaml --limit la", exactly=["latency_s="])
    test.expect("papilio predict --model resnet20-c", exactly=["resnet20-cifar10"])
    test.expect("papilio train --model resnet20-c", exactly=["resnet20-cifar10"])
    test.expect("papilio replay run --server jetson-tx", exactly=["jetson-tx2"])
    test.expect("papilio calibrate run --leave-out wi", exactly=["wifi"])
    test.expect("papilio profile --model resnet18,alexnet,vgg16", among=["resnet18,alexnet,vgg16"])
    test.expect("papilio schema fl", exactly=["fleet"])
    test.expect("papilio new dev", exactly=["device"])
    test.expect("papilio new scenario mine --radio wi", exactly=["wifi"])
    # What was given is not offered again, unless it may be given again; behind -- there are no options.
    test.expect("papilio run mine.yaml --format csv --set a=1 --", among=["--set"], without=["--format"])
    test.expect("papilio run -- --", exactly=[])
    # Keys of the file, files, and folders.
    test.expect("papilio run mine.yaml --set netw", among=["networks.0="])
    test.expect("papilio run ", among=["mine.yaml", "sub", "scenarios/"], without=["other.txt"])
    test.expect("papilio run scenarios/pa", exactly=["scenarios/paper/"])
    test.expect("papilio run scenarios/paper/ta", among=["scenarios/paper/table4.yaml"])
    test.expect("papilio study run scenarios/", exactly=["scenarios/studies/"])
    test.expect("papilio run mine.yaml --profiles ", exactly=["sub"])
    # Of one's own profiles too.
    test.run(["papilio", "new", "radio", "home", "--uplink", "40e6", "--downlink", "80e6", "-o", "sub"])
    test.expect("papilio radios show --profiles sub h", exactly=["home"])
    # Columns: of a folder, and of a study's database.
    test.run(["papilio", "run", "mine.yaml", "-q", "-o", "sub/run"])
    test.expect("papilio plot sub/run --value laten", among=["latency_s"], without=["p95_s"])
    (test.here / "sub/validated").mkdir()
    (test.here / "sub/validated/cells.csv").write_text("")
    test.expect("papilio plot sub/validated --value p5", exactly=["p50_error"])
    (test.here / "rates.yaml").write_text(
        "kind: study\nname: rates\nbase: mine.yaml\nmethod: closed-form\n"
        "grid:\n  - {axis: list, key: delay_s, name: way_s, values: [0, 0.01]}\n")
    test.run(["papilio", "study", "run", "rates.yaml", "-q", "-o", "sub/rates.db"])
    test.expect("papilio table sub/rates.db --rows way", exactly=["way_s"])
    test.expect("papilio table sub/rates.db --rows way_s,stra", exactly=["way_s,strategy"])
    test.expect("papilio table sub/rates.db --study ", exactly=["rates"])
    # What is amiss completes nothing, and tells nothing.
    (test.here / "bad.db").write_text("no database")
    test.expect("papilio table bad.db --rows ", exactly=[])
    test.expect("papilio rum ", exactly=[])


def main():
    with tempfile.TemporaryDirectory() as name:
        test = Test(pathlib.Path(name))
        shutil.copy(root / "scenarios/paper/table4.yaml", test.here / "mine.yaml")
        (test.here / "other.txt").write_text("")
        (test.here / "sub").mkdir()
        check_options(test)
        check_names(test)
        test.typed(["bash", "--norc", "-i"], f"source {test.folder}/bash.script", "papilio radios sh",
                   "papilio radios show ")
        if shutil.which("zsh"):
            test.typed(["zsh", "-f", "-i"],
                       f"autoload -U compinit && compinit -D; source {test.folder}/zsh.script",
                       "papilio radios sh", "ow")
        else:
            print("no zsh: its completion was not tried", file=sys.stderr)
    sys.exit("\n".join(test.failures) or 0)


main()
