"use strict";
// The page of a training: the fewest channels that keep the accuracy at each cut, accuracy over cuts, learning curves.

const MOST_CURVES = 7;
const BASELINE = "baseline, without a unit";

const trained = () => rowsOf("accuracy");
const cutsTrained = () => different(trained().map((row) => row.cut).filter(Boolean));
const channelsTrained = () => different(trained().filter((row) => row.cut).map((row) => row.channels)).sort((a, b) => a - b);
const seedsTrained = () => different(trained().map((row) => row.seed));
const accuraciesOf = (cut, channels) => trained().filter((row) => row.cut === cut && row.channels === channels);
const meanOf = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const meanAccuracy = (rows) => (rows.length ? meanOf(rows.map((row) => number(row.accuracy))) : null);
const percentText = (share) => (share === null ? "" : (100 * share).toFixed(2));

/** How much more a unit gets right than the baseline of its seed: a mean over the seeds that both have, or null. */
function differenceOf(cut, channels) {
  const baselines = new Map(accuraciesOf("", "0").map((row) => [row.seed, number(row.accuracy)]));
  const differences = accuraciesOf(cut, channels).filter((row) => baselines.has(row.seed)).map((row) => number(row.accuracy) - baselines.get(row.seed));
  return differences.length ? meanOf(differences) : null;
}

/** The fewest channels of those tried that lose no more than a share; null if none does. A sum of shares may miss the limit by its last digit. */
const fewestWithin = (cut, share) => channelsTrained().find((channels) => (differenceOf(cut, channels) ?? -Infinity) >= -share - 1e-12) ?? null;

/** The channels with the greatest accuracy of those tried after a cut. */
const mostAccurate = (cut) => channelsTrained().filter((channels) => accuraciesOf(cut, channels).length)
  .reduce((best, channels) => (best === null || meanAccuracy(accuraciesOf(cut, channels)) > meanAccuracy(accuraciesOf(cut, best)) ? channels : best), null);

const fewestSection = () => report.sections.find((section) => section.title.startsWith("Fewest channels"));
/** The loss that the training was asked to stay within, in points; 2 where its tables do not say. */
const recordedBudget = () => /within ([\d.]+) points/.exec(fewestSection()?.title ?? "")?.[1] ?? "2";

/** A cell of the table of paired differences that the training printed, such as "-1.33 ± 0.82"; empty if there is none. */
function printedDifference(cut, channels) {
  const section = report.sections.find((each) => each.title.startsWith("Difference from the baseline"));
  const column = section?.columns?.findIndex(({ title }) => title === `D_r ${channels}`) ?? -1;
  return column < 0 ? "" : section.rows.find((row) => row.cells[0].shown === cut)?.cells[column].shown ?? "";
}

function drawTrainingAnswer() {
  const budget = Number(state.budget);
  const baseline = meanAccuracy(accuraciesOf("", "0"));
  const found = cutsTrained().map((cut) => [cut, fewestWithin(cut, budget / 100)]);
  const enough = found.filter(([, channels]) => channels !== null);
  const none = found.filter(([, channels]) => channels === null).map(([cut]) => cut);
  const by = different(enough.map(([, channels]) => channels)).sort((a, b) => a - b)
    .map((channels) => `D_r ${channels} after ${enough.filter(([, each]) => each === channels).map(([cut]) => cut).join(", ")}`);
  const within = `Within ${budget} ${budget === 1 ? "point" : "points"} of the baseline${baseline === null ? "" : ` (${percentText(baseline)} %)`}`;
  const said = [];
  if (!found.length) said.push(`The baseline, without a unit, gets ${percentText(baseline)} % right. No unit was trained.`);
  if (by.length) said.push(`${within}, the fewest channels are ${by.join("; ")}.`);
  if (none.length) said.push(`${by.length ? "After" : `${within}, after`} ${none.join(", ")} none of the D_r that were tried is enough (${channelsTrained().join(", ")}).`);
  const section = fewestSection();
  const published = (section?.columns ?? []).map((column, index) => ({ ...column, index })).filter(({ title }) => /paper/i.test(title));
  const columns = [{ name: "cut", title: "cut" }, { name: "channels", title: "fewest D_r" }, { name: "shown", title: "D_r shown" }, { name: "accuracy", title: "its accuracy, %" },
    { name: "difference", title: "its difference, points" }, ...published.map(({ title }) => ({ name: title, title }))];
  const lines = found.map(([cut, channels]) => {
    const shown = channels ?? mostAccurate(cut);
    const [accuracy, difference] = [meanAccuracy(accuraciesOf(cut, shown)), differenceOf(cut, shown)];
    const printed = section?.rows?.find((row) => row.cells[0].shown === cut);
    return { cells: [{ shown: cut }, { shown: channels ?? "none" }, { shown: shown }, { shown: percentText(accuracy), value: accuracy === null ? "" : String(accuracy) },
      { shown: printedDifference(cut, shown) || percentText(difference), value: difference === null ? "" : String(difference) },
      ...published.map(({ index }) => ({ shown: printed?.cells[index].shown ?? "" }))] };
  });
  const title = `The fewest channels within ${state.budget} points, at each cut`;
  const seeds = seedsTrained().length;
  const asked = Number(recordedBudget()) === budget ? "" : ` The training was asked for ${recordedBudget()} points.`;
  answerBody.replaceChildren(...said.map((text) => element("p", { class: "headline" }, text)),
    element("p", { class: "muted" }, `Accuracies are top-1 on ${trained()[0]?.images ?? "the"} test pictures, means over ${seeds} ${seeds === 1 ? "seed" : "seeds"}; a difference is with the baseline of the same seed, which was trained on like the units${said.length && report.sections.some((each) => each.title.startsWith("Difference")) ? "; ± is the 95 % interval over the pictures" : ""}. Where no D_r is enough, the most accurate of those tried is shown.${asked}`),
    ...(found.length ? savedTable("fewest", title, columns, lines) : []));
}

function accuracyOverCutsFigure() {
  const cuts = cutsTrained();
  if (!cuts.length) return null;
  const lines = channelsTrained().map((channels) => ({ name: `D_r ${channels}`, rows: cuts.map((cut) => accuraciesOf(cut, channels)) }));
  const baseline = accuraciesOf("", "0");
  if (baseline.length) lines.push({ name: BASELINE, rows: cuts.map(() => baseline), isBaseline: true });
  const drawn = lines.length > MOST_CURVES + 1 ? [...lines.slice(0, MOST_CURVES), lines[lines.length - 1]] : lines;
  const ends = (rows) => [Math.min, Math.max].map((end) => 100 * end(...rows.map((row) => number(row.accuracy))));
  const several = seedsTrained().length > 1;
  const chart = { kind: "lines", unit: { factor: 100, name: "%" }, x: "cut", y: "top-1 accuracy, %", xNames: cuts,
    series: drawn.map(({ name, rows, isBaseline }, line) => {
      // Beside each other, so that no bar hides another.
      const aside = isBaseline || !several ? 0 : (line - (drawn.length - 1) / 2) * 0.06;
      const known = rows.map((each, index) => [index, each]).filter(([, each]) => each.length);
      return { name, dotted: !isBaseline, points: known.map(([index, each]) => [index + aside, 100 * meanAccuracy(each)]), names: known.map(([index]) => `${name}, ${cuts[index]}`),
        spans: several && !isBaseline ? known.map(([, each]) => ends(each)) : undefined };
    }) };
  const columns = [{ name: "cut", title: "cut" }, ...lines.flatMap(({ name }) => [{ name: `${name} accuracy`, title: `${name}, %` },
    ...(several ? [{ name: `${name} least`, title: "least seed, %" }, { name: `${name} greatest`, title: "greatest, %" }] : [])])];
  const valued = (share) => ({ shown: percentText(share), value: share === null ? "" : String(share) });
  const rows = cuts.map((cut, index) => ({ cells: [{ shown: cut }, ...lines.flatMap(({ rows: of }) => {
    const shares = of[index].map((row) => number(row.accuracy));
    return [valued(meanAccuracy(of[index])), ...(several ? [valued(shares.length ? Math.min(...shares) : null), valued(shares.length ? Math.max(...shares) : null)] : [])];
  })] }));
  const notes = [several ? `Points are means over ${seedsTrained().length} seeds, bars reach from the least seed to the greatest.` : "One seed was trained, so there is no spread.",
    drawn.length < lines.length ? `The chart has the first ${MOST_CURVES} D_r, the table all.` : ""];
  return { chart, columns, rows, note: notes.filter(Boolean).join(" "), said: `${drawn.length} lines over ${cuts.length} cuts.` };
}

const CURVES = { loss: { title: "loss, mean over the training pictures", factor: 1 }, accuracy: { title: "accuracy on the training pictures, %", factor: 100 } };

function curvesFigure() {
  const { title, factor } = CURVES[state.quantity];
  const rows = rowsOf("curves").filter((row) => row.seed === state.seed && (row.cut === state.cut || row.cut === ""));
  // In the order and so the colours of the other chart: the baseline is the last.
  const names = [...channelsTrained(), "0"].filter((channels) => rows.some((row) => row.channels === channels));
  if (!names.length) return null;
  const lines = names.map((channels) => ({ name: channels === "0" ? BASELINE : `D_r ${channels}`, rows: rows.filter((row) => row.channels === channels) }));
  const drawn = lines.slice(0, MOST_CURVES + 1);
  const epochs = different(rows.map((row) => row.epoch)).sort((a, b) => a - b);
  const chart = { kind: "lines", unit: { factor, name: "" }, x: "epoch", xWhole: true, y: title,
    series: drawn.map((line) => ({ name: line.name, dotted: epochs.length <= 30, points: line.rows.map((row) => [number(row.epoch), number(row[state.quantity]) * factor]) })) };
  const columns = [{ name: "epoch", title: "epoch" }, ...lines.map(({ name }) => ({ name: `${name} ${state.quantity}`, title: factor === 100 ? `${name}, %` : name }))];
  const table = epochs.map((epoch) => ({ cells: [{ shown: epoch }, ...lines.map((line) => {
    const text = line.rows.find((row) => row.epoch === epoch)?.[state.quantity] ?? "";
    return { shown: text === "" ? "" : digits(number(text) * factor), value: text };
  })] }));
  return { chart, columns, rows: table, note: `After ${state.cut || "no cut"}, seed ${state.seed}.${lines.length > drawn.length ? ` The chart has the first ${drawn.length} of ${lines.length} lines, the table all.` : ""}` };
}

function setUpTraining() {
  const budgets = different([recordedBudget(), "0.5", "1", "2", "3", "5", "10"].map((text) => String(Number(text)))).sort((a, b) => a - b);
  addChooser("budget", "Accuracy that may be lost", budgets.map((value) => ({ value, shown: `${value} ${value === "1" ? "point" : "points"}` })), String(Number(recordedBudget())));
  addFigure("accuracy", "Accuracy over the cuts", "Top-1 accuracy of the network with a butterfly unit after each cut, a line for each number of channels D_r.", accuracyOverCutsFigure);
  const curves = rowsOf("curves");
  if (!curves.length) return;
  addChooser("quantity", "Learning curves of", [{ value: "loss", shown: "loss" }, { value: "accuracy", shown: "accuracy in training" }]);
  addChooser("cut", "Learning curves: cut", optionsOf(different(curves.map((row) => row.cut).filter(Boolean))));
  addChooser("seed", "Learning curves: seed", optionsOf(different(curves.map((row) => row.seed))));
  addFigure("curves", "Learning curves", "What each epoch of the trainings after the chosen cut came to, and the baseline's.", curvesFigure);
}

function trainingFacts() {
  const { settings, manifest } = data;
  return [manifest.started ? `trained ${dateOf(String(manifest.started))}` : "", manifest.papilio ? `Papilio ${manifest.papilio}` : "",
    settings.data ? `pictures: ${settings.data}` : "", settings.epochs ? `${settings.epochs} epochs` : "", `seeds ${seedsTrained().join(", ")}`];
}

function addTrainingSources(sources) {
  const settings = Object.entries(data.settings).map(([key, value]) => ({ cells: [{ shown: key }, { shown: String(value) }] }));
  sources.append(element("details", {}, element("summary", {}, "The settings"),
    tableElement("settings.json", [{ name: "key", title: "key" }, { name: "value", title: "value", text: true }], settings)));
  const table = data.tables.accuracy;
  const columns = table.columns.map((name) => ({ name, title: name, text: name === "cut" || name === "codec" }));
  const rows = table.rows.map((row) => ({ cells: row.map((text, index) => ({ shown: text === "" && index === 0 ? "none" : text, value: text })) }));
  sources.append(element("details", {}, element("summary", {}, "Every training"),
    ...savedTable("accuracy", "accuracy.csv: a row for each network that was trained", columns, rows)));
}
