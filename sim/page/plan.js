"use strict";
// The page of plans: what 'papilio plan --json' says of one question or of several, such as latency and energy.

const questionOf = () => data.plans[Number(state.question)];
const answerOf = (question, network) => question.answers.find((each) => each.network === network) ?? null;
const planAnswer = () => answerOf(questionOf(), state.radio);
const planNamed = (one, name) => one?.plans.find((plan) => plan.name === name) ?? null;
const asText = (value) => (value === null || value === undefined ? "" : String(value));
const unitOfGoal = (question) => ({ latency: "s", energy: "J" })[question.target] ?? null;
/** "latency^1 * energy^2" as "latency · energy²". */
const targetSaid = (question) => question.target.replaceAll(" * ", " · ").replaceAll("^1", "").replaceAll(/\^(\S+)/g, (_, power) => (power === "2" ? "²" : `^${power}`));
const goalSaid = (question) => (question.target === "energy" ? `mobile energy (read as ${question.energy_model})` : targetSaid(question));
const questionTitle = (question) => `least ${targetSaid(question)}${question.limits_text ? `, within ${question.limits_text}` : ""}`;
const percent = (share) => (share === null || share === undefined ? "unknown" : `${digits(share * 100)} %`);
/** A number as the mark of an axis: three digits. */
const markOf = (value) => String(Number(value.toPrecision(3)));
const amountOf = (axis, value) => `${markOf(value / axis.per_unit)}${axis.unit ? ` ${axis.unit}` : ""}`;
const axisTitle = (axis) => `${axis.title}${axis.unit ? `, ${axis.unit}` : ""}`;

const planFacts = () => [...data.introduction, data.manifest.papilio ? `Papilio ${data.manifest.papilio} (${data.manifest.git_revision})` : ""];

function addPlanSources(sources) {
  for (const text of data.assumptions) sources.append(element("p", {}, text));
}

/** A plan as a row of a summary, by which bars are drawn; its role is what it stands there for. */
function planRow(plan, role) {
  return { name: plan.name, partition: role ? `${plan.name} · ${role}` : plan.name, latency_s: asText(plan.latency_s), energy_j: asText(plan.mobile_energy_j),
    admitted: plan.admitted ? "1" : "0", ...Object.fromEntries(Object.entries(plan.parts ?? {}).map(([part, value]) => [part, asText(value)])) };
}

/** An answer and what it is held against, each plan once: [{role, plan}]. */
function comparedPlans(one) {
  const named = [["answer", one.best?.name], ["nearest miss", one.nearest?.name], ["second best", one.second_best?.name],
    ...one.baselines.map((baseline) => [baseline.title, baseline.name])];
  const titles = new Map();
  for (const [title, name] of named) if (name && planNamed(one, name)) titles.set(name, [...(titles.get(name) ?? []), title]);
  // A title that the name says again, as "cloud-only" does, is left out; the answer has a star.
  const roleOf = (name, all) => (all.includes("nearest miss") ? "nearest miss" : all.filter((title) => title !== "answer" && !name.startsWith(title.split(",")[0])).join(", "));
  return [...titles].map(([name, all]) => ({ role: roleOf(name, all), plan: planNamed(one, name) }));
}

const baselineOf = (one, start) => planNamed(one, one.baselines.find((baseline) => baseline.title.startsWith(start))?.name);
/** How many times as much of the goal another plan takes; "" where it is not known. */
const timesTheBest = (one, plan) => (one.best && plan && plan.value !== null && one.best.value > 0 ? digits(plan.value / one.best.value) : "");
const goalValueSaid = (question, value) => (unitOfGoal(question) ? withUnit(value, unitOfGoal(question))
  : `${digits(value)} ${targetSaid(question).replace("latency", "s").replace("energy", "J")}`);

function planHeadlines(question, one) {
  if (!one.best) return [one.miss ?? `On ${one.network} no plan keeps the limits.`];
  const others = ["mobile-only", "cloud-only"].map((name) => [name, baselineOf(one, name)]).filter(([, plan]) => plan && plan.name !== one.best.name).map(([name, plan]) => [name, timesTheBest(one, plan)])
    .filter(([, times]) => times).map(([name, times]) => `${name} takes ${times} times as ${question.target === "latency" ? "long" : "much"}`);
  const texts = [`On ${one.network}, the least ${goalSaid(question)} has ${one.best.name}: ${goalValueSaid(question, one.best.value)}${others.length ? `; ${others.join(", ")}` : ""}.`];
  if (one.second_best?.value && one.best.value > 0) {
    texts.push(`The next best, ${one.second_best.name}, takes ${digits((one.second_best.value / one.best.value - 1) * 100)} % more.`);
  }
  return texts;
}

function drawPlanAnswer() {
  const question = questionOf();
  const one = planAnswer();
  const ways = ["radio", "plan", "latency", "mobile energy", "accuracy", "upload, byte", "cloud's time", "second best", "behind, %", "mobile-only ÷ it", "cloud-only ÷ it"];
  const columns = ways.map((title, index) => ({ name: title, title, text: index < 2 || title === "second best" }));
  const rows = question.answers.map((each) => {
    const plan = each.best ?? each.nearest;
    if (!plan) return { marked: each === one, cells: [{ shown: each.network }, { shown: "none" }, ...ways.slice(2).map(() => ({ shown: "" }))] };
    const behind = each.best && each.second_best && each.best.value > 0 ? (each.second_best.value / each.best.value - 1) * 100 : null;
    return { marked: each === one, cells: [{ shown: each.network }, { shown: each.best ? plan.name : `✗ nearest miss: ${plan.name}`, value: plan.name },
      { shown: withUnit(plan.latency_s, "s"), value: asText(plan.latency_s) }, { shown: withUnit(plan.mobile_energy_j, "J"), value: asText(plan.mobile_energy_j) },
      { shown: percent(plan.accuracy), value: asText(plan.accuracy) }, { shown: asText(plan.upload_bytes), value: asText(plan.upload_bytes) },
      { shown: withUnit(plan.cloud_s, "s"), value: asText(plan.cloud_s) }, { shown: each.second_best?.name ?? "" },
      { shown: behind === null ? "" : digits(behind), value: asText(behind) },
      ...["mobile-only", "cloud-only"].map((start) => ({ shown: timesTheBest(each, baselineOf(each, start)) }))] };
  });
  const limits = question.limits_text ? `Limits: ${question.limits_text}.` : "Limits: none were stated; accuracy is not weighed.";
  const weighed = `${one.plans.length} plans were weighed${one.plans.some((plan) => !plan.admitted) ? `, of which ${one.plans.filter((plan) => !plan.admitted).length} are beyond the limits (✗)` : ""}.`;
  answerBody.replaceChildren(...planHeadlines(question, one).map((text) => element("p", { class: "headline" }, text)),
    element("p", { class: "muted" }, `${limits} ${weighed} Times and energies are of one request that waits for nothing.`),
    tableElement(`The best plan on each radio: ${questionTitle(question)}`, columns, rows));
}

function comparedBars(parts, whole, si, x) {
  const one = planAnswer();
  const all = comparedPlans(one);
  return stackedBars(all.map(({ role, plan }) => planRow(plan, role)), parts.filter(([part]) => all.some(({ plan }) => plan.parts?.[part] !== undefined)),
    whole, si, (row) => row.partition, (row) => row.name === one.best?.name, x, "★ is the answer.");
}

// What a difference of two accuracies may be off by: 0.761 - 0.741 is more than 0.02.
const ROUNDING = 1e-12;

/** The groups of the front by what accuracy they lose, and the other plans. */
const LOSSES = [["no loss", (loss) => loss !== null && loss <= ROUNDING], ["loss ≤ 1 point", (loss) => loss !== null && loss > ROUNDING && loss <= 0.01 + ROUNDING],
  ["loss ≤ 2 points", (loss) => loss !== null && loss > 0.01 + ROUNDING && loss <= 0.02 + ROUNDING], ["loss > 2 points", (loss) => loss !== null && loss > 0.02 + ROUNDING],
  ["loss unknown", (loss) => loss === null]];

function planFrontFigure() {
  const one = planAnswer();
  const energies = one.plans.some((plan) => plan.mobile_energy_j > 0);
  const [key, si, name] = energies ? ["mobile_energy_j", "J", "mobile energy"] : ["upload_bytes", "byte", "upload"];
  const known = one.plans.filter((plan) => plan.latency_s > 0 && plan[key] !== null && (energies ? plan[key] > 0 : true));
  if (known.length < 2) return null;
  const time = unitFor("s", known.map((plan) => plan.latency_s));
  const other = unitFor(si, known.map((plan) => plan[key]));
  const best = planNamed(one, one.best?.name ?? one.nearest?.name);
  const onFront = known.filter((plan) => plan.on_front);
  // What takes far more than anything on the front would leave that no room.
  const framed = [...onFront, best].filter((plan) => known.includes(plan));
  const most = ["latency_s", key].map((what) => 1.5 * Math.max(...framed.map((plan) => plan[what])));
  const near = known.filter((plan) => plan.latency_s <= most[0] && plan[key] <= most[1]);
  const beyond = known.length - near.length;
  const series = (title, of, more) => ({ name: title, loose: true, ...more, points: of.map((plan) => [plan.latency_s * time.factor, plan[key] * other.factor]), names: of.map((plan) => plan.name) });
  const losses = LOSSES.map(([title, is]) => [title, onFront.filter((plan) => is(plan.accuracy_loss ?? null))]).filter(([, of]) => of.length);
  const xLog = areFarApart(near.map((plan) => plan.latency_s));
  const yLog = energies && areFarApart(near.map((plan) => plan[key]));
  const chart = { kind: "lines", xLog, yLog, tight: true, unit: time, x: titleOfAxis(`latency, ${time.name}`, xLog), y: titleOfAxis(`${name}, ${other.name}`, yLog),
    series: [...(best && known.includes(best) ? [series(one.best ? `the answer, ${best.name}` : `nearest miss, ${best.name}`, [best], { hollow: true })] : []),
      ...losses.map(([title, of]) => series(`front, ${title}`, of)), series("not on the front", near.filter((plan) => !plan.on_front), { look: 7 })]
      .filter((each) => each.points.length) };
  const columns = [{ name: "plan", title: "plan" }, { name: "latency_s", title: `latency, ${time.name}` }, { name: "mobile_energy_j", title: "mobile energy, mJ" },
    { name: "accuracy", title: "accuracy, %" }, { name: "accuracy_loss", title: "loss of accuracy, points" }, { name: "upload_bytes", title: "upload, byte" },
    { name: "cloud_s", title: "cloud's time, ms" }, { name: "on_front", title: "on the front", text: true }, { name: "admitted", title: "within the limits", text: true }];
  const cell = (value, factor) => ({ shown: value === null || value === undefined ? "unknown" : digits(value * factor), value: asText(value) });
  const sorted = [...one.plans].sort((a, b) => Number(b.on_front) - Number(a.on_front) || a.latency_s - b.latency_s);
  return { chart, columns, said: `${onFront.length} plans are on the front.`,
    note: `${onFront.length} of ${one.plans.length} plans are on the front: no other is as good in latency, mobile energy, loss of accuracy, upload and cloud's time, and better in one.${
      beyond ? ` ${beyond} others take far more and are in the table alone.` : ""}${known.length < one.plans.length ? ` Of ${one.plans.length - known.length} a value is unknown; they are not drawn.` : ""}`,
    rows: sorted.map((plan) => ({ marked: plan === best, cells: [{ shown: plan.name }, cell(plan.latency_s, time.factor), cell(plan.mobile_energy_j, 1e3), cell(plan.accuracy, 100),
      cell(plan.accuracy_loss, 100), { shown: asText(plan.upload_bytes), value: asText(plan.upload_bytes) }, cell(plan.cloud_s, 1e3), { shown: plan.on_front ? "yes" : "no" },
      { shown: plan.admitted ? "yes" : "no" }] })) };
}

/** A map's options and cells, of rows of names; a plan has the same letter and colour in all maps of a radio, the answer the first. */
function mapOfNames(one, rows) {
  const names = different([one.best?.name, ...(one.changes ?? []).flatMap((change) => change.stretches.map((stretch) => stretch.best)), ...(one.map?.best.flat() ?? [])]
    .filter((name) => name !== null && name !== undefined));
  return { options: names.map((name, index) => ({ name, letter: lettersOf(index) })), cells: rows.map((row) => row.map((name) => (name === null ? null : names.indexOf(name)))) };
}

function planMapFigure() {
  const one = planAnswer();
  const { map } = one;
  if (!map) return null;
  const marks = (axis) => axis.values.map((value) => markOf(value / axis.per_unit));
  const here = (axis) => `${axis.title} ${amountOf(axis, axis.here)}`;
  const chart = { kind: "map", x: `${axisTitle(map.x)} (logarithmic)`, y: `${axisTitle(map.y)} (logarithmic)`, xs: marks(map.x), ys: marks(map.y), ...mapOfNames(one, map.best), every: 3,
    here: [map.y, map.x].map((axis) => axis.values.reduce((best, value, index) => (Math.abs(Math.log(value / axis.here)) < Math.abs(Math.log(axis.values[best] / axis.here)) ? index : best), 0)) };
  // A row of the table for each stretch of a map's row: neighbours with one best plan.
  const starts = (row) => row.map((name, c) => (c === 0 || row[c - 1] !== name ? c : -1)).filter((c) => c >= 0);
  const place = (axis, index) => ({ shown: markOf(axis.values[index] / axis.per_unit), value: asText(axis.values[index]) });
  const stretches = map.best.flatMap((row, r) => starts(row).map((from, index, all) => ({ r, from, to: (all[index + 1] ?? row.length) - 1, name: row[from] })));
  const columns = [{ name: map.y.condition, title: axisTitle(map.y) }, ...["from", "to"].map((end) => ({ name: `${map.x.condition}_${end}`, title: axisTitle({ ...map.x, title: `${map.x.title} ${end}` }) })),
    { name: "best", title: "best plan", text: true }];
  return { chart, columns, note: `All else as the scenario has it; the framed cell is its own: ${here(map.x)}, ${here(map.y)}. ${
    map.best.flat().includes(null) ? "Empty: no plan keeps the limits there. " : ""}Each cell is exact at its own conditions.`,
  said: `The best plans: ${optionsOnMap(chart).map(({ index }) => chart.options[index].name).join(", ")}.`,
  rows: stretches.map(({ r, from, to, name }) => ({ marked: r === chart.here[0] && from <= chart.here[1] && chart.here[1] <= to,
    cells: [place(map.y, r), place(map.x, from), place(map.x, to), { shown: name ?? "none" }] })) };
}

function changeSaid(change) {
  const { stretches } = change;
  const what = change.phrase ?? change.title;
  const then = (stretch) => stretch.best ?? "none within the limits";
  if (stretches.length === 1) return `${stretches[0].best ? `It stays ${stretches[0].best}` : "No plan keeps the limits"}, whatever ${what} is, from ${amountOf(change, stretches[0].from)} to ${amountOf(change, stretches[0].to)}.`;
  const at = stretches.findIndex((stretch) => change.here <= stretch.to);
  // So near that its digits are those of the value here: the distance says more.
  const past = (side, bound) => (amountOf(change, bound) === amountOf(change, change.here)
    ? `by ${Number(Math.abs((bound / change.here - 1) * 100).toPrecision(3))} %` : `${side} ${amountOf(change, bound)}`);
  const said = [];
  if (at > 0) said.push(`falls ${past("below", stretches[at].from)} (then ${then(stretches[at - 1])})`);
  if (at >= 0 && at + 1 < stretches.length) said.push(`rises ${past("above", stretches[at].to)} (then ${then(stretches[at + 1])})`);
  return said.length ? `The answer changes when ${what}, ${amountOf(change, change.here)} here, ${said.join(" or ")}.` : "";
}

function changesFigure() {
  const one = planAnswer();
  const changes = (one.changes ?? []).filter((change) => change.here > 0 && change.stretches.length);
  if (!changes.length) return null;
  const perDecade = 12;
  const ends = changes.flatMap((change) => [change.stretches[0].from / change.here, change.stretches[change.stretches.length - 1].to / change.here].map(Math.log10));
  const [low, high] = [Math.round(Math.min(...ends)), Math.round(Math.max(...ends))];
  const places = [...Array((high - low) * perDecade + 1).keys()].map((index) => 10 ** (low + index / perDecade));
  const bestAt = (change, times) => change.stretches.find((stretch) => times * change.here >= stretch.from * (1 - 1e-9) && times * change.here <= stretch.to * (1 + 1e-9))?.best ?? null;
  const shown = [...changes].reverse();
  const chart = { kind: "map", x: "times the scenario's own value (logarithmic)", y: "condition", xs: places.map((times) => `×${markOf(times)}`), ys: shown.map((change) => change.title),
    ...mapOfNames(one, shown.map((change) => places.map((times) => bestAt(change, times)))), apart: true, every: perDecade, here: [null, places.findIndex((times) => Math.abs(times - 1) < 1e-9)] };
  const columns = [{ name: "condition", title: "condition" }, { name: "here", title: "here" }, { name: "from", title: "from" }, { name: "to", title: "to" }, { name: "best", title: "best plan", text: true }];
  const said = changes.map((change) => changeSaid(change)).filter(Boolean).join(" ");
  const load = changes.some((change) => change.title.startsWith("K_")) ? " K is how many times as long a device takes as its layer table says." : "";
  const rest = questionOf().complete === false ? " The places are among the plans that were proposed, not all there are." : "";
  return { chart, columns, said, note: `▼ is the scenario's own value.${load} ${said}${rest}`,
    rows: changes.flatMap((change) => change.stretches.map((stretch) => ({ marked: change.here >= stretch.from && change.here <= stretch.to,
      cells: [{ shown: change.title, value: change.condition }, ...["here", "from", "to"].map((key) => ({ shown: amountOf(change, key === "here" ? change.here : stretch[key]), value: asText(key === "here" ? change.here : stretch[key]) })),
        { shown: stretch.best ?? "none" }] }))) };
}

/** How the plans fare over samples, of a trace or of layer times: the best few, and what they are held against. */
function samplesFigure(key, otherwise, remark) {
  const question = questionOf();
  const one = planAnswer();
  const over = one[key];
  if (!over) return null;
  const what = over.percentile === null || over.percentile === undefined ? "mean" : `P${Number((over.percentile * 100).toPrecision(6))}`;
  const wanted = new Set([over.best, over.best_otherwise, one.best?.name, ...one.baselines.map((baseline) => baseline.name)]);
  const sorted = [...over.plans].sort((a, b) => (a.value ?? Infinity) - (b.value ?? Infinity));
  const rows = sorted.filter((plan, place) => place < 5 || wanted.has(plan.name));
  const finite = rows.filter((plan) => plan.value !== null);
  if (!finite.length) return null;
  const drawn = finite.filter((plan) => plan.value <= 5 * finite[0].value);
  const unit = unitOfGoal(question) ? unitFor(unitOfGoal(question), drawn.map((plan) => plan.value)) : { factor: 1, name: "" };
  const withName = (title) => `${title}${unit.name ? `, ${unit.name}` : ""}`;
  const parts = [["value", `${what} of ${targetSaid(question)}`], ["mean_regret", "mean regret"], ["largest_regret", "largest regret"]];
  const chart = { kind: "dots", unit, x: withName(targetSaid(question)), y: "", categories: drawn.map((plan) => ({ name: plan.name, marked: plan.name === over.best })),
    series: parts.map(([part, name]) => ({ name, values: drawn.map((plan) => plan[part]) })).filter((each) => each.values.some((value) => value !== null)) };
  const cell = (value) => ({ shown: value === null ? "infinite" : digits(value * unit.factor), value: asText(value) });
  const columns = [{ name: "plan", title: "plan" }, ...parts.map(([part, name]) => ({ name: part, title: withName(name) })), { name: "best_share", title: "the best for, %" }];
  return { chart, columns, said: `The most robust plan is ${over.best}.`, note: `★ is one plan for all of it: the least ${what}. ${over.best_otherwise && over.best_otherwise !== over.best ? `${otherwise} the best is ${over.best_otherwise}. ` : ""}${remark}${
    rows.length > drawn.length ? ` Infinite or far greater, and in the table alone: ${rows.filter((plan) => !drawn.includes(plan)).map((plan) => plan.name).join(", ")}.` : ""}${
    drawn.some((plan) => plan.largest_regret === null) ? " A regret is infinite where at some time a limit is missed or nothing gets through." : ""}`,
    rows: rows.map((plan) => ({ marked: plan.name === over.best, cells: [{ shown: plan.name }, ...parts.map(([part]) => cell(plan[part])), { shown: digits(plan.best_share * 100), value: asText(plan.best_share) }] })) };
}

function setUpPlan() {
  const questions = data.plans;
  addChooser("question", "Goal and limits", questions.map((question, index) => ({ value: String(index), shown: different(questions.map((each) => each.limits_text)).length > 1 ? questionTitle(question) : questionTitle({ ...question, limits_text: "" }) })));
  addChooser("radio", "Radio", optionsOf(different(questions.flatMap((question) => question.answers.map((each) => each.network)))
    .filter((network) => questions.every((question) => answerOf(question, network)))));
  addFigure("latency", "The answer beside others: latency", "Where the time of one request goes, of the answer, of the second best, and of what they are held against.",
    () => comparedBars(LATENCY_PARTS, "latency_s", "s", "latency"));
  addFigure("energy", "The answer beside others: mobile energy", "Where the mobile's energy of one request goes.",
    () => comparedBars(ENERGY_PARTS, "energy_j", "J", "mobile energy"));
  addFigure("front", "What can be traded", "Each plan's latency and energy; colour and shape tell what accuracy those on the front lose against the uncut network.", planFrontFigure);
  addFigure("changes", "What would change the answer", "The best plan along one condition at a time, all else as the scenario has it.", changesFigure);
  addFigure("map", "The best plan over two conditions", "Which plan is the best where two conditions differ from the scenario's.", planMapFigure);
  addFigure("trace", "One plan for a trace", `How plans fare where the uplink follows ${questions[0].trace_file ?? "a trace"}.`,
    () => samplesFigure("trace", "At the mean rate", "Regret is what a plan costs beyond the best of each rate."));
  addFigure("spread", "As sure as the layer times are", "How plans fare where layer times are drawn within the intervals in which they were measured.",
    () => samplesFigure("spread", "With the times as measured", "Regret is what a plan costs beyond the best of each draw."));
}
