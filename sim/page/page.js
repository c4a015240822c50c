"use strict";
// What the page says: the answer, the choosers, one figure for each chart, the run's own tables, and the sources.

const data = JSON.parse(document.getElementById("data").textContent);
const number = (text) => (text === undefined || text === null || text === "" ? null : Number(text));

/** A table of the data as objects by column. */
function rowsOf(name) {
  const table = data.tables?.[name];
  if (!table) return [];
  return table.rows.map((row) => Object.fromEntries(table.columns.map((column, index) => [column, row[index]])));
}
const has = (name, column) => data.tables?.[name]?.columns.includes(column) ?? false;
const different = (values) => [...new Set(values)];

// ---- tables.md, which holds what the run printed ----

const unescaped = (text) => text.replace(/\\([!-\/:-@\[-`{-~])/g, "$1");

/** The cells of a line between bars; a bar after a backslash is one of the cell's. */
const cellsOf = (line) => line.trim().slice(1, -1).match(/(?:\\.|[^|\\]|\\$)*(?:\||$)/g)
  .map((cell) => cell.replace(/\|$/, "")).slice(0, -1).map((cell) => unescaped(cell.trim()));

function readReport(markdown) {
  const report = { title: "", paragraphs: [], sections: [] };
  let section = report;
  for (const line of markdown.split("\n")) {
    if (line.startsWith("## ")) {
      section = { title: unescaped(line.slice(3)), paragraphs: [], remarks: [], lines: [] };
      report.sections.push(section);
    } else if (line.startsWith("# ") && !report.title) report.title = unescaped(line.slice(2));
    else if (line.startsWith("|") && section.lines) section.lines.push(line.trimEnd().endsWith("|") ? line : `${line}|`);
    else if (line.startsWith("- ") && section.remarks) section.remarks.push(unescaped(line.slice(2)));
    else if (line.trim()) section.paragraphs.push(unescaped(line));
  }
  for (const each of report.sections) {
    if (each.lines.length < 2) continue;
    const right = cellsOf(each.lines[1]).map((cell) => cell.endsWith(":"));
    each.columns = cellsOf(each.lines[0]).map((title, index) => ({ name: title, title, text: !right[index] }));
    each.rows = each.lines.slice(2).map((line) => ({ cells: cellsOf(line).slice(0, each.columns.length).map((shown) => ({ shown })) }));
  }
  return report;
}
const report = readReport(data.report ?? "");

// ---- Choosers ----

const state = {};
const choosers = document.getElementById("choosers");
const dateOf = (text) => text.replace("T", " ").replace("Z", " UTC");

/** A chooser of one of several; without a choice there is none to be seen, only its value. */
function addChooser(key, title, options, first) {
  state[key] = first ?? options[0]?.value ?? "";
  if (options.length < 2) return;
  const select = element("select", { id: `choose-${key}` });
  for (const { value, shown } of options) {
    const option = element("option", { value }, shortened(shown, 48));
    option.selected = value === state[key];
    select.append(option);
  }
  select.addEventListener("change", () => { state[key] = select.value; draw(title, shownOf(options, select.value)); });
  choosers.append(element("label", {}, title, select));
}
const shownOf = (options, value) => options.find((option) => option.value === value)?.shown ?? value;
const optionsOf = (values, every) => [...(every ? [{ value: "*", shown: every }] : []),
  ...values.map((value) => ({ value, shown: value }))];

/** A chooser of any number of several. */
function addChecks(key, title, values, first) {
  state[key] = new Set(first);
  const boxes = element("div");
  for (const value of values) {
    const box = element("input", { type: "checkbox", value });
    box.checked = state[key].has(value);
    box.addEventListener("change", () => {
      if (box.checked) state[key].add(value); else state[key].delete(value);
      draw(title, [...state[key]].join(", "));
    });
    boxes.append(element("label", {}, box, element("span", {}, value)));
  }
  choosers.append(element("fieldset", {}, element("legend", {}, title), boxes));
}

// ---- Figures ----

const figures = [];

/** A figure that is drawn anew whenever something is chosen.
 * @param make () => {chart, columns, rows, note}, or null where there is nothing to draw */
function addFigure(id, title, description, make) {
  const canvas = element("canvas", { role: "img", "aria-label": title });
  const plot = element("div", { class: "plot" }, canvas);
  const note = element("p", { class: "muted" });
  const table = element("details", {}, element("summary", {}, `Table: ${title}`));
  const svg = element("button", { type: "button" }, "Save SVG");
  const csv = element("button", { type: "button" }, "Save CSV");
  svg.setAttribute("aria-label", `Save SVG: ${title}`);
  csv.setAttribute("aria-label", `Save CSV: ${title}`);
  const figure = element("figure", { id: `figure-${id}` }, element("figcaption", {}, description), plot, note,
    element("div", { class: "saving" }, svg, csv), table);
  const section = element("section", { "aria-labelledby": `title-${id}` }, element("h2", { id: `title-${id}` }, title), figure);
  document.getElementById("charts").append(section);
  const entry = { id, title, make, canvas, plot, note, table, figure, section };
  svg.addEventListener("click", () => save(`${id}.svg`, "image/svg+xml", svgOf(title, entry.made.chart)));
  csv.addEventListener("click", () => save(`${id}.csv`, "text/csv", csvOf(entry.made.columns, entry.made.rows)));
  figures.push(entry);
}

/** A table outside of figures, and the button that saves it. */
function savedTable(name, title, columns, rows) {
  const csv = element("button", { type: "button", "aria-label": `Save CSV: ${title}` }, "Save CSV");
  csv.addEventListener("click", () => save(`${name}.csv`, "text/csv", csvOf(columns, rows)));
  return [tableElement(title, columns, rows), element("div", { class: "saving" }, csv)];
}

function drawFigure(entry) {
  entry.kept?.destroy();
  entry.kept = null;
  const made = entry.make();
  entry.section.hidden = made === null;
  if (made === null) return;
  entry.made = made;
  entry.plot.style.height = `${heightOf(made.chart)}px`;
  entry.kept = drawOnCanvas(entry.canvas, made.chart);
  entry.note.textContent = made.note ?? "";
  const words = `${entry.title}. ${made.said ?? ""} The table below has the values.`;
  entry.canvas.setAttribute("aria-label", words);
  entry.kept.say?.(words);
  entry.table.querySelector(".wide")?.remove();
  entry.table.append(tableElement(entry.title, made.columns, made.rows));
  entry.figure.dataset.drawn = JSON.stringify((made.chart.categories ?? made.chart.series ?? made.chart.options).map((each) => each.name));
}

function draw(what, chosen) {
  drawAnswer();
  figures.forEach(drawFigure);
  if (what) document.getElementById("changed").textContent = `${what}: ${chosen}. The charts have changed.`;
}

/** Stacked bars of the parts of a value, and their table. */
function stackedBars(rows, parts, whole, si, nameOf, isMarked, x, star = "★ is the least of all that may be chosen.") {
  const mostBars = 60;
  const known = rows.filter((row) => number(row[whole]) !== null);
  if (!known.length) return null;
  const best = [...known].sort((a, b) => number(a[whole]) - number(b[whole])).slice(0, mostBars);
  const shown = known.filter((row) => best.includes(row));
  const used = parts.filter(([column]) => known.some((row) => number(row[column])));
  const unit = unitFor(si, known.map((row) => number(row[whole])));
  const chart = { kind: "bars", unit, x: `${x}, ${unit.name}`, y: "",
    categories: shown.map((row) => ({ name: nameOf(row), marked: isMarked(row), refused: row.admitted === "0" })),
    series: used.map(([column, name, look]) => ({ name, look, values: shown.map((row) => number(row[column])) })) };
  const columns = [{ name: "partition", title: data.kind === "fleet" ? "strategy" : "plan" },
    { name: whole, title: `sum, ${unit.name}` }, ...used.map(([column, name]) => ({ name: column, title: `${name}, ${unit.name}` }))];
  const valued = (text) => ({ shown: number(text) === null ? "unknown" : digits(number(text) * unit.factor), value: text });
  const notes = [];
  const zero = parts.filter((part) => !used.includes(part)).map(([, name]) => name);
  if (zero.length) notes.push(`Zero here and left out: ${zero.join(", ")}.`);
  if (chart.categories.some((category) => category.refused)) notes.push("✗ is beyond the stated limits, and not chosen.");
  if (axisEnd(chart).cut) notes.push("▸ marks bars that go on beyond the axis; the number is their sum.");
  if (known.length > shown.length) notes.push(`The chart has the least ${mostBars} of ${known.length}, the table all.`);
  if (rows.length > known.length) notes.push(`Unknown, and not drawn: ${rows.length - known.length}.`);
  if (chart.categories.some((category) => category.marked)) notes.unshift(star);
  const least = best[0];
  return { chart, columns, note: notes.join(" "), said: `The least shown is ${nameOf(least)} with ${withUnit(number(least[whole]), si)}.`,
    rows: rows.map((row) => ({ marked: isMarked(row),
      cells: [{ shown: (row.admitted === "0" ? "✗ " : "") + nameOf(row), value: nameOf(row) }, valued(row[whole]), ...used.map(([column]) => valued(row[column]))] })) };
}

// Columns, what they are called, and which colour and hatching they have: the same thing looks the same in every chart.
const LATENCY_PARTS = [["queue_s", "queue at the mobile", 3], ["mobile_s", "mobile", 0], ["promotion_s", "radio's promotion", 7], ["uplink_s", "upload", 1],
  ["delay_s", "propagation", 5], ["wait_s", "wait at servers", 4], ["edge_s", "edge", 11], ["backhaul_s", "backhaul", 8], ["cloud_s", "cloud", 2],
  ["service_s", "servers", 2], ["downlink_s", "download", 6], ["recovery_s", "failed attempts", 9]];
const ENERGY_PARTS = [["mobile_j", "mobile", 0], ["uplink_j", "upload", 1], ["downlink_j", "download", 6], ["compute_j", "computing", 0],
  ["promotion_j", "radio's promotion", 7], ["transmit_j", "sending", 1], ["receive_j", "receiving", 6], ["tail_j", "radio's tail", 5], ["idle_j", "waiting", 4]];
const partsIn = (table, parts) => parts.filter(([column]) => has(table, column));

const times = (value, base) => (value === null || base === null || value === 0 ? "" : `${digits(base / value)}`);
const least = (rows, column) => rows.filter((row) => number(row[column]) !== null && row.admitted !== "0")
  .reduce((best, row) => (best === null || number(row[column]) < number(best[column]) ? row : best), null);

/** How much the two plans that do not split take, beside a row: "; cloud-only takes 76.24 times as long". */
function comparison(row, column, bases) {
  const texts = bases.filter((base) => base && base !== row && number(base[column]) !== null && number(row[column]) > 0)
    .map((base) => {
      return `${base.strategy} takes ${digits(number(base[column]) / number(row[column]))} times as ${column.endsWith("_j") ? "much" : "long"}`;
    });
  return texts.length ? `; ${texts.join(", ")}` : "";
}

const answer = document.getElementById("answer");
const answerBody = element("div");
answer.append(answerBody);

/** What may be chosen, and what that leaves out. */
function limitsSaid() {
  const [rows, file] = data.kind === "fleet" ? [fleet, "fleet.csv"] : [summary, "summary.csv"];
  const refused = rows.filter((row) => row.admitted === "0").length;
  const said = data.manifest.limits ?? (has(data.kind === "fleet" ? "fleet" : "summary", "admitted") ? "those of the scenario below" : "none were stated");
  const cut = data.notes.find((text) => text.startsWith("The page holds the first") && text.endsWith(` ${file}.`));
  return `${cut ? `${cut} The answer is that of these rows alone. ` : ""}Limits: ${said}.${refused ? ` ${refused} of ${rows.length} rows of ${file} are beyond them; they are marked ✗.` : ""}`;
}

// ---- Scenarios ----

const summary = rowsOf("summary");
const radioOf = (row) => row.network || "";
const isOfCell = (radio, reading) => (row) => (radioOf(row) === radio || radioOf(row) === "") && row.energy_model === reading;
const nameOfPlan = (row) => (row.partition ?? row.strategy) + (row.channels && !String(row.partition).includes("/") ? ` (D_r ${row.channels})` : "");
const basesOf = (rows) => ["cloud-only", "mobile-only"].map((strategy) => rows.find((row) => row.strategy === strategy));

/** The rows that the choosers leave. Plans without a cut stay, to compare with. */
const chosenRows = () => summary.filter(isOfCell(state.radio, state.reading)).filter((row) => !row.cut
  || ((state.cut === "*" || row.cut === state.cut) && (state.channels === "*" || row.channels === state.channels)));
const bestOf = (column) => least(summary.filter(isOfCell(state.radio, state.reading)), column);

function drawScenarioAnswer() {
  const rows = summary.filter(isOfCell(state.radio, state.reading));
  const goals = [["latency_s", "s", "the least latency"], ["energy_j", "J", `the least mobile energy (${state.reading})`]];
  const said = goals.map(([column, si, goal]) => {
    const best = least(rows, column);
    return best === null ? `${goal}: nothing is known to keep the limits.`
      : `${goal} has ${nameOfPlan(best)}: ${withUnit(number(best[column]), si)}${comparison(best, column, basesOf(rows))}.`;
  });
  const radio = state.radio ? `On ${state.radio}, ` : "";
  answerBody.replaceChildren(...said.map((text, index) => element("p", { class: "headline" },
    index === 0 && radio ? radio + text : text[0].toUpperCase() + text.slice(1))), element("p", { class: "muted" }, limitsSaid()));
  const columns = ["radio", "goal", "plan", "value", "cloud-only ÷ it", "mobile-only ÷ it", "accuracy"]
    .map((title, index) => ({ name: title, title, text: index < 3 }));
  const lines = [];
  for (const network of radios) {
    const goalsHere = [["latency_s", "s", "latency", readings[0]], ...readings.map((reading) => ["energy_j", "J", `energy, ${reading}`, reading])];
    for (const [column, si, goal, reading] of goalsHere) {
      const here = summary.filter(isOfCell(network, reading));
      const best = least(here, column);
      if (best === null) continue;
      const [cloud, mobile] = basesOf(here).map((base) => (base ? number(base[column]) : null));
      const value = number(best[column]);
      lines.push({ marked: network === state.radio, cells: [{ shown: network || "none" }, { shown: goal }, { shown: nameOfPlan(best) },
        { shown: withUnit(value, si), value: best[column] }, { shown: times(value, cloud) }, { shown: times(value, mobile) },
        { shown: best.accuracy ? `${digits(number(best.accuracy) * 100)} %` : "unknown", value: best.accuracy }] });
    }
  }
  answerBody.append(tableElement("The best plan of each radio and goal", columns, lines));
}

const published = rowsOf("published");
const publishedTable = (row) => [row.table, row.table === "Table IV" ? row.network : ""].filter(Boolean).join(", ");

/** What a publication prints beside what was simulated, under the chosen reading; nothing where the run simulates none. */
function publishedFigure(column, si, what) {
  const rows = published.filter((row) => publishedTable(row) === state.published && row.energy_model === state.reading);
  if (!rows.length) return null;
  const nameOf = (row) => [row.cut || row.strategy, row.table === "Table IV" ? "" : row.network].filter(Boolean).join(", ");
  const unit = unitFor(si, rows.map((row) => number(row[column])));
  const printed = `published_${column}`;
  const chart = { kind: "dots", unit, x: `${what}, ${unit.name}`, y: "", categories: rows.map((row) => ({ name: nameOf(row) })),
    series: [{ name: "printed in the paper", hollow: true, values: rows.map((row) => number(row[printed])) },
      { name: "simulated", values: rows.map((row) => number(row[column])) }] };
  const columns = [{ name: "partition", title: "partition" }, { name: "channels", title: "D_r" },
    { name: printed, title: `printed, ${unit.name}` }, { name: column, title: `simulated, ${unit.name}` }, { name: "deviation", title: "simulated over printed, %" }];
  const known = rows.filter((row) => number(row[column]) !== null && number(row[printed]) !== null);
  const deviation = (row) => number(row[column]) / number(row[printed]) - 1;
  const valued = (text) => (number(text) === null ? { shown: "unknown", value: "" } : { shown: digits(number(text) * unit.factor), value: text });
  const worst = known.length ? known.reduce((a, b) => (Math.abs(deviation(b)) > Math.abs(deviation(a)) ? b : a)) : null;
  const signed = (row) => `${deviation(row) < 0 ? "−" : "+"}${(Math.abs(deviation(row)) * 100).toFixed(1)}`;
  return { chart, columns, note: worst ? `The largest deviation is ${signed(worst)} %, of ${nameOf(worst)}.` : "Nothing is known of both.",
    rows: rows.map((row) => ({ cells: [{ shown: nameOf(row) }, { shown: row.channels }, valued(row[printed]), valued(row[column]),
      known.includes(row) ? { shown: signed(row), value: String(deviation(row)) } : { shown: "unknown", value: "" }] })) };
}

/** Of rows, those of which no other is at least as good in both values and better in one; equal ones are both among them. */
function frontOf(rows, x, y) {
  const sorted = [...rows].sort((a, b) => number(a[x]) - number(b[x]) || number(a[y]) - number(b[y]));
  let last = null;
  return sorted.filter((row) => {
    const isEqual = last !== null && number(row[x]) === number(last[x]) && number(row[y]) === number(last[y]);
    const isOn = last === null || isEqual || number(row[y]) < number(last[y]);
    if (isOn) last = row;
    return isOn;
  });
}

function frontFigure() {
  const rows = chosenRows().filter((row) => number(row.latency_s) !== null && number(row.energy_j) !== null && row.admitted !== "0");
  if (rows.length < 2) return null;
  const front = frontOf(rows, "latency_s", "energy_j");
  const onFront = new Set(front);
  // What takes far more than anything on the front would leave that no room.
  const far = (row) => ["latency_s", "energy_j"].some((column) => number(row[column]) > 4 * Math.max(...front.map((each) => number(each[column]))));
  const beyond = rows.filter(far);
  const time = unitFor("s", rows.map((row) => number(row.latency_s)));
  const energy = unitFor("J", rows.map((row) => number(row.energy_j)));
  const point = (row) => [number(row.latency_s) * time.factor, number(row.energy_j) * energy.factor];
  const others = rows.filter((row) => !onFront.has(row) && !far(row));
  const [xLog, yLog] = [0, 1].map((axis) => areFarApart([...front, ...others].map((row) => point(row)[axis])));
  const chart = { kind: "lines", xLog, yLog, tight: true, unit: time, x: titleOfAxis(`latency, ${time.name}`, xLog), y: titleOfAxis(`mobile energy, ${energy.name}`, yLog),
    series: [{ name: "on the front", dotted: true, points: front.map(point), names: front.map(nameOfPlan) },
      { name: "not on the front", loose: true, points: others.map(point), names: others.map(nameOfPlan) }] };
  const columns = [{ name: "partition", title: "plan" }, { name: "latency_s", title: `latency, ${time.name}` },
    { name: "energy_j", title: `energy, ${energy.name}` }, { name: "on_front", title: "on the front", text: true }];
  return { chart, columns, said: `On the front: ${front.map(nameOfPlan).join(", ")}.`, note: `On the front: ${front.slice(0, 12).map(nameOfPlan).join(", ")}.${has("summary", "admitted") ? " Plans beyond the limits are left out." : ""}${
      beyond.length ? ` Far more than anything on the front, and in the table alone: ${shortened(beyond.map(nameOfPlan).join(", "), 120)}.` : ""}`,
    rows: rows.map((row) => ({ marked: onFront.has(row), cells: [{ shown: nameOfPlan(row) },
      { shown: digits(number(row.latency_s) * time.factor), value: row.latency_s },
      { shown: digits(number(row.energy_j) * energy.factor), value: row.energy_j }, { shown: onFront.has(row) ? "yes" : "no" }] })) };
}

function accuracyFigure() {
  const rows = chosenRows().filter((row) => number(row.accuracy) !== null && number(row.payload_bytes) > 0);
  if (rows.length < 2) return null;
  const kinds = different(rows.map((row) => row.strategy));
  const chart = { kind: "lines", xLog: true, unit: UNITS.byte[0], x: "upload, byte (logarithmic)", y: "top-1 accuracy, %",
    series: kinds.map((kind) => {
      const of = rows.filter((row) => row.strategy === kind);
      return { name: kind, loose: true, points: of.map((row) => [number(row.payload_bytes), number(row.accuracy) * 100]), names: of.map(nameOfPlan) };
    }) };
  const columns = [{ name: "partition", title: "plan" }, { name: "payload_bytes", title: "upload, byte" }, { name: "accuracy", title: "accuracy, %" }];
  return { chart, columns, rows: rows.map((row) => ({ cells: [{ shown: nameOfPlan(row) }, { shown: row.payload_bytes, value: row.payload_bytes },
    { shown: digits(number(row.accuracy) * 100), value: row.accuracy }] })), note: "Plans whose accuracy is unknown are left out, and those that upload nothing." };
}

const readings = different(summary.map((row) => row.energy_model));
const namedRadios = different(summary.map(radioOf).filter(Boolean));
const radios = namedRadios.length ? namedRadios : [""];

function setUpScenario() {
  addChooser("radio", "Radio", optionsOf(radios));
  addChooser("cut", "Cut", optionsOf(different(summary.map((row) => row.cut).filter(Boolean)), "every cut"), "*");
  addChooser("channels", "D_r, channels of the unit", optionsOf(different(summary.map((row) => row.channels).filter(Boolean)), "every D_r"), "*");
  addChooser("reading", "Reading of the radio's energy", optionsOf(readings));
  const marked = (column) => (row) => row === bestOf(column);
  addFigure("latency", "Latency by stage", "Mean time from request to answer of each plan on the chosen radio, by where it goes.",
    () => stackedBars(chosenRows(), partsIn("summary", LATENCY_PARTS), "latency_s", "s", nameOfPlan, marked("latency_s"), "latency"));
  addFigure("energy", "Mobile energy by stage", "Mean energy that one request takes from the mobile, under the chosen reading of the radio's powers.",
    () => stackedBars(chosenRows(), partsIn("summary", ENERGY_PARTS), "energy_j", "J", nameOfPlan, marked("energy_j"), "mobile energy"));
  addFigure("front", "Latency against energy", "Each plan's latency and energy. On the front are those of which no other plan is better in one and no worse in the other.", frontFigure);
  addFigure("accuracy", "Accuracy against bytes", "What each plan uploads, and the accuracy that is known of it.", accuracyFigure);
  if (published.length) {
    addChooser("published", "Published table", optionsOf(different(published.map(publishedTable))));
    addFigure("published", "Published latencies beside simulated", "Latencies that the paper prints, and those simulated here.",
      () => publishedFigure("latency_s", "s", "latency"));
    addFigure("published-energy", "Published energies beside simulated", "Mobile energies that the paper prints, and those simulated here under the chosen reading.",
      () => publishedFigure("energy_j", "J", "mobile energy"));
  }
}

// ---- Fleets ----

const fleet = rowsOf("fleet");
const shares = rowsOf("latencies");
const series = rowsOf("timeseries");
const choices = rowsOf("choices");
const strategyOf = (row) => row.strategy;
const isForesighted = (row) => row.strategy_kind === "oracle" || row.strategy === "oracle";
const fleetRows = () => fleet.filter((row) => row.mobiles === state.mobiles && row.window === state.window);
const chosenStrategies = () => fleetRows().filter((row) => state.strategies.has(row.strategy));
const mayBeBest = () => fleetRows().filter((row) => !isForesighted(row) && number(row.completed) > 0);

function drawFleetAnswer() {
  const rows = mayBeBest();
  const columns = ["goal", "strategy", "value", "± 95 %", "cloud-only ÷ it", "mobile-only ÷ it", "completed, %"]
    .map((title, index) => ({ name: title, title, text: index < 2 }));
  const goals = [["latency_s", "s", "mean latency", "latency_ci_s"], ["p95_s", "s", "95th percentile of the latency", "p95_ci_s"],
    ["energy_j", "J", "mean mobile energy of a request", null]];
  const bases = ["cloud-only", "mobile-only"].map((name) => rows.find((row) => row.strategy === name));
  const headlines = [];
  const lines = [];
  for (const [column, si, goal, half] of goals) {
    const best = least(rows, column);
    if (best === null) continue;
    const value = number(best[column]);
    const halfWidth = half ? number(best[half]) : null;
    const near = half === null ? [] : rows.filter((row) => row !== best && row.admitted !== "0" && number(row[column]) !== null
      && number(row[column]) - (number(row[half]) ?? 0) <= value + (halfWidth ?? 0));
    const unit = unitFor(si, [value]);
    const interval = halfWidth === null ? "" : ` ± ${digits(halfWidth * unit.factor)} ${unit.name}`;
    headlines.push(`The least ${goal} has ${best.strategy}: ${withUnit(value, si)}${interval}${comparison(best, column, bases)}.${
      near.length ? ` Within their intervals it cannot be told from ${near.slice(0, 4).map(strategyOf).join("; ")}${near.length > 4 ? ` and ${near.length - 4} more` : ""}.` : ""}`);
    lines.push({ cells: [{ shown: goal }, { shown: best.strategy }, { shown: withUnit(value, si), value: best[column] },
      { shown: half === null ? "none made" : halfWidth === null ? "n/a" : `${digits(halfWidth * unit.factor)} ${unit.name}`, value: half ? best[half] : "" },
      ...bases.map((base) => ({ shown: base ? times(value, number(base[column])) : "" })),
      { shown: digits((100 * number(best.completed)) / Math.max(1, number(best.arrived))) }] });
  }
  const foresight = fleet.some(isForesighted) ? " The oracle knows the future and is no candidate." : "";
  answerBody.replaceChildren(...headlines.map((text) => element("p", { class: "headline" }, text)),
    element("p", { class: "muted" }, `${limitsSaid()} Latencies are those of completed requests.${foresight}`),
    tableElement(`The best strategy of each goal; mobiles: ${state.mobiles}, window: ${state.window}`, columns, lines));
}

function percentilesFigure() {
  const rows = chosenStrategies().filter((row) => number(row.p50_s) !== null);
  if (!rows.length) return null;
  const parts = [["p50_s", "p50_ci_s", "median"], ["p95_s", "p95_ci_s", "95th percentile"], ["p99_s", "p99_ci_s", "99th percentile"]];
  const unit = unitFor("s", rows.map((row) => number(row.p50_s)));
  const all = rows.flatMap((row) => parts.map(([column]) => number(row[column]))).filter((value) => value > 0);
  const xLog = areFarApart(all);
  const chart = { kind: "dots", xLog, unit, x: titleOfAxis(`latency, ${unit.name}`, xLog), y: "", categories: rows.map((row) => ({ name: row.strategy })),
    series: parts.map(([column, half, name]) => ({ name, values: rows.map((row) => number(row[column])), halves: rows.map((row) => number(row[half])) })) };
  const columns = [{ name: "strategy", title: "strategy" }, ...parts.flatMap(([column, half, name]) => [
    { name: column, title: `${name}, ${unit.name}` }, { name: half, title: `±, ${unit.name}` }])];
  const valued = (text) => ({ shown: number(text) === null ? "n/a" : digits(number(text) * unit.factor), value: text });
  return { chart, columns, note: "Bars are 95 % intervals, where there are requests enough for one.",
    rows: rows.map((row) => ({ cells: [{ shown: row.strategy }, ...parts.flatMap(([column, half]) => [valued(row[column]), valued(row[half])])] })) };
}

function distributionsFigure() {
  const names = [...state.strategies].slice(0, 12);
  const of = names.map((name) => [name, shares.filter((row) => row.strategy === name && row.mobiles === state.mobiles)])
    .filter(([, rows]) => rows.length);
  if (!of.length) return null;
  const unit = unitFor("s", of.flatMap(([, rows]) => rows.map((row) => number(row.latency_s))));
  const chart = { kind: "lines", xLog: true, yFromZero: true, yMost: 100, tight: true, unit, x: `latency, ${unit.name} (logarithmic)`, y: "requests as fast, %",
    series: of.map(([name, rows]) => ({ name, points: rows.map((row) => [number(row.latency_s) * unit.factor, number(row.share) * 100]) })) };
  const columns = [{ name: "share", title: "requests as fast, %" }, ...of.map(([name]) => ({ name: `${name} latency_s`, title: `${name}, ${unit.name}` }))];
  return { chart, columns, note: `All recorded requests of the run that completed, in every window and replication.${
    state.strategies.size > names.length ? ` The first ${names.length} of the chosen strategies.` : ""}`,
  rows: of[0][1].map((row, index) => ({ cells: [{ shown: digits(number(row.share) * 100), value: row.share },
    ...of.map(([, rows]) => ({ shown: digits(number(rows[index].latency_s) * unit.factor), value: rows[index].latency_s }))] })) };
}

function seriesFigure(column, title, factor) {
  const names = [...state.strategies].slice(0, 12);
  const of = names.map((name) => [name, series.filter((row) => row.strategy === name && row.resource === state.resource)])
    .filter(([, rows]) => rows.length > 1);
  if (!of.length) return null;
  const middle = (row) => (number(row.from_s) + number(row.to_s)) / 2;
  const chart = { kind: "lines", yFromZero: true, xFit: true, unit: UNITS[""][0], x: "time, s", y: title,
    series: of.map(([name, rows]) => ({ name, points: rows.map((row) => [middle(row), number(row[column]) * factor]) })) };
  const columns = [{ name: "from_s", title: "from, s" }, { name: "to_s", title: "to, s" }, ...of.map(([name]) => ({ name: `${name} ${column}`, title: name }))];
  return { chart, columns, note: `Of ${state.resource}, in the first replication.${of.every(([, rows]) => rows.every((row) => number(row[column]) === 0)) ? " It is 0 throughout." : ""}`,
    rows: of[0][1].map((row, index) => ({ cells: [{ shown: row.from_s, value: row.from_s }, { shown: row.to_s, value: row.to_s },
      ...of.map(([, rows]) => ({ shown: rows[index] ? digits(number(rows[index][column]) * factor) : "", value: rows[index]?.[column] ?? "" }))] })) };
}

function choicesFigure() {
  const rows = choices.filter((row) => (state.mobiles === "all" || row.mobiles === state.mobiles) && row.window === state.window && state.strategies.has(row.strategy));
  const adaptive = different(rows.map(strategyOf)).filter((name) => different(rows.filter((row) => row.strategy === name).map((row) => row.partition)).length > 1);
  if (!adaptive.length) return null;
  const count = (strategy, partition) => rows.filter((row) => row.strategy === strategy && row.partition === partition)
    .reduce((sum, row) => sum + number(row.completed), 0);
  const all = different(rows.map((row) => row.partition)).map((name) => [name, adaptive.reduce((sum, strategy) => sum + count(strategy, name), 0)])
    .filter(([, sum]) => sum > 0).sort((a, b) => b[1] - a[1]).map(([name]) => name);
  const [main, rest] = [all.slice(0, 7), all.slice(7)];
  const sums = adaptive.map((strategy) => all.reduce((sum, name) => sum + count(strategy, name), 0));
  const share = (strategy, index, names) => names.reduce((sum, name) => sum + count(strategy, name), 0) / Math.max(1, sums[index]);
  const groups = [...main.map((name) => [name, [name]]), ...(rest.length ? [[`${rest.length} others`, rest]] : [])];
  const chart = { kind: "bars", unit: UNITS.share.map(([factor, name]) => ({ factor, name }))[0], x: "completed requests, %", y: "",
    categories: adaptive.map((name) => ({ name })),
    series: groups.map(([name, names]) => ({ name, values: adaptive.map((strategy, index) => share(strategy, index, names)) })) };
  const columns = [{ name: "strategy", title: "strategy" }, ...all.map((name) => ({ name: `${name} completed`, title: `${name}, completed` }))];
  return { chart, columns, rows: adaptive.map((strategy) => ({ cells: [{ shown: strategy },
    ...all.map((name) => ({ shown: String(count(strategy, name)), value: String(count(strategy, name)) }))] })) };
}

function setUpFleet() {
  addChooser("mobiles", "Mobiles", optionsOf(different(fleet.map((row) => row.mobiles))));
  addChooser("window", "Window", optionsOf(different(fleet.map((row) => row.window))));
  addChooser("resource", "Resource, over time", optionsOf(different(series.map((row) => row.resource))), "cloud");
  const names = different(fleet.map(strategyOf));
  if (!series.some((row) => row.resource === state.resource)) state.resource = series[0]?.resource ?? "";
  // At first: what does not cut, what adapts, and the best fixed cut.
  const adaptive = new Set(choices.length ? names.filter((name) => different(choices.filter((row) => row.strategy === name)
    .map((row) => row.partition)).length > 1) : names);
  const best = least(mayBeBest(), "latency_s");
  const first = names.filter((name) => ["mobile-only", "cloud-only", best?.strategy].includes(name) || adaptive.has(name)).slice(0, 8);
  addChecks("strategies", "Strategies", names, first);
  const marked = (column) => (row) => row === least(mayBeBest(), column);
  addFigure("latency", "Latency by stage", "Mean time from arrival to answer of the completed requests, by where it goes.",
    () => stackedBars(chosenStrategies(), partsIn("fleet", LATENCY_PARTS), "latency_s", "s", strategyOf, marked("latency_s"), "latency"));
  addFigure("energy", "Mobile energy by stage", "Mean energy that a request takes from its mobile.",
    () => stackedBars(chosenStrategies(), partsIn("fleet", ENERGY_PARTS), "energy_j", "J", strategyOf, marked("energy_j"), "mobile energy"));
  addFigure("percentiles", "Percentiles of the latency", "Median, 95th and 99th percentile of the completed requests, with their intervals.", percentilesFigure);
  addFigure("distributions", "Distributions of the latency", "The share of requests that were answered within a time.", distributionsFigure);
  addFigure("utilisation", "Utilisation over time", "Share of the time in which the chosen resource was busy.",
    () => seriesFigure("utilisation", "utilisation, %", 100));
  addFigure("queue", "Queue over time", "Requests waiting at mobiles or servers, or flows on a link.",
    () => seriesFigure("mean_queue", "mean number waiting or in flight", 1));
  addFigure("choices", "What was chosen", "Partitions that the strategies which adapt took for the completed requests.", choicesFigure);
}

// ---- The rest of the page ----

/** What the scenario says of itself, and what the report tells beside: the answer, which is printed first, the page has in its own words. The
    manifests of older runs have neither, and of these the first two printed paragraphs say what they were. */
function introductionOfRun() {
  const { description, answer } = data.manifest;
  if (description === undefined || !Array.isArray(answer)) return { about: report.paragraphs.slice(0, 2), beside: report.paragraphs.slice(2) };
  return { about: description ? [description] : [], beside: report.paragraphs.slice(answer.length + (description ? 1 : 0)) };
}

function addHeader() {
  const top = document.getElementById("top");
  top.append(element("h1", {}, data.title || report.title || String(data.manifest.scenario ?? "Results")));
  for (const text of kindOfPage.introduction?.() ?? introductionOfRun().about) top.append(element("p", {}, text));
  const facts = kindOfPage.facts?.() ?? [data.manifest.started ? `simulated ${dateOf(String(data.manifest.started))}` : "",
    data.manifest.papilio ? `Papilio ${data.manifest.papilio} (${data.manifest.git_revision})` : "", `seed ${data.manifest.seed}`];
  top.append(element("p", { class: "muted" }, facts.filter(Boolean).join(" · ")));
}

/** The sections of a printed document, each closed until somebody opens it, with its table, saved under a name. */
const printedSections = (printed, name) => printed.sections.map((section) => {
  const inside = element("details", {}, element("summary", {}, section.title));
  for (const text of section.paragraphs) inside.append(element("p", {}, text));
  if (section.columns) inside.append(...savedTable(name, section.title, section.columns, section.rows));
  if (section.remarks.length) inside.append(element("ul", { class: "notes" }, ...section.remarks.map((text) => element("li", {}, text))));
  return inside;
});

function addReportTables() {
  const tables = document.getElementById("tables");
  tables.hidden = !report.sections.length;
  tables.append(element("p", { class: "muted" }, "Every table of tables.md, rounded as it was printed."), ...printedSections(report, "table"));
}

/** What differs from another run or database, where one was given. */
function addComparison() {
  if (data.comparison === undefined) return;
  const found = readReport(data.comparison);
  const section = element("section", { id: "comparison", "aria-labelledby": "comparison-title" }, element("h2", { id: "comparison-title" }, `Compared: ${found.title}`),
    ...found.paragraphs.map((text) => element("p", {}, text)), ...printedSections(found, "differences"));
  document.getElementById("tables").before(section);
}

function addSources() {
  const sources = document.getElementById("sources");
  for (const text of introductionOfRun().beside) sources.append(element("p", {}, text));
  kindOfPage.addSources?.(sources);
  const notes = [...data.notes, "Charts and their tables show four significant digits; a saved CSV has the values themselves, in SI (s, J, byte), and names as they are."];
  sources.append(element("ul", { class: "notes" }, ...notes.map((text) => element("li", {}, text))));
  const rows = Object.entries(data.manifest).filter(([, value]) => typeof value !== "object" || value === null || JSON.stringify(value).length < 4000)
    .map(([key, value]) => ({ cells: [{ shown: key }, { shown: Array.isArray(value) && value.every((each) => typeof each === "string") ? value.join(" ")
      : typeof value === "object" && value !== null ? Object.entries(value).map(([name, each]) => `${name} ${typeof each === "object" ? JSON.stringify(each) : each}`).join(", ") : String(value) }] }));
  if (rows.length) sources.append(element("details", {}, element("summary", {}, "The manifest"),
    tableElement("manifest.json", [{ name: "key", title: "key" }, { name: "value", title: "value", text: true }], rows)));
  for (const { title, text } of data.texts ?? (data.scenario ? [{ title: "The scenario, with every default", text: data.scenario }] : [])) {
    sources.append(element("details", {}, element("summary", {}, title), element("pre", { tabindex: "0" }, text)));
  }
}

// What each kind of page has of its own: setUp makes choosers and figures, drawAnswer the answer; the others where what is usual does not fit.
const KINDS = {
  scenario: { setUp: setUpScenario, drawAnswer: drawScenarioAnswer },
  fleet: { setUp: setUpFleet, drawAnswer: drawFleetAnswer },
  plan: { setUp: setUpPlan, drawAnswer: drawPlanAnswer, facts: planFacts, addSources: addPlanSources },
  study: { setUp: setUpStudy, drawAnswer: drawStudyAnswer, introduction: studyIntroduction, facts: studyFacts, addSources: addStudySources },
  training: { setUp: setUpTraining, drawAnswer: drawTrainingAnswer, facts: trainingFacts, addSources: addTrainingSources },
};
const kindOfPage = KINDS[data.kind];
const drawAnswer = () => kindOfPage.drawAnswer();

choosers.addEventListener("submit", (event) => event.preventDefault());
addHeader();
kindOfPage.setUp();
choosers.hidden = !choosers.childElementCount;
addReportTables();
addComparison();
addSources();
draw();

// Colours are those of the page; on paper all is opened, and the colours are the light ones.
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw());
matchMedia("print").addEventListener("change", (event) => {
  if (event.matches) document.querySelectorAll("details").forEach((each) => { each.open = true; });
  figures.forEach(drawFigure);
});
document.documentElement.dataset.ready = "yes";
