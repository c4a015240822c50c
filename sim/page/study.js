"use strict";
// The page of a study: which option (a partition, of fleets a strategy) is the best at each place, and where that changes.
// A place is a label in each dimension; the data has them as columns of positions (sim/page/study_page.cpp).

const THE_BEST = "the best";

// ---- What the data has ----

const studyOf = () => data.study;
const dimensionAt = (d) => studyOf().dimensions[d];
const measureOf = (name) => studyOf().measures.find((measure) => measure.name === name);
const optionNamed = (index) => (index === null ? "none" : studyOf().options[index]);
const optionWord = () => studyOf().option;

/** The unit in which a dimension is written: of rates and the like one that suits the middle of its values. */
function scaleOf(d) {
  const { unit, numeric, labels } = dimensionAt(d);
  const scales = { "bit/s": [[1e-6, "Mbit/s"], [1e-3, "kbit/s"], [1, "bit/s"]], s: UNITS.s, J: UNITS.J, W: [[1, "W"], [1e3, "mW"]] }[unit] ?? [[1, unit]];
  const middle = numeric ? Number(labels[Math.floor(labels.length / 2)]) : 1;
  const [factor, name] = scales.find(([each]) => middle * each >= 1) ?? scales[scales.length - 1];
  return { factor, name };
}

/** A dimension's title with its unit: "uplink, Mbit/s". */
const titleOf = (d) => [dimensionAt(d).title, scaleOf(d).name].filter(Boolean).join(", ");

/** A label as it is written: a number with four digits at most, in the dimension's unit. */
function labelAt(d, index) {
  const { numeric, labels } = dimensionAt(d);
  if (!numeric) return labels[index] === "" ? "none" : labels[index];
  return String(Number((Number(labels[index]) * scaleOf(d).factor).toPrecision(4)));
}
const labelWithUnit = (d, index) => `${labelAt(d, index)} ${scaleOf(d).name}`.trim();

/** The unit in which values of a measure are written. */
function unitOfMeasure(measure, values) {
  if (measure.unit === "" && /^(accuracy|mobile_share)$/.test(measure.name)) return { factor: 100, name: "%" };
  return UNITS[measure.unit] ? unitFor(measure.unit, values) : { factor: 1, name: measure.unit };
}
const inUnit = (text, unit) => (number(text) === null ? "" : digits(number(text) * unit.factor));
const bestWord = (measure) => (measure.more ? "greatest" : "least");

/** Whether one dimension's label follows from the other's, as of columns in step and of samples. */
const follows = (() => {
  const known = new Map();
  return (d, x) => {
    const key = `${d} ${x}`;
    if (!known.has(key)) {
      const held = new Map();
      const { place } = studyOf().best;
      known.set(key, d !== x && place[x].every((label, i) => { if (!held.has(label)) held.set(label, place[d][i]); return held.get(label) === place[d][i]; }));
    }
    return known.get(key);
  };
})();

/** Whether another dimension jumps from one label of this one to the next, as of samples: neighbours along it have little in common. */
function isSampled(x) {
  const { place } = studyOf().best;
  return numericDimensions().some((d) => {
    if (d === x || !follows(d, x) || !follows(x, d) || dimensionAt(x).labels.length < 4) return false;
    const along = new Map(place[x].map((label, i) => [label, place[d][i]]));
    const steps = [...along].sort((a, b) => a[0] - b[0]).map(([, label]) => label);
    return steps.some((label, i) => i > 1 && (label - steps[i - 1]) * (steps[i - 1] - steps[i - 2]) < 0);
  });
}

const allDimensions = () => studyOf().dimensions.map((_, d) => d);
const numericDimensions = () => allDimensions().filter((d) => dimensionAt(d).numeric);
/** The dimensions in which a label must be chosen, where these have a place in a chart. */
const otherDimensions = (placed) => allDimensions().filter((d) => !placed.some((each) => each === d || follows(d, each)));

/** The positions of the rows of `table` that lie at the chosen labels of these dimensions. */
function rowsAt(table, dimensions) {
  const wanted = dimensions.map((d) => [table.place[d], Number(state[`dimension${d}`])]);
  const found = [];
  const count = table.place[0]?.length ?? table.option?.length ?? 1;
  for (let i = 0; i < count; i += 1) if (wanted.every(([column, label]) => column[i] === label)) found.push(i);
  return found;
}

// ---- What is chosen ----

const chosenX = () => (state.x === "" ? null : Number(state.x));
const chosenLines = () => (state.lines === "option" ? null : Number(state.lines));
/** The dimension up the map, or null where there is no map. */
function mapDimension() {
  const candidates = numericDimensions().filter((d) => d !== chosenX());
  if (chosenX() === null || !dimensionAt(chosenX()).numeric || !candidates.length) return null;
  return candidates.includes(Number(state.up)) ? Number(state.up) : candidates[0];
}
const placedInLines = () => [chosenX(), chosenLines()].filter((d) => d !== null);

/** The choice in words: "tokens 16; network 3g". */
const choiceSaid = (dimensions) => dimensions.map((d) => `${dimensionAt(d).title} ${labelWithUnit(d, Number(state[`dimension${d}`]))}`).join("; ");

/** Makes choosers agree, and hides those that choose nothing now. */
function settleChoosers() {
  if (state.lines === state.x) setChoice("lines", "option");
  if (mapDimension() !== null) setChoice("up", String(mapDimension()));
  // The answer is for one label of every axis but x, whatever has lines or lies up the map.
  const used = otherDimensions(chosenX() === null ? [] : [chosenX()]);
  for (const d of allDimensions()) showChooser(`dimension${d}`, used.includes(d));
  showChooser("option", chosenLines() !== null);
  showChooser("up", mapDimension() !== null && numericDimensions().length > 2);
}
function setChoice(key, value) {
  state[key] = value;
  const select = document.getElementById(`choose-${key}`);
  if (select) select.value = value;
}
function showChooser(key, isUsed) {
  const label = document.getElementById(`choose-${key}`)?.closest("label");
  if (label) label.hidden = !isUsed;
}

// ---- The answer: where the best changes ----

/** A function of a label of x and the best there: the options that the intervals do not tell from it. */
function nearOf(measure, dimensions, x) {
  const { values, candidates } = studyOf();
  const of = values.of[measure.name];
  const here = new Map();
  if (!of?.half) return () => [];
  for (const i of rowsAt(values, dimensions)) {
    if (!candidates[values.option[i]] || values.admitted?.[i] === 0 || of.value[i] === null) continue;
    const label = x === null ? 0 : values.place[x][i];
    here.set(label, [...(here.get(label) ?? []), i]);
  }
  return (label, winner, value, half) => (here.get(label) ?? []).filter((i) => values.option[i] !== winner
    && Math.abs(Number(of.value[i]) - value) <= (half ?? 0) + Number(of.half[i] ?? 0)).map((i) => values.option[i]);
}

/** Labels of x next to each other that have the same best: [{from, to, option, first, last, count, near}]. */
function stretchesOf(measure) {
  const { best } = studyOf();
  const x = chosenX();
  const dimensions = otherDimensions(x === null ? [] : [x]);
  const of = best.of[measure.name];
  const rows = rowsAt(best, dimensions).sort((a, b) => (x === null ? 0 : best.place[x][a] - best.place[x][b]));
  const nearTo = nearOf(measure, dimensions, x);
  const stretches = [];
  for (const i of rows) {
    const label = x === null ? 0 : best.place[x][i];
    const last = stretches[stretches.length - 1];
    const near = of.option[i] === null ? [] : nearTo(label, of.option[i], Number(of.value[i]), number(of.half?.[i] ?? ""));
    if (last && last.option === of.option[i] && x !== null && dimensionAt(x).numeric) {
      Object.assign(last, { to: label, last: of.value[i], lastHalf: of.half?.[i] ?? null, count: last.count + 1 });
      near.forEach((option) => last.near.set(option, (last.near.get(option) ?? 0) + 1));
    } else {
      stretches.push({ from: label, to: label, option: of.option[i], first: of.value[i], last: of.value[i], firstHalf: of.half?.[i] ?? null,
        lastHalf: of.half?.[i] ?? null, count: 1, near: new Map(near.map((option) => [option, 1])) });
    }
  }
  return stretches;
}

/** What the intervals do not tell from the best, anywhere along the axis. */
function nearSaid(stretches) {
  const names = different(stretches.flatMap((stretch) => [...stretch.near.keys()])).map(optionNamed);
  return names.length ? ` At some points the intervals do not tell it from ${names.slice(0, 4).join(", ")}${names.length > 4 ? ` and ${names.length - 4} more` : ""}.` : "";
}

function headlineOf(measure, stretches) {
  const x = chosenX();
  const what = `The ${bestWord(measure)} ${measure.title}`;
  if (!stretches.length) return `${what}: the study has no point of this choice.`;
  const option = (stretch) => (stretch.option === null ? "nothing that may be chosen" : optionNamed(stretch.option));
  if (x === null) return `${what} has ${option(stretches[0])}${stretches[0].option === null ? "" : `: ${amountSaid(measure, stretches[0].first)}`}.`;
  if (!dimensionAt(x).numeric) {
    const by = different(stretches.map(option)).map((name) => [name, stretches.filter((each) => option(each) === name).map((each) => labelAt(x, each.from))]);
    return by.length === 1 ? `${what} has ${by[0][0]} for every ${dimensionAt(x).title}.`
      : `${what} has ${by.slice(0, 6).map(([name, labels]) => `${name} for ${labels.slice(0, 6).join(", ")}${labels.length > 6 ? ` and ${labels.length - 6} more` : ""}`).join("; ")}${by.length > 6 ? `; and others` : ""}.`;
  }
  const range = `over ${dimensionAt(x).title} from ${labelAt(x, stretches[0].from)} to ${labelWithUnit(x, stretches[stretches.length - 1].to)}`;
  if (stretches.length === 1) return `${what}, ${range}, has ${option(stretches[0])} everywhere.`;
  if (stretches.length > 5) {
    return `${what}, ${range}, changes its ${optionWord()} ${stretches.length - 1} times, from ${option(stretches[0])} to ${option(stretches[stretches.length - 1])}; the table has every change.`;
  }
  return `${what}, ${range}, has ${stretches.map((stretch, index) => (index === 0 ? `${option(stretch)} up to ${labelWithUnit(x, stretch.to)}`
    : `${option(stretch)} from ${labelWithUnit(x, stretch.from)} on`)).join(", ")}.`;
}

function amountSaid(measure, text) {
  if (number(text) === null) return "unknown";
  const unit = unitOfMeasure(measure, [Number(text)]);
  return `${digits(Number(text) * unit.factor)} ${unit.name}`.trim();
}

/** A value with its interval, in one unit and with as many decimals: "7.305 ± 0.030 ms". */
function estimateSaid(measure, text, half) {
  if (half === null || number(text) === null) return amountSaid(measure, text);
  const unit = unitOfMeasure(measure, [Number(text)]);
  const shown = digits(Number(text) * unit.factor);
  return `${shown} ± ${(Number(half) * unit.factor).toFixed((shown.split(".")[1] ?? "").length)} ${unit.name}`.trim();
}
const percentSaid = (count, all) => (100 * count < all ? "less than 1 %" : `${Math.round((100 * count) / all)} %`);

/** At how many places of the whole study each option is the best. */
function sharesSaid(measure) {
  const of = studyOf().best.of[measure.name].option;
  if (of.length < 2 || studyOf().dimensions.length < 2) return "";
  const counts = new Map();
  of.forEach((option) => counts.set(option, (counts.get(option) ?? 0) + 1));
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  const said = sorted.slice(0, 5).map(([option, count]) => `${optionNamed(option)} at ${percentSaid(count, of.length)}`);
  return `Of all ${of.length} combinations of the study's axes, the ${bestWord(measure)} ${measure.title} has: ${said.join(", ")}${sorted.length > 5 ? `, and ${sorted.length - 5} others` : ""}.`;
}

/** Latency, energy and what is chosen. */
const goalsOf = () => different(["latency_s", "energy_j", state.value]).map(measureOf).filter((measure) => measure && studyOf().best.of[measure.name]);

function drawStudyAnswer() {
  settleChoosers();
  const x = chosenX();
  const sampled = x !== null && isSampled(x);
  const others = otherDimensions(x === null ? [] : [x]);
  const { limited, beyond, rows, failed, candidates } = studyOf();
  const limits = limited ? `Limits: ${beyond} of ${rows} values are beyond those that the base states, and never the best.` : "Limits: none were stated.";
  const oracle = candidates.includes(false) ? " The oracle knows the future and is no candidate." : "";
  const gone = failed ? ` ${failed} of ${studyOf().points} points failed and are not here.` : "";
  const goals = goalsOf().map((measure) => ({ measure, stretches: sampled ? [] : stretchesOf(measure) }));
  const headlines = goals.map(({ measure, stretches }) => (sampled ? samplesHeadline(measure, others) : headlineOf(measure, stretches) + nearSaid(stretches)));
  const shares = goals.slice(0, 2).map(({ measure }) => sharesSaid(measure)).filter(Boolean);
  answerBody.replaceChildren(...headlines.map((text) => element("p", { class: "headline" }, text)),
    element("p", { class: "muted" }, `${others.length ? `At ${choiceSaid(others)}. ` : ""}${limits}${oracle}${gone}`),
    ...(sampled && !others.length ? [] : shares).map((text) => element("p", { class: "muted" }, text)),
    ...(sampled ? samplesTable(goals, others) : changesTable(goals)));
}

// ---- The answer of samples, which have no order: where each option is the best ----

/** The options that are the best at some sample, most often first: [[option, rows of the best]]. */
function winnersOf(measure, others) {
  const winners = new Map();
  for (const i of rowsAt(studyOf().best, others)) {
    const option = studyOf().best.of[measure.name].option[i];
    winners.set(option, [...(winners.get(option) ?? []), i]);
  }
  return [...winners].sort((a, b) => b[1].length - a[1].length);
}

function samplesHeadline(measure, others) {
  const winners = winnersOf(measure, others);
  const all = winners.reduce((sum, [, rows]) => sum + rows.length, 0);
  const said = winners.slice(0, 4).map(([option, rows]) => `${optionNamed(option)} at ${percentSaid(rows.length, all)}`);
  return `Of ${all} samples, the ${bestWord(measure)} ${measure.title} has ${said.join(", ")}${winners.length > 4 ? `, and ${winners.length - 4} others` : ""}.`;
}

function samplesTable(goals, others) {
  const { place } = studyOf().best;
  const axes = numericDimensions().filter((d) => !others.includes(d));
  const columns = [{ name: "value", title: "value", text: true }, { name: optionWord(), title: `best ${optionWord()}`, text: true }, { name: "samples", title: "samples" },
    ...axes.flatMap((d) => [{ name: `${dimensionAt(d).name} least`, title: `${titleOf(d)}: from` }, { name: `${dimensionAt(d).name} greatest`, title: "to" }])];
  const lines = goals.flatMap(({ measure }) => winnersOf(measure, others).map(([option, rows]) => ({ cells: [{ shown: measure.title, value: measure.name }, { shown: optionNamed(option) }, { shown: String(rows.length) },
    ...axes.flatMap((d) => [Math.min, Math.max].map((end) => { const label = rows.map((i) => place[d][i]).reduce((a, b) => end(a, b)); return { shown: labelAt(d, label), value: dimensionAt(d).labels[label] }; }))] })));
  return savedTable("answer", `Where each ${optionWord()} is the best of some sample`, columns, lines);
}

/** Where the best changes, along x: a table and what saves it. */
function changesTable(goals) {
  const x = chosenX();
  const numeric = x !== null && dimensionAt(x).numeric;
  const hasNear = goals.some(({ stretches }) => stretches.some((stretch) => stretch.near.size));
  const place = x === null ? [] : numeric ? [{ name: `${dimensionAt(x).name} from`, title: `${dimensionAt(x).title} from, ${scaleOf(x).name}`.replace(/, $/, "") },
    { name: `${dimensionAt(x).name} to`, title: `to, ${scaleOf(x).name}`.replace(/, $/, "") }] : [{ name: dimensionAt(x).name, title: titleOf(x), text: true }];
  const columns = [{ name: "value", title: "value", text: true }, ...place, { name: optionWord(), title: `best ${optionWord()}`, text: true },
    ...(numeric ? [{ name: "value at from", title: "its value there" }, { name: "value at to", title: "its value at the end" }, { name: "points", title: "points" }]
      : [{ name: "value", title: "its value" }]), ...(hasNear ? [{ name: "near", title: "not told from it", text: true }] : [])];
  const lines = goals.flatMap(({ measure, stretches }) => stretches.map((stretch) => {
    const labels = x === null ? [] : dimensionAt(x).labels;
    const at = x === null ? [] : [{ shown: labelAt(x, stretch.from), value: labels[stretch.from] }, ...(numeric ? [{ shown: labelAt(x, stretch.to), value: labels[stretch.to] }] : [])];
    const valued = (text, half) => ({ shown: text === null ? "n/a" : estimateSaid(measure, text, half), value: text ?? "" });
    const near = [...stretch.near].map(([option, count]) => `${optionNamed(option)}${stretch.count > 1 ? ` (${count} of ${stretch.count})` : ""}`).join(", ");
    return { cells: [{ shown: measure.title, value: measure.name }, ...at, { shown: optionNamed(stretch.option) }, valued(stretch.first, stretch.firstHalf),
      ...(numeric ? [valued(stretch.last, stretch.lastHalf), { shown: String(stretch.count) }] : []), ...(hasNear ? [{ shown: near || "—", value: near }] : [])] };
  }));
  const title = x === null ? `The best ${optionWord()} of each value` : `Where the best ${optionWord()} changes along ${dimensionAt(x).title}`;
  return savedTable("answer", title, columns, lines);
}

// ---- The page ----

function setUpStudy() {
  const { measures, options } = studyOf();
  addChooser("value", "Value", measures.map(({ name, title, unit }) => ({ value: name, shown: [title, unit].filter(Boolean).join(", ") })),
    measures.some(({ name }) => name === "latency_s") ? "latency_s" : undefined);
  const longest = numericDimensions().reduce((best, d) => (best === null || dimensionAt(d).labels.length > dimensionAt(best).labels.length ? d : best), null);
  const dimensionOptions = (list) => list.map((d) => ({ value: String(d), shown: dimensionAt(d).title }));
  addChooser("x", "x axis", dimensionOptions(allDimensions()), longest === null ? undefined : String(longest));
  addChooser("lines", "A line each", [{ value: "option", shown: optionWord() }, ...dimensionOptions(allDimensions())], "option");
  addChooser("option", `${optionWord()[0].toUpperCase()}${optionWord().slice(1)}`, [{ value: THE_BEST, shown: THE_BEST }, ...options.map((name, index) => ({ value: String(index), shown: name }))], THE_BEST);
  for (const d of allDimensions()) {
    const { title, labels } = dimensionAt(d);
    addChooser(`dimension${d}`, [title, scaleOf(d).name].filter(Boolean).join(", "), labels.map((_, index) => ({ value: String(index), shown: labelAt(d, index) })));
  }
  addChooser("up", "Up the map", dimensionOptions(numericDimensions()));
  addFigure("lines", "Values along the axis", `The chosen value of each ${optionWord()}, or of each label of another axis.`, studyLinesFigure);
  addFigure("best", `The best ${optionWord()} over two axes`, `At each cell the ${optionWord()} with the best of the chosen value; letters and hatching say what colours say.`, studyMapFigure);
}

/** What the study's definition says that it is for, and its base. */
function studyIntroduction() {
  const line = /^description: (.+)$/m.exec(data.texts[0].text)?.[1] ?? "";
  const plain = line.startsWith("'") ? line.slice(1, -1).replaceAll("''", "'") : line.startsWith('"') ? unquoted(line) : line;
  const { name, description } = studyOf().base;
  return [plain, name ? `A study of ${name}${description ? `: ${description}` : "."}` : ""].filter(Boolean);
}
function unquoted(text) {
  try { return String(JSON.parse(text)); } catch { return text; }
}

function studyFacts() {
  const { points, done, failed, method, fleet, replicates } = studyOf();
  return [`${done + failed} of ${points} points computed${failed ? `, ${failed} of them failed` : ""}`,
    fleet ? "a fleet's simulation" : method === "closed-form" ? "closed form" : method, replicates > 1 ? `${replicates} replicates` : "", `Papilio ${data.manifest.papilio}`];
}

/** What the study is: its axes, and what its tables say beside the numbers. */
function addStudySources(sources) {
  const { axes, keys, remarks } = studyOf();
  const rows = axes.map((name, index) => {
    const d = studyOf().dimensions.findIndex((dimension) => dimension.name === name);
    const { labels, numeric } = d < 0 ? { labels: [], numeric: false } : dimensionAt(d);
    const values = d < 0 ? "one value" : numeric && labels.length > 6 ? `${labelAt(d, 0)} to ${labelWithUnit(d, labels.length - 1)}`
      : `${labels.slice(0, 12).map((_, i) => labelAt(d, i)).join(", ")}${labels.length > 12 ? ", …" : ""} ${numeric ? scaleOf(d).name : ""}`.trim();
    return { cells: [{ shown: name }, { shown: keys[index] ?? "" }, { shown: d < 0 ? "1" : String(labels.length) }, { shown: values }] };
  });
  sources.append(element("p", {}, "The study evaluates its base at every point of its axes. 'papilio study export' prints every row of the database."));
  if (rows.length) {
    sources.append(tableElement("The study's axes", [{ name: "axis", title: "axis" }, { name: "key", title: "key of the base", text: true }, { name: "count", title: "values" }, { name: "values", title: "which", text: true }], rows));
  }
  if (remarks.length) sources.append(element("ul", { class: "notes" }, ...remarks.map((text) => element("li", {}, text))));
}
