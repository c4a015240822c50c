"use strict";
// How the page draws: elements, numbers, tables, and charts, each on a canvas by Chart.js and as SVG from the same
// description. Whatever comes from data becomes text (textContent, an attribute, a canvas' letters), never markup.
//
// A chart's description:
//   kind        "bars" (stacked, lying), "dots" (values with intervals, lying), "lines", or "map", which map.js describes
//   unit        {factor, name}: what values are multiplied with, and what is written
//   categories  of bars and dots: [{name, marked, refused}]: the best, and what limits exclude
//   series      [{name, values: [SI or null], halves: [SI or null], look}], of lines [{name, points: [[x, y]], names: [], loose, dotted}]; loose: no line,
//               dotted: a dot at each point; small: small dots; hollow: points drawn larger and not filled; spans: [[low, high] or null], intervals of
//               the points; look: in place of its number, that of its colour and hatching
//   xNames      of lines whose x are 0, 1, 2, …: what is written there; xWhole: x are whole numbers
//   x, y        titles of the axes; xLog and yLog of lines, xLog of dots: logarithmic; tight: logarithmic axes of lines end just beyond the
//               points; xFit: the axis of lines ends at the first and the last point

/** An element with attributes and children; a text among the children becomes a text. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// Okabe and Ito's colours, which colour-blind readers tell apart; hatching, dashes and shapes say the same again.
const COLOURS = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#f0e442", "#8a8f94"];
const HATCHES = ["none", "down", "up", "dots", "level", "cross", "upright"];
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3]];
const SHAPES = ["circle", "rect", "triangle", "rectRot", "star", "crossRot"];
const colour = (index) => COLOURS[index % COLOURS.length];
const hatch = (index) => HATCHES[index % HATCHES.length];
/** The number of the colour and hatching of a series: its own, or its place. */
const lookOf = (chart, index) => chart.series[index].look ?? index;
const dash = (index) => DASHES[Math.floor(index / 2) % DASHES.length];

const UNITS = {
  s: [[1, "s"], [1e3, "ms"], [1e6, "µs"]],
  J: [[1, "J"], [1e3, "mJ"], [1e6, "µJ"]],
  byte: [[1, "byte"]],
  share: [[100, "%"]],
  "": [[1, ""]],
};

/** The unit in which values of an SI unit are read most easily: their middle one is at least 1 in it. */
function unitFor(si, values) {
  const known = values.filter((value) => value !== null && value > 0).sort((a, b) => a - b);
  const middle = known.length ? known[Math.floor(known.length / 2)] : 1;
  const found = UNITS[si].find(([factor]) => middle * factor >= 1) ?? UNITS[si][UNITS[si].length - 1];
  return { factor: found[0], name: found[1] };
}

/** A number for people: four significant digits. */
function digits(value) {
  if (value === null || Number.isNaN(value)) return "unknown";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e7 || size < 1e-4) return value.toExponential(3);
  return size >= 1000 ? value.toFixed(0) : value.toPrecision(4);
}

/** A value of SI with the unit that suits it: "14.37 ms". */
function withUnit(value, si) {
  if (value === null) return "unknown";
  const unit = unitFor(si, [value]);
  return `${digits(value * unit.factor)} ${unit.name}`.trim();
}

/** Whether values, all above 0, need a logarithmic axis; and the axis' title, which says so. */
const areFarApart = (values) => Math.max(...values) > 10 * Math.min(...values);
const titleOfAxis = (title, isLog) => `${title}${isLog ? " (logarithmic)" : ""}`;

const shortened = (text, most) => ([...text].length > most ? `${[...text].slice(0, most - 1).join("")}…` : text);

/** A table. Columns: {name, title, text}; rows: {cells: [{shown, value}], marked}. Of each row, the first cell heads it. */
function tableElement(caption, columns, rows) {
  const table = element("table", {}, element("caption", {}, element("span", {}, caption)));
  const head = element("tr");
  columns.forEach((column, index) => {
    head.append(element("th", { scope: "col", ...(column.text || index === 0 ? { class: "text" } : {}) }, column.title));
  });
  table.append(element("thead", {}, head));
  const body = element("tbody");
  for (const row of rows) {
    const line = element("tr", row.marked ? { class: "marked" } : {});
    row.cells.forEach((cell, index) => {
      const kind = columns[index].text || index === 0 ? { class: "text" } : {};
      const value = cell.value === undefined ? {} : { "data-value": cell.value };
      line.append(index === 0 ? element("th", { scope: "row", ...kind, ...value }, cell.shown)
        : element("td", { ...kind, ...value }, cell.shown));
    });
    body.append(line);
  }
  table.append(body);
  return element("div", { class: rows.length > 40 ? "wide long" : "wide", tabindex: "0", role: "region", "aria-label": `Table: ${caption}` }, table);
}

/** CSV after RFC 4180, the values in SI and with all their digits. */
function csvOf(columns, rows) {
  const quoted = (text) => (/[",;\t\r\n]|^[ #]|[ ]$|^$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = [columns.map((column) => column.name), ...rows.map((row) => row.cells.map((cell) => cell.value ?? cell.shown))];
  return lines.map((cells) => cells.map((cell) => (cell === "" ? "" : quoted(String(cell)))).join(",")).join("\r\n") + "\r\n";
}

/** Hands a file to the reader, who saves it. */
function save(name, type, text) {
  const link = element("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// ---- Where things stand in a chart: shared by canvas and SVG ----

/** The sum of a category's known values, in SI. */
const total = (chart, index) => chart.series.reduce((sum, each) => sum + (each.values[index] ?? 0), 0);

/** Where the axis of values ends, in the chart's unit: a few very long bars are cut off rather than dwarf the others. */
function axisEnd(chart) {
  const ends = chart.categories.map((_, index) => (chart.kind === "bars" ? total(chart, index)
    : Math.max(0, ...chart.series.map((each) => (each.values[index] ?? 0) + (each.halves?.[index] ?? 0)))));
  const sorted = [...ends].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const short = chart.kind === "bars" && middle > 0 ? sorted.filter((end) => end <= 5 * middle) : sorted;
  const longest = short[short.length - 1] || sorted[sorted.length - 1] || 1;
  return { end: longest * 1.05 * chart.unit.factor, cut: ends.some((end) => end > longest) };
}

/** Where the ticks of an axis stand: about five round numbers; of a logarithmic one 1, 2, 5 and so on, or, where those are many, powers of ten. */
function roundTicks(first, end, isLog) {
  if (isLog) {
    const all = [...Array(40).keys()].flatMap((power) => [1, 2, 5].map((digit) => Number(`${digit}e${power - 20}`))).filter((tick) => tick >= first && tick <= end);
    return all.length > 9 ? all.filter((tick) => String(tick.toExponential()).startsWith("1")) : all;
  }
  const rough = (end - first) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10);
  const ticks = [];
  for (let i = Math.ceil(first / step - 1e-4); i * step <= end + 1e-4 * step; i += 1) ticks.push(Number((i * step).toPrecision(6)));
  return ticks;
}

const heightOf = (chart) => (chart.kind === "bars" || chart.kind === "dots"
  ? 120 + chart.categories.length * 23 + Math.ceil(chart.series.length / 3) * 12 : 380);

const labelOf = (category, most) => (category.marked ? "★ " : category.refused ? "✗ " : "") + shortened(category.name, most);

function themeColours() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(name).trim();
  return { paper: of("--paper"), ink: of("--ink"), muted: of("--muted"), line: of("--line") };
}

// ---- Canvas ----

function hatched(index, theme) {
  const kind = hatch(index);
  if (kind === "none") return colour(index);
  const tile = element("canvas", { width: "8", height: "8" });
  const pen = tile.getContext("2d");
  pen.fillStyle = colour(index);
  pen.fillRect(0, 0, 8, 8);
  pen.strokeStyle = pen.fillStyle = theme.paper;
  pen.lineWidth = 1.5;
  pen.beginPath();
  if (kind === "dots") pen.arc(4, 4, 1.6, 0, 7);
  if (kind === "down" || kind === "cross") { pen.moveTo(-1, -1); pen.lineTo(9, 9); }
  if (kind === "up" || kind === "cross") { pen.moveTo(-1, 9); pen.lineTo(9, -1); }
  if (kind === "level") { pen.moveTo(0, 4); pen.lineTo(8, 4); }
  if (kind === "upright") { pen.moveTo(4, 0); pen.lineTo(4, 8); }
  if (kind === "dots") pen.fill(); else pen.stroke();
  return pen.createPattern(tile, "repeat");
}

/** Chart.js' part that writes the sum beside each bar, and draws the intervals of dots. */
function annotations(chart, theme) {
  const writeTotals = (canvas) => {
    const { ctx: pen, chartArea, scales } = canvas;
    pen.save();
    pen.font = "600 11px sans-serif";
    pen.fillStyle = theme.ink;
    pen.textBaseline = "middle";
    chart.categories.forEach((_, index) => {
      const value = total(chart, index) * chart.unit.factor;
      const over = value > scales.x.max;
      const x = Math.min(scales.x.getPixelForValue(value), chartArea.right);
      pen.fillText(`${over ? "▸ " : ""}${digits(value)}`, x + 4, scales.y.getPixelForValue(index));
    });
    pen.restore();
  };
  const drawIntervals = (canvas) => {
    const { ctx: pen, scales } = canvas;
    pen.save();
    pen.lineWidth = 1.5;
    chart.series.forEach((each, number) => {
      if (!each.halves || !canvas.isDatasetVisible(number)) return;
      pen.strokeStyle = colour(lookOf(chart, number));
      each.values.forEach((value, index) => {
        if (value === null || each.halves[index] === null) return;
        const y = scales.y.getPixelForValue(index);
        const ends = [-1, 1].map((side) => scales.x.getPixelForValue(Math.max(scales.x.min, (value + side * each.halves[index]) * chart.unit.factor)));
        pen.beginPath();
        pen.moveTo(ends[0], y); pen.lineTo(ends[1], y);
        for (const x of ends) { pen.moveTo(x, y - 4); pen.lineTo(x, y + 4); }
        pen.stroke();
      });
    });
    pen.restore();
  };
  return { id: "annotations", afterDatasetsDraw: chart.kind === "bars" ? writeTotals : drawIntervals };
}

/** Chart.js' part that draws the intervals of lines' points. */
function spansPart(chart) {
  const draw = (canvas) => {
    const { ctx: pen, chartArea, scales } = canvas;
    pen.save();
    pen.beginPath();
    pen.rect(chartArea.left, chartArea.top, chartArea.width, chartArea.height);
    pen.clip();
    pen.lineWidth = 1.5;
    chart.series.forEach((each, number) => {
      if (!each.spans || !canvas.isDatasetVisible(number)) return;
      pen.strokeStyle = colour(lookOf(chart, number));
      each.spans.forEach((span, index) => {
        if (!span) return;
        const x = scales.x.getPixelForValue(each.points[index][0]);
        const ends = span.map((end) => scales.y.getPixelForValue(chart.yLog ? Math.max(end, scales.y.min) : end));
        pen.beginPath();
        pen.moveTo(x, ends[0]); pen.lineTo(x, ends[1]);
        for (const y of ends) { pen.moveTo(x - 3, y); pen.lineTo(x + 3, y); }
        pen.stroke();
      });
    });
    pen.restore();
  };
  return { id: "spans", afterDatasetsDraw: draw };
}

function datasetOf(chart, each, index, theme) {
  const shared = { label: shortened(each.name, 32), borderColor: colour(lookOf(chart, index)), pointStyle: SHAPES[index % SHAPES.length] };
  if (chart.kind === "bars") {
    return { ...shared, backgroundColor: hatched(lookOf(chart, index), theme), borderColor: theme.paper, borderWidth: { left: 0, right: 1 },
      barPercentage: 0.95, categoryPercentage: 0.85, data: each.values.map((value) => (value ?? 0) * chart.unit.factor) };
  }
  if (chart.kind === "dots") {
    return { ...shared, backgroundColor: each.hollow ? "transparent" : colour(lookOf(chart, index)), pointRadius: each.hollow ? 8 : 4.5, borderWidth: 2,
      pointBorderWidth: 2, showLine: false,
      data: each.values.map((value) => (value === null ? null : value * chart.unit.factor)) };
  }
  if (!each.loose && !each.dotted) shared.pointStyle = "line";
  const shade = colour(lookOf(chart, index));
  return { ...shared, borderColor: shade, backgroundColor: each.hollow ? "transparent" : shade, borderDash: dash(index), borderWidth: 2, showLine: !each.loose,
    pointBorderWidth: each.hollow ? 3 : 1, pointRadius: each.hollow ? 9 : each.small ? 2.5 : each.loose || each.dotted ? 5 : 0, data: each.points.map(([x, y]) => ({ x, y })) };
}

/** The legend's labels, with the lines' dashes, which Chart.js leaves out beside points. */
const legendOf = (canvas) => Chart.defaults.plugins.legend.labels.generateLabels(canvas)
  .map((label) => ({ ...label, lineDash: canvas.data.datasets[label.datasetIndex].borderDash ?? [] }));

/** The marks of a logarithmic axis that are written: 1, 2, 5 and so on. */
const roundAlone = (value) => (/^[125]0*$|^0\.0*[125]$/.test(String(Number(value))) ? String(Number(value)) : "");

/** The least that dots show above 0, an interval's end included, in the chart's unit. */
function leastOf(chart) {
  const ends = chart.series.flatMap((each) => each.values.flatMap((value, index) => [value, (value ?? 0) - (each.halves?.[index] ?? 0)]));
  return Math.min(...ends.filter((end) => end > 0)) * chart.unit.factor;
}

/** Draws a chart on a canvas; hands back what Chart.js keeps of it. */
function drawOnCanvas(canvas, chart) {
  if (chart.kind === "map") return drawMap(canvas, chart);
  const theme = themeColours();
  const lying = chart.kind === "bars" || chart.kind === "dots";
  const narrow = canvas.parentElement.clientWidth < 480;
  const axis = (title) => ({ title: { display: true, text: title, color: theme.muted }, ticks: { color: theme.muted, maxRotation: 0 },
    grid: { color: theme.line, borderColor: theme.muted } });
  const x = axis(chart.x);
  const y = axis(chart.y);
  if (lying) {
    Object.assign(x, { stacked: chart.kind === "bars", min: chart.xLog ? leastOf(chart) / 1.2 : 0, max: axisEnd(chart).end * (chart.xLog ? 1.15 : 1), type: chart.xLog ? "logarithmic" : "linear" });
    x.ticks.callback = chart.xLog ? roundAlone : (value) => digits(Number(value)).replace(/\.?0+$/, (end) => (end.startsWith(".") ? "" : end));
    x.ticks.autoSkipPadding = 16;
    x.ticks.includeBounds = false;
    Object.assign(y, { stacked: chart.kind === "bars", offset: true, type: "category" });
    y.grid.display = chart.kind === "dots";
    y.title.display = false;
    y.ticks = { autoSkip: false, color: theme.ink,
      font: (tick) => ({ size: 12, weight: chart.categories[tick.index]?.marked ? "bold" : "normal" }) };
  } else {
    Object.assign(x, { type: chart.xLog ? "logarithmic" : "linear" });
    if (chart.yLog) y.type = "logarithmic";
    for (const [along, isLog] of [[x, chart.xLog], [y, chart.yLog]]) {
      if (isLog) along.ticks.callback = roundAlone;
    }
    if (chart.tight) {
      for (const [along, place] of [[x, 0], [y, 1]].filter(([, axisOf]) => (axisOf === 0 ? chart.xLog : chart.yLog))) {
        const values = chart.series.flatMap((each) => [...each.points.map((point) => point[place]),
          ...(place === 1 ? (each.spans ?? []).flat().filter((end) => end > 0) : [])]);
        Object.assign(along, { min: Math.min(...values) / 1.2, max: Math.max(...values) * 1.2 });
      }
    }
    if (chart.xFit) {
      const values = chart.series.flatMap((each) => each.points.map((point) => point[0]));
      Object.assign(x, { min: Math.min(...values), max: Math.max(...values) });
      x.ticks.includeBounds = false;
    }
    if (chart.yFromZero) y.min = 0;
    if (chart.yMost !== undefined) y.max = chart.yMost;
    const ends = chart.series.flatMap((each) => (each.spans ?? []).flat()).filter((end) => end !== null && (end > 0 || !chart.yLog));
    if (ends.length) Object.assign(y, { suggestedMin: Math.min(...ends), suggestedMax: Math.max(...ends) });
    if (chart.xWhole) x.ticks.precision = 0;
    if (chart.xNames) {
      Object.assign(x.ticks, { stepSize: 1, autoSkipPadding: 8, callback: (value) => chart.xNames[value] ?? "" });
      Object.assign(x, { min: -0.3, max: chart.xNames.length - 0.7 });
      x.ticks.includeBounds = false;
    }
  }
  const tooltip = { callbacks: { ...(chart.xNames ? { title: () => "" } : {}), label: (item) => {
    const each = chart.series[item.datasetIndex];
    if (chart.xNames) return ` ${each.names?.[item.dataIndex] ?? each.name}: ${digits(item.parsed.y)}`;
    if (!lying) return ` ${each.names?.[item.dataIndex] ?? each.name}: ${digits(item.parsed.x)}, ${digits(item.parsed.y)}`;
    const half = each.halves?.[item.dataIndex];
    return ` ${each.name}: ${digits(item.parsed.x)}${half ? ` ± ${digits(half * chart.unit.factor)}` : ""} ${chart.unit.name}`;
  } } };
  return new Chart(canvas, {
    type: chart.kind === "bars" ? "bar" : "line",
    data: { labels: lying ? chart.categories.map((category) => labelOf(category, narrow ? 16 : 34)) : undefined,
      datasets: chart.series.map((each, index) => datasetOf(chart, each, index, theme)) },
    options: { indexAxis: lying ? "y" : "x", animation: false, responsive: true, maintainAspectRatio: false,
      layout: { padding: { right: chart.kind === "bars" ? 58 : 12 } },
      scales: { x, y },
      plugins: { tooltip, legend: { position: "top", align: "start",
        labels: { color: theme.ink, generateLabels: legendOf, usePointStyle: chart.kind !== "bars", boxWidth: 18, ...(chart.kind === "bars" ? {} : { boxHeight: 7, pointStyleWidth: chart.series.some((each) => each.loose || each.dotted) || lying ? 11 : 28 }), padding: 12 } } } },
    plugins: [lying ? annotations(chart, theme) : spansPart(chart)],
  });
}

// ---- SVG, for saving ----

const xml = (text) => String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c])
  .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd");
const svgTag = (tag, attributes, inside = "") =>
  `<${tag}${Object.entries(attributes).map(([name, value]) => ` ${name}="${xml(value)}"`).join("")}>${inside}</${tag}>`;
const svgText = (x, y, text, more = {}) => svgTag("text", { x, y, ...more }, xml(text));
const svgLine = (x1, y1, x2, y2, stroke, more = {}) => svgTag("line", { x1, y1, x2, y2, stroke, ...more });

function svgPatterns(chart) {
  const strokes = { down: "M-1,-1L9,9", up: "M-1,9L9,-1", cross: "M-1,-1L9,9M-1,9L9,-1", level: "M0,4H8", upright: "M4,0V8" };
  return chart.series.map((_, index) => svgTag("pattern", { id: `h${index}`, width: 8, height: 8, patternUnits: "userSpaceOnUse" },
    svgTag("rect", { width: 8, height: 8, fill: colour(lookOf(chart, index)) })
    + (hatch(lookOf(chart, index)) === "dots" ? svgTag("circle", { cx: 4, cy: 4, r: 1.6, fill: "#fff" }) : "")
    + (strokes[hatch(lookOf(chart, index))] ? svgTag("path", { d: strokes[hatch(lookOf(chart, index))], stroke: "#fff", "stroke-width": 1.5 }) : ""))).join("");
}

function svgLying(chart, frame) {
  const end = axisEnd(chart).end * (chart.xLog ? 1.15 : 1);
  const first = chart.xLog ? leastOf(chart) / 1.2 : 0;
  const share = (value) => (chart.xLog ? Math.log(Math.max(value, first) / first) / Math.log(end / first) : value / end);
  const px = (value) => frame.left + Math.min(1, share(value)) * (frame.right - frame.left);
  const row = (frame.bottom - frame.top) / Math.max(1, chart.categories.length);
  let text = roundTicks(first, end, chart.xLog).map((tick) => svgLine(px(tick), frame.top, px(tick), frame.bottom, "#ddd")
    + svgText(px(tick), frame.bottom + 16, tick, { "text-anchor": "middle" })).join("");
  chart.categories.forEach((category, index) => {
    const middle = frame.top + row * (index + 0.5);
    text += svgText(frame.left - 6, middle + 4, labelOf(category, 34),
      { "text-anchor": "end", ...(category.marked ? { "font-weight": "bold" } : {}) });
    if (chart.kind === "bars") {
      let from = 0;
      chart.series.forEach((each, number) => {
        const to = from + (each.values[index] ?? 0) * chart.unit.factor;
        if (px(to) > px(from)) {
          text += svgTag("rect", { x: px(from), y: middle - row * 0.4, width: px(to) - px(from), height: row * 0.8, fill: `url(#h${number})` });
        }
        from = to;
      });
      text += svgText(px(from) + 4, middle + 4, `${from > end ? "▸ " : ""}${digits(from)}`, { "font-weight": "600" });
      return;
    }
    // The first above the others, as on the canvas.
    [...chart.series.entries()].reverse().forEach(([number, each]) => {
      if (each.values[index] === null) return;
      const value = each.values[index] * chart.unit.factor;
      const half = (each.halves?.[index] ?? 0) * chart.unit.factor;
      if (half > 0) text += svgLine(px(Math.max(0, value - half)), middle, px(value + half), middle, colour(lookOf(chart, number)), { "stroke-width": 2 });
      text += svgPoint(px(value), middle, chart, number, "");
    });
  });
  return text;
}

/** A point in the shape of its series, as the canvas has it. */
function svgPoint(x, y, chart, number, inside) {
  const shade = colour(lookOf(chart, number));
  const r = chart.series[number].hollow ? 9 : chart.series[number].small ? 2.5 : 4.5;
  const look = chart.series[number].hollow ? { fill: "none", stroke: shade, "stroke-width": 3 } : { fill: shade, stroke: shade };
  const path = { rect: `M${x - r},${y - r}h${2 * r}v${2 * r}h${-2 * r}z`, triangle: `M${x},${y - r}L${x + r},${y + r}H${x - r}z`,
    rectRot: `M${x},${y - r}L${x + r},${y}L${x},${y + r}L${x - r},${y}z`, star: `M${x - r},${y}H${x + r}M${x},${y - r}V${y + r}M${x - r * 0.7},${y - r * 0.7}L${x + r * 0.7},${y + r * 0.7}M${x - r * 0.7},${y + r * 0.7}L${x + r * 0.7},${y - r * 0.7}`,
    crossRot: `M${x - r * 0.7},${y - r * 0.7}L${x + r * 0.7},${y + r * 0.7}M${x - r * 0.7},${y + r * 0.7}L${x + r * 0.7},${y - r * 0.7}` }[SHAPES[number % SHAPES.length]];
  return path ? svgTag("path", { d: path, "stroke-width": 1.5, ...look }, inside) : svgTag("circle", { cx: x, cy: y, r, ...look }, inside);
}

function svgCurves(chart, frame) {
  const all = chart.series.flatMap((each) => [...each.points, ...(each.spans ?? []).flatMap((span, index) => (span ?? [])
    .filter((end) => end > 0 || !chart.yLog).map((end) => [each.points[index][0], end]))]);
  const scaled = (value, isLog) => (isLog ? Math.log10(value) : value);
  const back = (value, isLog) => (isLog ? 10 ** value : value);
  const range = (values, from, to) => {
    const least = from ?? values.reduce((a, b) => Math.min(a, b), Infinity);
    const most = to ?? values.reduce((a, b) => Math.max(a, b), -Infinity);
    return [least, most > least ? most : least + 1];
  };
  const room = (ends, isLog) => (chart.tight && isLog ? [ends[0] - 0.08, ends[1] + 0.08] : ends);
  const [x0, x1] = room(range(all.map(([x]) => scaled(x, chart.xLog))), chart.xLog);
  const [y0, y1] = room(range(all.map(([, y]) => scaled(y, chart.yLog)), chart.yFromZero ? 0 : undefined, chart.yMost), chart.yLog);
  const px = (x) => frame.left + ((scaled(x, chart.xLog) - x0) / (x1 - x0)) * (frame.right - frame.left);
  const py = (y) => frame.bottom - ((scaled(y, chart.yLog) - y0) / (y1 - y0)) * (frame.bottom - frame.top);
  let text = "";
  for (const y of roundTicks(back(y0, chart.yLog), back(y1, chart.yLog), chart.yLog)) {
    text += svgLine(frame.left, py(y), frame.right, py(y), "#ddd") + svgText(frame.left - 6, py(y) + 4, y, { "text-anchor": "end" });
  }
  if (!chart.xNames) {
    for (const x of roundTicks(back(x0, chart.xLog), back(x1, chart.xLog), chart.xLog)) {
      text += svgLine(px(x), frame.top, px(x), frame.bottom, "#ddd") + svgText(px(x), frame.bottom + 16, x, { "text-anchor": "middle" });
    }
  }
  chart.xNames?.forEach((name, x) => { text += svgText(px(x), frame.bottom + 16, name, { "text-anchor": "middle" }); });
  [...chart.series.entries()].reverse().forEach(([number, each]) => {
    if (!each.loose) {
      text += svgTag("polyline", { points: each.points.map(([x, y]) => `${px(x).toFixed(1)},${py(y).toFixed(1)}`).join(" "), fill: "none",
        stroke: colour(lookOf(chart, number)), "stroke-width": 2, "stroke-dasharray": dash(number).join(" ") || "none" });
    }
    each.spans?.forEach((span, index) => {
      const low = chart.yLog ? Math.max(span?.[0] ?? 0, back(y0, true)) : span?.[0];
      if (span) text += svgLine(px(each.points[index][0]), py(low), px(each.points[index][0]), py(span[1]), colour(lookOf(chart, number)), { "stroke-width": 1.5 });
    });
    if (each.loose || each.dotted) {
      each.points.forEach(([x, y], index) => {
        text += svgPoint(px(x), py(y), chart, number, svgTag("title", {}, xml(each.names?.[index] ?? each.name)));
      });
    }
  });
  return text;
}

/** A chart as a picture of its own, in the light colours. */
function svgOf(title, chart) {
  if (chart.kind === "map") return svgOfMap(title, chart);
  const lying = chart.kind === "bars" || chart.kind === "dots";
  const width = 860;
  const height = heightOf(chart) + 40;
  const frame = { left: lying ? 244 : 80, right: width - 80, top: 64 + Math.ceil(chart.series.length / 4) * 18, bottom: height - 48 };
  const legend = chart.series.map((each, index) => {
    const [x, y] = [20 + (index % 4) * 210, 50 + Math.floor(index / 4) * 18];
    const key = each.loose || chart.kind === "dots" ? svgPoint(x + 8, y - 4, chart, index, "")
      : svgTag("rect", { x, y: y - 10, width: 16, height: 10, fill: chart.kind === "bars" ? `url(#h${index})` : colour(lookOf(chart, index)) });
    return key + svgText(x + 22, y, shortened(each.name, 26));
  }).join("");
  return `<?xml version="1.0" encoding="UTF-8"?>\n${svgTag("svg", { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width} ${height}`,
    "font-family": "sans-serif", "font-size": 12, fill: "#111" },
  svgTag("defs", {}, svgPatterns(chart)) + svgTag("rect", { width, height, fill: "#fff" })
    + svgText(20, 26, title, { "font-size": 16, "font-weight": "bold" }) + legend
    + (lying ? svgLying(chart, frame) : svgCurves(chart, frame))
    + svgLine(frame.left, frame.bottom, frame.right, frame.bottom, "#555")
    + svgText((frame.left + frame.right) / 2, height - 12, chart.x, { "text-anchor": "middle" })
    + (lying ? "" : svgText(20, frame.top - 10, chart.y)))}\n`;
}
