"use strict";
// A map: over two axes, which of several options is the best, as cells that are coloured, hatched and lettered. Drawn as
// an SVG, the same on the page and in the file that is saved.
//
// A map's description:
//   kind     "map"
//   x, y     titles of the axes, with units
//   xs, ys   labels of the columns, and of the rows from the lowest to the highest, as they are written
//   options  [{name, letter, look}]: what may be the best; look: in place of its number, that of its colour and hatching; without letters, those of most cells have the first of the alphabet
//   cells    [row][column]: the number of an option, or null where there is none
//   here     [row, column] of a cell that is framed, or, with null for the row, a column between two arrowheads; may be left out
//   apart    whether rows have nothing to do with each other
//   every    of labels of columns: those at multiples of it are written, as far as there is room

const SVG_SPACE = "http://www.w3.org/2000/svg";
let mapsMade = 0;

/** An element of SVG; a text among the children becomes a text. What XML cannot hold is replaced. */
function svgElement(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG_SPACE, tag);
  const clean = (text) => String(text).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd");
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, clean(value));
  made.append(...children.map((child) => (child instanceof Node ? child : clean(child))));
  return made;
}

/** The letters of an option: A to Z, then AA. */
const lettersOf = (index) => (index < 26 ? "" : lettersOf(Math.floor(index / 26) - 1)) + String.fromCharCode(65 + (index % 26));

/** The options that stand in some cell, by their letters, or those of most cells first: [{index, count}]. */
function optionsOnMap(chart) {
  const counts = new Map();
  for (const index of chart.cells.flat()) if (index !== null) counts.set(index, (counts.get(index) ?? 0) + 1);
  return [...counts].map(([index, count]) => ({ index, count })).sort((a, b) => (chart.options[a.index].letter ? 0 : b.count - a.count) || a.index - b.index);
}

/** The letters by the number of an option, in the order of the legend. */
const lettersOnMap = (chart) => new Map(optionsOnMap(chart).map(({ index }, place) => [index, chart.options[index].letter ?? lettersOf(place)]));

/** Cells that touch, those of one row alone where rows are apart, and have the same option: [{index, cells: [[row, column]]}]. */
function regionsOf({ cells, apart }) {
  const seen = cells.map((row) => row.map(() => false));
  const regions = [];
  cells.forEach((row, r) => row.forEach((index, c) => {
    if (index === null || seen[r][c]) return;
    const found = [];
    const open = [[r, c]];
    seen[r][c] = true;
    while (open.length) {
      const [y, x] = open.pop();
      found.push([y, x]);
      for (const [v, u] of [[y, x - 1], [y, x + 1], ...(apart ? [] : [[y - 1, x], [y + 1, x]])]) {
        if (cells[v]?.[u] === index && !seen[v][u]) { seen[v][u] = true; open.push([v, u]); }
      }
    }
    regions.push({ index, cells: found });
  }));
  return regions;
}

/** Where the letter of a region stands: its cell that is nearest to its middle. */
function heartOf(region) {
  const middle = [0, 1].map((along) => region.cells.reduce((sum, cell) => sum + cell[along], 0) / region.cells.length);
  const distance = (cell) => (cell[0] - middle[0]) ** 2 + (cell[1] - middle[1]) ** 2;
  return region.cells.reduce((best, cell) => (distance(cell) < distance(best) ? cell : best));
}

function mapPattern(id, look, paper) {
  const strokes = { down: "M-1,-1L9,9", up: "M-1,9L9,-1", cross: "M-1,-1L9,9M-1,9L9,-1", level: "M0,4H8", upright: "M4,0V8" };
  const pattern = svgElement("pattern", { id, width: 8, height: 8, patternUnits: "userSpaceOnUse" },
    svgElement("rect", { width: 8, height: 8, fill: colour(look) }));
  if (hatch(look) === "dots") pattern.append(svgElement("circle", { cx: 4, cy: 4, r: 1.4, fill: paper, "fill-opacity": 0.7 }));
  if (strokes[hatch(look)]) pattern.append(svgElement("path", { d: strokes[hatch(look)], stroke: paper, "stroke-width": 1.2, "stroke-opacity": 0.7 }));
  return pattern;
}

/** The width of a text, near enough to lay out by. */
const widthOfText = (text) => [...text].reduce((sum, c) => sum + (c.charCodeAt(0) > 0x2e7f ? 12 : 6.9), 0);

/** Places the legend's entries from left to right, line by line. */
function mapLegend(chart, width) {
  const all = chart.cells.flat().filter((index) => index !== null).length;
  const letters = lettersOnMap(chart);
  let [x, line] = [0, 0];
  const entries = optionsOnMap(chart).map(({ index, count }) => {
    const share = (100 * count) / all;
    const text = `${shortened(chart.options[index].name, 34)} · ${share < 1 ? "<1" : Math.round(share)} %`;
    const wide = Math.min(width, 34 + widthOfText(text));
    if (x > 0 && x + wide > width) [x, line] = [0, line + 1];
    const entry = { index, letter: letters.get(index), text, x, line };
    x += wide + 10;
    return entry;
  });
  return { entries, lines: line + 1 };
}

/** Which of `count` labels are written, so that they do not touch. */
function labelsThatFit(count, room, size, every = 1) {
  const step = Math.max(1, Math.ceil((count * size) / Math.max(room, 1) / every)) * every;
  return [...Array(count).keys()].filter((index) => index % step === 0);
}

/** A map as an SVG of a width in pixels.
 * @param theme  as `themeColours` has it
 * @param title  written on top, or empty */
function mapElement(chart, width, theme, title) {
  mapsMade += 1;
  const idOf = (index) => `map${mapsMade}-${index}`;
  const legend = mapLegend(chart, width - 8);
  const most = Math.max(...chart.ys.map((label) => widthOfText(label)), 12);
  const frame = { left: Math.min(most + 12, width / 3), right: width - 14, top: (title ? 34 : 6) + legend.lines * 20 + 26 };
  const [columns, rows] = [chart.xs.length, chart.ys.length];
  const tall = Math.min(rows < 6 ? 60 : 44, Math.max(320 / rows, rows > 60 ? 5 : 9));
  const wide = (frame.right - frame.left) / columns;
  frame.bottom = frame.top + tall * rows;
  const height = frame.bottom + 44;
  const svg = svgElement("svg", { xmlns: SVG_SPACE, viewBox: `0 0 ${width} ${height}`, width, height, "font-family": "sans-serif", "font-size": 12, fill: theme.ink });
  const defs = svgElement("defs");
  svg.append(defs, svgElement("rect", { width, height, fill: theme.paper }));
  if (title) svg.append(svgElement("text", { x: 4, y: 22, "font-size": 16, "font-weight": "bold" }, title));
  const halo = { "text-anchor": "middle", "font-weight": "700", stroke: theme.paper, "stroke-width": 3, "paint-order": "stroke", "stroke-linejoin": "round" };
  for (const { index, letter, text, x, line } of legend.entries) {
    defs.append(mapPattern(idOf(index), chart.options[index].look ?? index, theme.paper));
    const y = frame.top - 26 - (legend.lines - line) * 20 + 2;
    svg.append(svgElement("rect", { x: x + 4, y, width: 24, height: 15, rx: 2, fill: `url(#${idOf(index)})` }),
      svgElement("text", { x: x + 16, y: y + 12, "font-size": 11, ...halo }, letter), svgElement("text", { x: x + 33, y: y + 12 }, text));
  }
  svg.append(svgElement("text", { x: 4, y: frame.top - 9, fill: theme.muted }, chart.y));
  const left = (column) => frame.left + column * wide;
  const top = (row) => frame.bottom - (row + 1) * tall;
  chart.cells.forEach((row, r) => {
    for (let from = 0; from < columns;) {
      let to = from + 1;
      while (to < columns && row[to] === row[from]) to += 1;
      if (row[from] !== null) {
        const over = to - from > 1 ? `${chart.xs[from]} to ${chart.xs[to - 1]}` : chart.xs[from];
        svg.append(svgElement("rect", { x: left(from).toFixed(2), y: top(r).toFixed(2), width: ((to - from) * wide).toFixed(2), height: tall.toFixed(2),
          fill: `url(#${idOf(row[from])})`, stroke: theme.paper, "stroke-width": Math.min(wide, tall) > 8 ? 1 : 0, "shape-rendering": "crispEdges" },
        svgElement("title", {}, `${over}; ${chart.ys[r]}: ${chart.options[row[from]].name}`)));
      }
      from = to;
    }
  });
  const letters = lettersOnMap(chart);
  const write = (r, c, index) => svg.append(svgElement("text", { x: (left(c) + wide / 2).toFixed(1), y: (top(r) + tall / 2 + 4).toFixed(1), "pointer-events": "none", ...halo }, letters.get(index)));
  if (wide >= 18 && tall >= 15) {
    chart.cells.forEach((row, r) => row.forEach((index, c) => { if (index !== null) write(r, c, index); }));
  } else {
    for (const region of regionsOf(chart)) {
      if (region.cells.length * wide * tall >= 200 || region.cells.length > 2) write(...heartOf(region), region.index);
    }
  }
  if (chart.here) {
    const [r, c] = chart.here;
    const middle = left(c) + wide / 2;
    const place = { x: left(c) - 1, y: top(r ?? 0) - 1, width: wide + 2, height: tall + 2, fill: "none" };
    if (r === null) svg.append(svgElement("path", { d: `M${middle - 6},${frame.top - 8}h12l-6,8zM${middle - 4},${frame.bottom + 5}h8l-4,-5z`, fill: theme.ink }));
    else svg.append(svgElement("rect", { ...place, stroke: theme.paper, "stroke-width": 5 }), svgElement("rect", { ...place, stroke: theme.ink, "stroke-width": 2.5 }));
  }
  svg.append(svgElement("rect", { x: frame.left, y: frame.top, width: frame.right - frame.left, height: frame.bottom - frame.top, fill: "none", stroke: theme.line }));
  for (const c of labelsThatFit(columns, frame.right - frame.left, Math.max(...chart.xs.map((label) => widthOfText(label))) + 12, chart.every)) {
    svg.append(svgElement("text", { x: Math.min(left(c) + wide / 2, width - widthOfText(chart.xs[c]) / 2 - 5), y: frame.bottom + 16, "text-anchor": "middle" }, chart.xs[c]));
  }
  for (const r of labelsThatFit(rows, frame.bottom - frame.top, 15)) {
    const fitting = Math.floor((frame.left - 10) / 6.9);
    svg.append(svgElement("text", { x: frame.left - 6, y: top(r) + tall / 2 + 4, "text-anchor": "end" }, shortened(chart.ys[r], Math.max(fitting, 4))));
  }
  svg.append(svgElement("text", { x: (frame.left + frame.right) / 2, y: height - 8, "text-anchor": "middle", fill: theme.muted }, chart.x));
  return svg;
}

/** Draws a map in the place of a canvas, as wide as there is room; hands back what takes it away. */
function drawMap(canvas, chart) {
  const room = canvas.parentElement;
  canvas.hidden = true;
  let svg = null;
  const drawAt = () => {
    const width = Math.max(260, Math.floor(room.clientWidth));
    if (svg?.getAttribute("width") === String(width)) return;
    const next = mapElement(chart, width, themeColours(), "");
    next.setAttribute("role", "img");
    next.setAttribute("aria-label", svg?.getAttribute("aria-label") ?? `${chart.x}; ${chart.y}`);
    svg?.remove();
    svg = next;
    room.style.height = `${svg.getAttribute("height")}px`;
    room.append(svg);
  };
  drawAt();
  const watcher = new ResizeObserver(drawAt);
  watcher.observe(room);
  return {
    say: (text) => svg.setAttribute("aria-label", text),
    destroy: () => { watcher.disconnect(); svg.remove(); canvas.hidden = false; },
  };
}

/** A map as a file of its own, in the light colours. */
function svgOfMap(title, chart) {
  const light = { paper: "#ffffff", ink: "#111111", muted: "#444444", line: "#bbbbbb" };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(mapElement(chart, 860, light, title))}\n`;
}
