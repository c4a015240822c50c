"""Claim: tables.tex fits: set in an article of one column, of two, and in IEEEtran where it is
installed, no line is wider than its column, no float higher than the page, and nothing is an error.

Skips itself (77) where there is no LaTeX.

Usage: latex_test.py PAPILIO SOURCE_DIR [FOLDER SCENARIO...]
With FOLDER, what was set stays there, of the scenarios named: to be looked at.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

PAPILIO, SOURCE = sys.argv[1:3]
CLASSES = {
    "one": r"\documentclass{article}",
    "two": r"\documentclass[twocolumn]{article}",
    "journal": r"\documentclass[journal]{IEEEtran}",
}
# Of cells with long headings; of a fleet, wide; of many rows, higher than a page; of names that mean something to TeX.
SCENARIOS = ["scenarios/paper/table4.yaml", "scenarios/fleets/server-load.yaml",
             "scenarios/examples/channels.yaml"]


def installed(name):
    return subprocess.run(["kpsewhich", name], stdout=subprocess.DEVNULL, check=False).returncode == 0


def complaints(log):
    """What TeX's log says is wrong: errors, lines too wide, floats too high."""
    return re.findall(r"^(?:!.*|Overfull \\hbox.*|LaTeX Warning: Float too large.*)$", log, re.M)


def typeset(folder, kind, begin):
    with open(f"{folder}/{kind}.tex", "w", encoding="utf-8") as file:
        file.write(begin + "\n\\usepackage{booktabs,graphicx}\n\\begin{document}\n"
                   "Text.\n\\input{tables}\n\\end{document}\n")
    subprocess.run(["pdflatex", "-interaction=nonstopmode", kind], cwd=folder,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                   check=False)
    with open(f"{folder}/{kind}.log", encoding="latin-1") as file:
        return complaints(file.read())


def main():
    if shutil.which("pdflatex") is None or not installed("booktabs.sty"):
        print("skipped: there is no pdflatex with booktabs (texlive-latex-recommended)")
        return 77
    failed = False
    with tempfile.TemporaryDirectory() as temporary:
        into = sys.argv[3] if len(sys.argv) > 3 else temporary
        # A test that sees no wrong proves nothing: the checks see a line that is too wide.
        with open(f"{temporary}/tables.tex", "w", encoding="utf-8") as file:
            file.write(r"\noindent\rule{2\textwidth}{1pt}\undefined")
        seen = typeset(temporary, "one", CLASSES["one"])
        if len(seen) != 2:
            print("FAILED: the checks see", seen)
            failed = True
        for scenario in sys.argv[4:] or SCENARIOS:
            folder = os.path.join(into, os.path.basename(scenario).removesuffix(".yaml"))
            run = subprocess.run([PAPILIO, "run", scenario, "-o", folder, "-q", "--jobs", "0"],
                                 cwd=SOURCE, check=False)
            if run.returncode != 0:
                print("FAILED:", scenario, "does not run")
                failed = True
                continue
            for kind, begin in CLASSES.items():
                if kind == "journal" and not (installed("IEEEtran.cls") and installed("ptmr7t.tfm")):
                    continue
                wrong = typeset(folder, kind, begin)
                print("FAILED" if wrong else "ok", scenario, kind, *wrong, sep="\n    " if wrong else " ")
                failed = failed or bool(wrong)
    return 1 if failed else 0


sys.exit(main())
