"""Claims: on a terminal no line is wider than it, and every column of every table is there once with
all its values, or named as left out; colours tell what was selected and what the limits exclude, and
only there; into a pipe, and with --wide, goes the Markdown as it is; no name steers the terminal.

What a terminal shows is held against what a pipe gets of the same command.

Usage: terminal_test.py PAPILIO SOURCE_DIR
"""

import fcntl
import functools
import os
import re
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import unicodedata

PAPILIO, SOURCE = sys.argv[1:]
GREEN, RED, PLAIN = "\x1b[1;32m", "\x1b[31m", "\x1b[0m"
END = b"\x00"
LEFT_OUT = "Left out, too wide for {} columns of text: "
failures = []


def check(holds, what):
    if not holds:
        failures.append(what)
        print("FAILED:", what)


def environment(**changes):
    env = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR", "TERM")}
    env.update(TERM="xterm", **{k: v for k, v in changes.items() if k != "TERM"})
    if "TERM" in changes:
        env["TERM"] = changes["TERM"]
    return env


def on_terminal(words, width, **changes):
    """What a terminal of so many columns gets of a command's stdout."""
    leader, follower = os.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    process = subprocess.Popen([PAPILIO, *words], cwd=SOURCE, env=environment(**changes),
                               stdin=subprocess.DEVNULL, stdout=follower, stderr=subprocess.DEVNULL)

    # The end is written behind all that the command wrote.  Linux may tell a reader that the other side has
    # closed before it has given the reader what was written last.
    def tell_end():
        process.wait()
        os.write(follower, END)

    ending = threading.Thread(target=tell_end)
    ending.start()
    shown = b""
    while not shown.endswith(END):
        shown += os.read(leader, 65536)
    ending.join()
    os.close(follower)
    os.close(leader)
    return shown.removesuffix(END).decode().replace("\r\n", "\n")


@functools.lru_cache
def into_pipe(*words):
    """What a pipe gets of it."""
    done = subprocess.run([PAPILIO, *words], cwd=SOURCE, env=environment(), stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False)
    return done.stdout.decode()


def cells_of(text):
    """The cells that a text takes, one item each: a wide character's second one is empty."""
    cells = []
    for c in text:
        if unicodedata.combining(c):
            cells[-1] += c
            continue
        cells.append(c)
        if unicodedata.east_asian_width(c) in "WF":
            cells.append("")
    return cells


def squeezed(texts):
    """The texts of a column, without what breaking lines and padding change."""
    return re.sub(r"\s", "", "".join(texts))


def markdown_tables(text):
    """Of each table of a Markdown text: its columns as (heading, values)."""
    tables = []
    rows = []
    for line in text.split("\n") + [""]:
        if line.startswith("|"):
            row = [c.strip() for c in re.split(r"(?<!\\)\|", line)[1:-1]]
            rows.append([re.sub(r"\\([|<\\\]])", r"\1", c) for c in row])
        elif rows:
            del rows[1]
            tables.append([(column[0], column[1:]) for column in zip(*rows)])
            rows = []
    return tables


def terminal_tables(text, width):
    """Of each table on a terminal: its parts, each its columns as (heading, texts); what is left out."""
    tables = []
    lines = text.split("\n")
    rules = [i for i, line in enumerate(lines) if re.fullmatch(r"-+(  -+)*", line)]
    end_of_last = None
    for rule in rules:
        first = rule
        while lines[first - 1]:
            first -= 1
        end = rule + 1
        while end < len(lines) and lines[end]:
            end += 1
        spans = [m.span() for m in re.finditer("-+", lines[rule])]

        def column(span, some):
            return ["".join(cells_of(line)[span[0]:span[1]]).strip() for line in some]

        part = [(squeezed(column(s, lines[first:rule])), column(s, lines[rule + 1:end]))
                for s in spans]
        if end_of_last is not None and first == end_of_last + 1:
            tables[-1][0].append(part)
        else:
            tables.append(([part], []))
        end_of_last = end
        below = " ".join(lines[end + 1:end + 20])
        begin = LEFT_OUT.format(width)
        if lines[end + 1:end + 2] and below.startswith(begin):
            tables[-1][1].extend(below[len(begin):].split(". --wide")[0].split("; "))
    return tables


def check_layout(words, width):
    command = f"{' '.join(words)} at {width}"
    shown = on_terminal(words, width)
    for escape in re.findall(r"\x1b(?:\[[0-9;]*[A-Za-z])?", shown):
        check(escape in (GREEN, RED, PLAIN), f"{command}: escape {escape!r}")
    text = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    for line in text.split("\n"):
        check(len(cells_of(line)) <= width, f"{command}: too wide: {line}")
    expected = markdown_tables(into_pipe(*words))
    found = terminal_tables(text, width)
    check(expected, f"{command}: a pipe gets no table")
    check(len(found) == len(expected), f"{command}: {len(found)} tables, not {len(expected)}")
    for columns, (parts, left_out) in zip(expected, found):
        # The columns that all parts begin with name the rows; each of the others is in one part.
        naming = len(parts[0])
        for part in parts[1:]:
            same = [squeezed(a[1]) == squeezed(b[1]) and a[0] == b[0]
                    for a, b in zip(part, parts[0])]
            naming = min(naming, (same + [False]).index(False))
        if len(parts) == 1:
            naming = 0
        flat = parts[0][:naming] + [c for part in parts for c in part[naming:]]
        wanted = [(squeezed([heading]), squeezed(values)) for heading, values in columns
                  if heading not in left_out]
        got = [(heading, squeezed(values)) for heading, values in flat]
        check(got == wanted, f"{command}: columns {[c[0] for c in got]}, not {[c[0] for c in wanted]}")
        check(len(flat) + len(left_out) == len(columns), f"{command}: left out {left_out}")
    return len(found), max((len(parts) for parts, _ in found), default=0)


def main():
    with tempfile.TemporaryDirectory() as folder:
        run_table4 = ["run", "scenarios/paper/table4.yaml", "-o", f"{folder}/table4"]
        hostile = f"{folder}/a\x1b[31mb.yaml"
        with open(f"{SOURCE}/scenarios/examples/channels.yaml", encoding="utf-8") as file:
            example = file.read()
        example = re.sub(r"(?m)^name:.*$", "name: channels", example)
        example = re.sub(r"(?ms)^description:.*?\n(?=\S)", "", example)
        with open(hostile, "w", encoding="utf-8") as file:
            file.write("description: 网络在移动设备和云端之间在哪里分割这是一个没有空格的很长的中文描述它必须在终端的宽度处换行"
                       "不能超过终端的宽度否则表格就会错位 " + "long" * 60 + "\n" + example)
        commands = [
            run_table4,
            ["run", "scenarios/fleets/radio-states.yaml", "-o", f"{folder}/fleet"],
            ["run", hostile, "-o", f"{folder}/hostile"],
            ["plan", "scenarios/paper/table4.yaml", "--limit", "accuracy_loss=0.021", "--explain",
             "--all-fronts"],
            ["compare", f"{folder}/table4", f"{folder}/hostile"],
            ["predict", "--device", "xeon-1-thread", "--validate"],
            ["models", "show", "resnet50"],
            ["radios", "show", "4g"],
            ["profiles", "list"],
        ]
        for words in commands:
            parts = {width: check_layout(words, width)[1] for width in (20, 60, 80, 120, 200)}
            print("ok " if not failures else "   ", " ".join(words).replace("\x1b", "ESC"),
                  "parts by width:", parts)
        check(check_layout(run_table4, 60)[1] > 1, "60 columns take no second table")

        database = f"{folder}/study.db"
        subprocess.run([PAPILIO, "study", "run", "scenarios/studies/paper.yaml", "-o", database, "-q"],
                       cwd=SOURCE, check=True)
        for words in (["table", database, "--rows", "partition", "--cols", "network"],
                      ["study", "status", database],
                      ["study", "sql", database, "SELECT * FROM summary LIMIT 3"]):
            for width in (60, 80, 120, 200):
                check_layout(words, width)

        # Colours: where they may be, and what they tell.
        plan = ["plan", "scenarios/paper/table4.yaml", "--network", "wifi", "--limit", "accuracy=0.745",
                "--all-fronts"]
        coloured = on_terminal(plan, 120)
        selected = re.findall(re.escape(GREEN) + "(.*)" + re.escape(PLAIN), coloured)
        excluded = re.findall(re.escape(RED) + "(.*)" + re.escape(PLAIN), coloured)
        check(selected and all("yes" in row for row in selected), f"green: {selected}")
        check(excluded and all("no" in row for row in excluded), f"red: {excluded}")
        check("(green: selected; red: outside the limits)" in coloured, "a legend")
        bare = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
        for changes in ({"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": ""}):
            shown = on_terminal(plan, 120, **changes)
            check("\x1b" not in shown, f"{changes}: an escape")
            check(shown == re.sub(r"\n\((?:green|red):.*\)\n", "", bare),
                  f"{changes}: the rest is the same")
        check(on_terminal(plan, 120, NO_COLOR="") == coloured, "an empty NO_COLOR says nothing")
        check(on_terminal(plan, 120, COLUMNS="70") == on_terminal(plan, 70), "COLUMNS goes first")
        check(on_terminal(plan, 120, COLUMNS="wide") == coloured, "a COLUMNS that is no number")
        check("--wide" in into_pipe("plan", "--help"), "help tells of --wide")

        # A pipe and --wide get the Markdown that the run's folder has too.
        with open(f"{folder}/table4/tables.md", encoding="utf-8") as file:
            tables = file.read()
        check(into_pipe(*run_table4) == tables, "a pipe gets tables.md")
        check(on_terminal(run_table4 + ["--wide"], 60) == tables, "--wide shows tables.md")
        for words in (plan, run_table4, commands[1]):
            check("\x1b" not in into_pipe(*words), f"{words}: an escape in a pipe")

        # A file's name is shown, not obeyed.
        for words in (["check", hostile], ["study", "check", hostile]):
            check("\x1b" not in on_terminal(words, 80), f"{words}: an escape of a name")
        check("a␛[31mb.yaml: valid" in on_terminal(["check", hostile], 80), "the name is shown")
    return 1 if failures else 0


sys.exit(main())
