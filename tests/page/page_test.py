"""The page of 'papilio report' in a browser: opened from a file, no error on its console, nothing asked of anybody, its
choosers change its charts, the values of its tables are those of the CSV files, names stay texts, axe-core finds
nothing wrong in light and dark, nothing is wider than a phone.  Arguments: the program, the project's folder.  Skipped (exit 77) where there is
no Chromium."""

import csv
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree

sys.dont_write_bytecode = True
import browser  # noqa: E402

program, root = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
HOSTILE = ["</script><script>window.hurt=1</script>", "\"><img src=x onerror=window.hurt=1>", "`$(touch hurt)`${window.hurt=1}",
           "' -- ; '", "名前の長い計画 " * 12, "=1+1", "a|b\\|c"]


def papilio(*words, code=0):
    done = subprocess.run([program, *words], cwd=root, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return done.stdout


def rows_of(file):
    with open(file, newline="", encoding="utf-8") as text:
        return list(csv.DictReader(text))


def choose(page, key, value):
    """Chooses as a reader does, and tells that the chooser is there."""
    assert page.value(f"(() => {{ const s = document.getElementById('choose-{key}'); s.value = {json.dumps(value)};"
                      "s.dispatchEvent(new Event('change')); return s.value; })()") == value, (key, value)


def drawn(page, figure):
    return json.loads(page.value(f"document.getElementById('figure-{figure}').dataset.drawn"))


def table_of(page, figure):
    """The values behind the cells of a figure's table, a row each, and what is shown."""
    return page.value(f"[...document.querySelectorAll('#figure-{figure} tbody tr')].map(row =>"
                      "[...row.children].map(cell => [cell.textContent, cell.dataset.value ?? null]))")


def columns_of(page, figure):
    return page.value(f"[...document.querySelectorAll('#figure-{figure} thead th')].map(each => each.textContent)")


def check_quiet(page, what):
    assert page.complaints == [], (what, page.complaints)
    assert page.value("document.documentElement.dataset.ready") == "yes", what
    assert page.value("window.hurt === undefined"), what


def check_form(page):
    """What a reader without sight or mouse needs."""
    problems = page.value("""(() => {
      const found = [];
      for (const canvas of document.querySelectorAll('canvas')) {
        if (canvas.getAttribute('role') !== 'img' || !canvas.getAttribute('aria-label')) found.push('canvas without words');
        if (!canvas.closest('section').hidden && !canvas.closest('figure').querySelector('details table')) found.push('chart without table');
      }
      for (const table of document.querySelectorAll('table')) {
        if (!table.caption) found.push('table without caption');
        if (table.querySelector('th:not([scope])')) found.push('head without scope');
      }
      for (const each of document.querySelectorAll('select, input')) if (!each.labels.length) found.push('chooser without label');
      const ids = [...document.querySelectorAll('[id]')].map(each => each.id);
      if (new Set(ids).size !== ids.length) found.push('an id twice');
      return found; })()""")
    assert problems == [], problems


def check_accessible(page, file):
    """axe-core has nothing to say of it, on a desk and on a phone, light and dark, all its tables open."""
    for width in (1440, 390):
        for scheme in ("light", "dark"):
            page.open(file, width=width, scheme=scheme)
            check_quiet(page, (file, width, scheme))
            assert page.value("document.documentElement.scrollWidth") <= width, (file, width, scheme)
            page.value("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
            found = page.violations()
            assert found == [], (file, width, scheme, "\n".join(found))


def check_values(page, figure, rows, whole, key):
    """The table shows these rows of a CSV file: `whole` to the digit, and within rounding as it is shown."""
    shown = table_of(page, figure)
    assert [row[1][1] for row in shown] == [row[whole] for row in rows], figure
    title = columns_of(page, figure)[1]
    factor = {"s": 1, "ms": 1e3, "µs": 1e6, "J": 1, "mJ": 1e3, "µJ": 1e6}[title.rsplit(" ", 1)[1]]
    for line, row in zip(shown, rows):
        assert key(row) in line[0][0], (line, row)
        assert abs(float(line[1][0]) - float(row[whole]) * factor) <= 1e-3 * float(row[whole]) * factor, (line, row)


def scenario(page, folder):
    papilio("run", "scenarios/paper/table4.yaml", "-o", str(folder), "-q")
    papilio("report", str(folder))
    page.open(folder / "report.html")
    check_quiet(page, "scenario")
    check_form(page)
    summary = rows_of(folder / "summary.csv")
    of = lambda radio, reading: [row for row in summary  # noqa: E731
                                 if row["network"] in ("", radio) and row["energy_model"] == reading]
    for radio in ("3g", "4g", "wifi"):
        choose(page, "radio", radio)
        for reading in ("stated", "throughput-only"):
            choose(page, "reading", reading)
            rows = of(radio, reading)
            check_values(page, "latency", rows, "latency_s", lambda row: row["partition"])
            check_values(page, "energy", rows, "energy_j", lambda row: row["partition"])
            best = min(rows, key=lambda row: float(row["energy_j"]))
            marked = page.value("[...document.querySelectorAll('#figure-energy tr.marked th')].map(each => each.textContent)")
            assert len(marked) == 1 and best["partition"] in marked[0], (radio, reading, marked)
    whole = drawn(page, "latency")
    assert len(whole) == 18, whole
    choose(page, "cut", "RB8")
    assert drawn(page, "latency") == ["mobile-only", "cloud-only", "RB8 (D_r 5)"], drawn(page, "latency")
    choose(page, "cut", "*")
    choose(page, "channels", "10")
    assert [name for name in drawn(page, "energy") if "D_r" in name] == [f"RB{cut} (D_r 10)" for cut in (14, 15, 16)]
    # Of equal points both are on the front; of those that are as good in one value and worse in the other, none.
    assert page.value("""(() => {
      const rows = [["2", "1"], ["1", "3"], ["1", "2"], ["1", "2"], ["2", "2"], ["3", "1"]].map(([a, b], place) => ({ a, b, place }));
      return frontOf(rows, "a", "b").map((row) => row.place).sort(); })()""") == [0, 2, 3]
    before = drawn(page, "published"), table_of(page, "published")
    choose(page, "published", "Table V")
    assert table_of(page, "published") != before[1]
    # The paper's Table V, as tests/model/paper_tables_test.cpp has it: 1101.0 ms and 1047.4 mJ of cloud-only on 3G.
    for figure, printed in ("published", 1.101), ("published-energy", 1.0474):
        of = [row for row in table_of(page, figure) if row[0][0] == "cloud-only, 3g"]
        assert len(of) == 1 and abs(float(of[0][2][1]) - printed) < 1e-9, of
    # A picture of every chart, well-formed and free of markup that data could make.
    for figure in ("latency", "front", "published"):
        svg = page.value(f"(() => {{ const e = figures.find(each => each.id === '{figure}'); return svgOf(e.title, e.made.chart); }})()")
        assert tree.fromstring(svg.encode()).tag.endswith("svg"), figure
        assert "NaN" not in svg and "undefined" not in svg, figure
    saved = page.value("(() => { const e = figures[0]; return csvOf(e.made.columns, e.made.rows); })()")
    saved = list(csv.DictReader(saved.splitlines()))
    assert [row["latency_s"] for row in saved] == [row[1][1] for row in table_of(page, "latency")]
    check_accessible(page, folder / "report.html")


def limited(page, folder):
    """Plans beyond a limit are shown, marked and never the best."""
    papilio("run", "scenarios/examples/measured.yaml", "-o", str(folder), "-q")
    papilio("report", str(folder))
    page.open(folder / "report.html")
    check_quiet(page, "limited")
    rows = [row for row in rows_of(folder / "summary.csv") if row["network"] in ("", "3g")]
    check_values(page, "latency", rows, "latency_s", lambda row: row["partition"])
    best = min((row for row in rows if row["admitted"] == "1"), key=lambda row: float(row["latency_s"]))
    fastest = min(rows, key=lambda row: float(row["latency_s"]))
    assert fastest is not best, "the scenario no longer has a plan that only the limit excludes"
    table = table_of(page, "latency")
    assert {row[0][0].split(" ")[0] == "✗" for row in table} == {True, False}
    assert any(row[0][0].startswith("✗ " + fastest["partition"]) for row in table)
    said = page.value("document.querySelector('#answer').textContent")
    assert f"least latency has {best['partition']}" in said and "at least 83.77 %" in said, said


def hostile(page, folder, names):
    """The same run with names that try to become something else."""
    there = folder.parent / "hostile"
    shutil.copytree(folder, there)
    (there / "report.html").unlink()
    rows = rows_of(there / "summary.csv")
    name_of = dict(zip([f"RB{cut}" for cut in range(1, 17)], names))
    for row in rows:
        row["partition"] = name_of.get(row["cut"], row["partition"])
    with open(there / "summary.csv", "w", newline="", encoding="utf-8") as text:
        writer = csv.DictWriter(text, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    manifest = json.loads((there / "manifest.json").read_text())
    manifest["scenario"] = manifest["command"] = names[0]
    (there / "manifest.json").write_text(json.dumps(manifest))
    papilio("report", str(there))
    page.open(there / "report.html")
    check_quiet(page, "hostile")
    assert page.value("document.title") == f"{names[0]} · Papilio"
    shown = " ".join(cell[0] for row in table_of(page, "latency") for cell in row)
    assert all(name in shown for name in names), shown
    assert page.value("document.querySelectorAll('script').length") == 4
    assert page.value("document.querySelectorAll('img').length") == 0
    page.open(there / "report.html", width=390)
    assert page.value("document.documentElement.scrollWidth") <= 390


def fleet(page, folder):
    papilio("run", "scenarios/fleets/town.yaml", "--set", "duration_s=60", "--set", "warm_up_s=6", "--set", "output.timeseries_s=1",
            "--set", "output.records=1", "-o", str(folder), "-q")
    papilio("report", str(folder))
    page.open(folder / "report.html")
    check_quiet(page, "fleet")
    check_form(page)
    rows = [row for row in rows_of(folder / "fleet.csv") if row["mobiles"] == "all" and row["window"] == "all"]
    page.value("document.querySelectorAll('#choosers input').forEach(each => { if (!each.checked) each.click(); })")
    check_values(page, "latency", [row for row in rows if row["latency_s"]], "latency_s", lambda row: row["strategy"])
    assert sorted(drawn(page, "percentiles")) == sorted(row["strategy"] for row in rows if row["p50_s"])
    page.value("document.querySelector('#choosers input').click()")
    assert rows[0]["strategy"] not in drawn(page, "latency")
    # The last share of a distribution is the slowest of the recorded requests that completed.
    name = drawn(page, "distributions")[0]
    slowest = max(float(row["latency_s"]) for row in rows_of(folder / "records.csv")
                  if row["strategy"] == name and row["end"] == "completed")
    assert float(table_of(page, "distributions")[-1][1][1]) == slowest
    check_quiet(page, "fleet, after choosing")
    check_accessible(page, folder / "report.html")


def planned(place, name, *words, code=0):
    """What a plan says as JSON, in a file."""
    file = place / f"{name}.json"
    file.write_text(papilio("plan", *words, "--json", code=code), encoding="utf-8")
    return file, json.loads(file.read_text(encoding="utf-8"))


def plan(page, place):
    """Each goal's answer, front, changes and map are those of the JSON that its page was made of."""
    files, asked = zip(*(planned(place, goal, "scenarios/paper/table4.yaml", "-t", goal) for goal in ("latency", "energy")))
    papilio("report", *map(str, files), "-o", str(place / "plan.html"))
    page.open(place / "plan.html")
    check_quiet(page, "plan")
    check_form(page)
    for question, plans in enumerate(asked):
        choose(page, "question", str(question))
        for one in plans["answers"]:
            choose(page, "radio", one["network"])
            of = {each["name"]: each for each in one["plans"]}
            assert len(of) == len(one["plans"]), "a name twice"
            best = one["best"]["name"]
            said = page.value("document.querySelector('#answer').textContent")
            assert f"On {one['network']}, the least" in said and f"has {best}:" in said, said
            # Beside the answer stand the second best and every baseline, each with the JSON's own digits.
            beside = {one["second_best"]["name"], best} | {each["name"] for each in one["baselines"]}
            rows = table_of(page, "latency")
            assert len(rows) == len(beside), rows
            for name in beside:
                row = [row for row in rows if row[0][1] == name or row[0][1].startswith(f"{name} · ")]
                assert len(row) == 1 and float(row[0][1][1]) == of[name]["latency_s"], (name, rows)
            marked = page.value("document.querySelector('#figure-latency tr.marked th').textContent")
            assert marked == best or marked.startswith(f"{best} · "), marked
            # The front: the same plans in the chart, in the table and in the JSON; the answer is ringed.
            front = {each["name"] for each in one["plans"] if each["on_front"]}
            assert {row[0][0] for row in table_of(page, "front") if row[7][0] == "yes"} == front
            series = page.value("figures.find((each) => each.id === 'front').made.chart.series.map((each) => [each.name, each.names])")
            assert {name for title, names in series if title.startswith("front, ") for name in names} == front
            assert series[0] == [f"the answer, {best}", [best]], series[0]
            # The map: its table's stretches, one after the other, have every cell; at the scenario's own conditions it has the answer.
            xs, ys = one["map"]["x"]["values"], one["map"]["y"]["values"]
            cells = [[] for _ in ys]
            for at, start, end, name in table_of(page, "map"):
                line = cells[ys.index(float(at[1]))]
                assert xs.index(float(start[1])) == len(line), "a gap"
                line += [name[0]] * (xs.index(float(end[1])) + 1 - len(line))
            assert cells == [[name or "none" for name in row] for row in one["map"]["best"]]
            row, column = page.value("figures.find((each) => each.id === 'map').made.chart.here")
            for axis, index in ("y", row), ("x", column):
                here = one["map"][axis]
                assert abs(here["values"][index] / here["here"] - 1) < 1e-9, (axis, here)
            assert cells[row][column] == best
            assert set(drawn(page, "map")) >= {name for row in one["map"]["best"] for name in row}
            stretches = [(change["condition"], repr(stretch["to"]), stretch["best"]) for change in one["changes"] for stretch in change["stretches"]]
            shown = [(row[0][1], repr(float(row[3][1])), row[4][0]) for row in table_of(page, "changes")]
            assert [(name, float(to), best) for name, to, best in shown] == [(name, float(to), best) for name, to, best in stretches]
    for figure in ("latency", "front", "map", "changes"):
        svg = page.value(f"(() => {{ const e = figures.find(each => each.id === '{figure}'); return svgOf(e.title, e.made.chart); }})()")
        assert tree.fromstring(svg.encode()).tag.endswith("svg"), figure
        assert "NaN" not in svg and "undefined" not in svg, figure
    check_accessible(page, place / "plan.html")
    # Names stay texts, whatever is in them.
    hostile_names = {each["name"]: name for each, name in zip(asked[0]["answers"][0]["plans"], HOSTILE)}
    text = files[0].read_text(encoding="utf-8")
    for name, other in hostile_names.items():
        text = text.replace(json.dumps(name), json.dumps(other))
    (place / "hostile.json").write_text(text.replace('"resnet50-paper"', json.dumps(HOSTILE[0])), encoding="utf-8")
    papilio("report", str(place / "hostile.json"))
    page.open(place / "hostile.html", width=390)
    check_quiet(page, "hostile plan")
    shown = {row[0][0] for row in table_of(page, "front")}
    assert set(hostile_names.values()) <= shown, shown
    assert page.value("document.querySelectorAll('script').length") == 4
    assert page.value("document.documentElement.scrollWidth") <= 390


def missed(page, place):
    """Where no plan keeps the limits, the page says so and names the nearest; a trace's robust plan is told."""
    file, plans = planned(place, "missed", "scenarios/paper/table4.yaml", "-n", "wifi", "--limit", "latency_s=0.001", code=2)
    papilio("report", str(file))
    page.open(place / "missed.html")
    check_quiet(page, "missed")
    said = page.value("document.querySelector('#answer').textContent")
    assert plans["answers"][0]["best"] is None and plans["answers"][0]["miss"] in said, said
    assert f"nearest miss: {plans['answers'][0]['nearest']['name']}" in said, said
    assert page.value("document.querySelector('#figure-latency tr.marked')") is None
    assert page.value("getComputedStyle(document.getElementById('choosers')).display") == "none", "there is nothing to choose"
    check_accessible(page, place / "missed.html")
    file, plans = planned(place, "walk", "scenarios/paper/table4.yaml", "-n", "3g", "--trace", "scenarios/fleets/walk.csv")
    papilio("report", str(file))
    page.open(place / "walk.html")
    check_quiet(page, "trace")
    over = plans["answers"][0]["trace"]
    shown = {row[0][0]: row[1][1] for row in table_of(page, "trace")}
    value = {each["name"]: each["value"] for each in over["plans"]}
    assert over["best"] in shown and all(shown[name] == "" if value[name] is None else float(shown[name]) == value[name] for name in shown), shown
    assert page.value("document.querySelector('#figure-trace tr.marked th').textContent") == over["best"]
    check_accessible(page, place / "walk.html")


def against(page, place, folder):
    """What differs from another run stands on the page as 'papilio compare' prints it; the cloud at twice its load."""
    other = place / "busy"
    papilio("run", "scenarios/paper/table4.yaml", "--set", "cloud.load_level=2", "-o", str(other), "-q")
    papilio("report", str(other), "--against", str(folder), "-o", str(place / "against.html"))
    printed = papilio("compare", str(other), str(folder), code=1)
    page.open(place / "against.html")
    check_quiet(page, "against")
    said = page.value("document.querySelector('#comparison p').textContent")
    assert "values in 104 rows differ" in said and said in printed, said
    inputs = page.value("[...document.querySelectorAll('#comparison tbody tr')].map(row => [...row.children].map(cell => cell.textContent))")
    assert ["cloud.load_level", "2", "1"] in [row[:3] for row in inputs], inputs[-3:]
    check_accessible(page, place / "against.html")
    done = subprocess.run([program, "report", str(other), "--against", str(root / "README.md"), "-o", str(place / "none.html")],
                          capture_output=True, text=True)
    assert done.returncode == 2 and "is no folder of a run and no database" in done.stderr, done.stderr
    assert not (place / "none.html").exists()


def main():
    found = browser.find()
    if found is None:
        print("skipped: no Chromium; apt-get install chromium")
        return 77
    with tempfile.TemporaryDirectory() as place:
        page = browser.Browser(found)
        try:
            folder = pathlib.Path(place) / "table4"
            scenario(page, folder)
            against(page, pathlib.Path(place), folder)
            hostile(page, folder, HOSTILE)
            limited(page, pathlib.Path(place) / "measured")
            fleet(page, pathlib.Path(place) / "town")
            plan(page, pathlib.Path(place))
            missed(page, pathlib.Path(place))
        finally:
            page.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
