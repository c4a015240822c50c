"use strict";
// The charts of a study's page: values over an axis, with a line each, and the map of the best over two axes.

const MOST_LINES = 8;
const MOST_LINES_IN_TABLE = 40;
const MOST_CELLS_ALONG = 60;

// ---- Values over an axis, with a line each ----

/** The lines of the chosen value: [{name, points: [[label of x, text, text of the half-width or null, is beyond a limit]]}]. */
function linesOf(measure) {
  const x = chosenX();
  const by = chosenLines();
  // Of samples each has its best alone: lines that jump from one to the next say nothing.
  const ofSamples = by === null && x !== null && isSampled(x);
  const byBest = ofSamples || (by !== null && state.option === THE_BEST);
  const table = byBest ? studyOf().best : studyOf().values;
  const of = table.of[measure.name];
  const option = byBest ? of.option : table.option;
  const lines = new Map();
  for (const i of rowsAt(table, otherDimensions(placedInLines()))) {
    if (of.value[i] === null || (by !== null && !byBest && String(option[i]) !== state.option)) continue;
    const key = by === null ? option[i] : table.place[by][i];
    if (!lines.has(key)) lines.set(key, { key, name: by === null ? optionNamed(key) : `${dimensionAt(by).title} ${labelWithUnit(by, key)}`, points: [] });
    lines.get(key).points.push([x === null ? 0 : table.place[x][i], of.value[i], of.half?.[i] ?? null, table.admitted?.[i] === 0, byBest ? optionNamed(option[i]) : ""]);
  }
  for (const line of lines.values()) line.points.sort((a, b) => a[0] - b[0]);
  return [...lines.values()].sort((a, b) => a.key - b.key);
}

/** Which of many lines are drawn: those that are the best somewhere, then those that are better on the whole. */
function linesToDraw(lines, measure) {
  const sign = measure.more ? -1 : 1;
  const wins = new Map();
  const leads = new Map();
  for (const line of lines) {
    for (const [x, text, , beyond] of line.points) {
      if (!beyond && (!leads.has(x) || sign * Number(text) < leads.get(x).value)) leads.set(x, { value: sign * Number(text), line });
    }
  }
  for (const { line } of leads.values()) wins.set(line, (wins.get(line) ?? 0) + 1);
  const mean = (line) => (sign * line.points.reduce((sum, [, text]) => sum + Number(text), 0)) / line.points.length;
  const means = new Map(lines.map((line) => [line, mean(line)]));
  const chosen = [...lines].sort((a, b) => (wins.get(b) ?? 0) - (wins.get(a) ?? 0) || means.get(a) - means.get(b)).slice(0, MOST_LINES);
  return lines.filter((line) => chosen.includes(line));
}

/** The looks of the options: those that are the best of latency or energy most often have the first, in every chart. */
function looksOfOptions() {
  const counts = studyOf().options.map(() => 0);
  for (const { name } of studyOf().measures.slice(0, 2)) for (const option of studyOf().best.of[name].option) if (option !== null) counts[option] += 1;
  const order = counts.map((_, option) => option).sort((a, b) => counts[b] - counts[a] || a - b);
  return order.reduce((looks, option, rank) => { looks[option] = rank; return looks; }, []);
}

/** The looks of lines, no colour twice: of options their own, where no other line has it. */
function looksOfLines(lines) {
  const own = looksOfOptions();
  const taken = new Set();
  return lines.map((line, index) => {
    const wanted = chosenLines() === null ? own[line.key] : index;
    const look = taken.has(wanted % COLOURS.length) ? COLOURS.findIndex((_, each) => !taken.has(each)) : wanted % COLOURS.length;
    taken.add(look);
    return look;
  });
}

const isWide = (values) => values.length > 1 && Math.min(...values) > 0 && Math.max(...values) > 20 * Math.min(...values);

function studyLinesFigure() {
  const measure = measureOf(state.value);
  const x = chosenX();
  const all = linesOf(measure);
  if (!all.length) return null;
  const drawn = linesToDraw(all, measure);
  const unit = unitOfMeasure(measure, all.flatMap((line) => line.points.map(([, text]) => Number(text))));
  const labels = different(all.flatMap((line) => line.points.map(([label]) => label))).sort((a, b) => a - b);
  const beyond = all.some((line) => line.points.some((point) => point[3]));
  const numeric = x !== null && dimensionAt(x).numeric;
  const at = (line, label) => line.points.find((point) => point[0] === label);
  const title = `${measure.title}${unit.name ? `, ${unit.name}` : ""}`;
  const looks = looksOfLines(drawn);
  let chart;
  if (numeric) {
    const factor = scaleOf(x).factor;
    const where = (label) => Number((Number(dimensionAt(x).labels[label]) * factor).toPrecision(12));
    const sampled = isSampled(x);
    const xLog = isWide(labels.map(where));
    const yLog = isWide(drawn.flatMap((line) => line.points.map(([, text]) => Number(text))));
    const spanOf = ([, text, half]) => (half === null ? null : [-1, 1].map((side) => (Number(text) + side * Number(half)) * unit.factor));
    chart = { kind: "lines", unit, xLog, yLog, tight: true, xFit: !xLog && labels.length > 30, x: `${titleOf(x)}${xLog ? " (logarithmic)" : ""}`, y: `${title}${yLog ? " (logarithmic)" : ""}`,
      series: drawn.map((line, index) => ({ name: line.name, look: looks[index], dotted: labels.length <= 30, loose: sampled, small: sampled,
        points: line.points.map(([label, text]) => [where(label), Number(text) * unit.factor]), names: line.points.map((point) => (point[4] ? `${line.name}, ${point[4]}` : line.name)),
        spans: line.points.some((point) => point[2] !== null) ? line.points.map(spanOf) : undefined })) };
  } else {
    chart = { kind: "dots", unit, x: title, y: "", categories: labels.map((label) => ({ name: x === null ? "the study's only point" : labelAt(x, label) })),
      series: drawn.map((line, index) => ({ name: line.name, look: looks[index], values: labels.map((label) => number(at(line, label)?.[1] ?? "")), halves: labels.map((label) => number(at(line, label)?.[2] ?? "")) })) };
  }
  const listed = all.length > MOST_LINES_IN_TABLE ? drawn : all;
  const hasHalf = (line) => line.points.some((point) => point[2] !== null);
  const first = x === null ? { name: "point", title: "point" } : { name: dimensionAt(x).name, title: titleOf(x) };
  const columns = [first, ...listed.flatMap((line) => [{ name: `${line.name} ${measure.name}`, title: `${line.name}${unit.name ? `, ${unit.name}` : ""}` },
    ...(hasHalf(line) ? [{ name: `${line.name} ${measure.name} half-width`, title: `±${unit.name ? `, ${unit.name}` : ""}` }] : [])])];
  const places = listed.map((line) => new Map(line.points.map((point) => [point[0], point])));
  const rows = labels.map((label) => ({ cells: [{ shown: x === null ? "the only one" : labelAt(x, label), value: x === null ? "" : dimensionAt(x).labels[label] },
    ...listed.flatMap((line, index) => {
      const point = places[index].get(label);
      return [{ shown: point ? `${point[3] ? "✗ " : ""}${inUnit(point[1], unit)}` : "", value: point?.[1] ?? "" }, ...(hasHalf(line) ? [{ shown: inUnit(point?.[2] ?? "", unit), value: point?.[2] ?? "" }] : [])];
    })] }));
  const others = otherDimensions(placedInLines());
  const notes = [others.length ? `At ${choiceSaid(others)}.` : ""];
  if (chosenLines() === null && x !== null && isSampled(x)) notes.push(`A point for each sample, of its best ${optionWord()} alone.`);
  if (chosenLines() !== null) notes.push(state.option === THE_BEST ? `Each line has the best ${optionWord()} of each point.` : `Of ${optionNamed(Number(state.option))}.`);
  if (all.length > drawn.length) notes.push(`The chart has ${drawn.length} of ${all.length} lines, those that are the best somewhere first; the table has ${listed.length === all.length ? "all" : "the same"}.`);
  if (drawn.some(hasHalf)) notes.push("Bars are 95 % intervals.");
  if (beyond) notes.push("✗ in the table: beyond the stated limits, and never the best.");
  return { chart, columns, rows, note: notes.filter(Boolean).join(" "), said: `${title} with ${drawn.length} lines.` };
}

// ---- The map of the best ----

/** Labels in groups of the same number, so that at most `most` groups are left. */
function groupsOf(labels, most) {
  const each = Math.ceil(labels.length / most);
  return Array.from({ length: Math.ceil(labels.length / each) }, (_, index) => labels.slice(index * each, (index + 1) * each));
}

function studyMapFigure() {
  const measure = measureOf(state.value);
  const [x, up] = [chosenX(), mapDimension()];
  const of = studyOf().best.of[measure.name];
  if (up === null || !of) return null;
  const { place } = studyOf().best;
  const rows = rowsAt(studyOf().best, otherDimensions([x, up]));
  if (rows.length < 4) return null;
  const sampled = follows(x, up) || follows(up, x);
  const most = sampled ? Math.max(3, Math.min(16, Math.round(Math.sqrt(rows.length / 6)))) : MOST_CELLS_ALONG;
  const groups = [x, up].map((d) => groupsOf(different(rows.map((i) => place[d][i])).sort((a, b) => a - b), most));
  const groupAt = groups.map((list) => new Map(list.flatMap((group, index) => group.map((label) => [label, index]))));
  const counts = groups[1].map(() => groups[0].map(() => new Map()));
  for (const i of rows) {
    const cell = counts[groupAt[1].get(place[up][i])][groupAt[0].get(place[x][i])];
    cell.set(of.option[i], [...(cell.get(of.option[i]) ?? []), i]);
  }
  const leads = counts.map((row) => row.map((cell) => [...cell].sort((a, b) => b[1].length - a[1].length)[0] ?? null));
  const isMerged = groups.map((list) => list.some((group) => group.length > 1));
  const merged = isMerged.includes(true);
  const from = (d, group) => labelAt(d, group[0]);
  const chart = { kind: "map", x: `${titleOf(x)}${isMerged[0] ? ", from" : ""}`, y: `${titleOf(up)}${isMerged[1] ? ", from" : ""}`, xs: groups[0].map((group) => from(x, group)), ys: groups[1].map((group) => from(up, group)),
    options: looksOfOptions().map((look, option) => ({ name: optionNamed(option), look })), cells: leads.map((row) => row.map((lead) => lead?.[0] ?? null)) };
  const unit = unitOfMeasure(measure, rows.map((i) => number(of.value[i] ?? "")).filter((value) => value !== null));
  const columns = [{ name: dimensionAt(up).name, title: chart.y }, { name: dimensionAt(x).name, title: chart.x }, { name: optionWord(), title: `best ${optionWord()}`, text: true },
    ...(merged ? [{ name: "points", title: "its points" }, { name: "of", title: "of points" }] : [{ name: measure.name, title: `${measure.title}${unit.name ? `, ${unit.name}` : ""}` }])];
  const lines = leads.flatMap((row, r) => row.flatMap((lead, c) => (lead === null ? [] : [{ cells: [
    { shown: chart.ys[r], value: dimensionAt(up).labels[groups[1][r][0]] }, { shown: chart.xs[c], value: dimensionAt(x).labels[groups[0][c][0]] }, { shown: optionNamed(lead[0]) },
    ...(merged ? [{ shown: String(lead[1].length) }, { shown: String([...counts[r][c].values()].flat().length) }]
      : [{ shown: inUnit(of.value[lead[1][0]] ?? "", unit), value: of.value[lead[1][0]] ?? "" }])] }])));
  const others = otherDimensions([x, up]);
  const empty = leads.flat().filter((lead) => lead === null).length;
  const notes = [others.length ? `At ${choiceSaid(others)}.` : "", merged ? "A cell takes several points together, and has the one that is the best at most of them." : "",
    empty ? "Cells without a point, or where nothing may be chosen, are empty." : ""];
  const top = optionsOnMap(chart)[0];
  return { chart, columns, rows: lines, note: notes.filter(Boolean).join(" "), said: top ? `Most cells have ${optionNamed(top.index)}.` : "" };
}
