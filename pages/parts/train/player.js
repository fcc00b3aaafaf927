// A training run that can be watched while it goes on, and played again. Data: {run, reports, start,
// classes, layers, mapNames, picture, running, others}. `reports` begins with report number `start`; reports
// that came before are kept here. All texts are set as text, never as HTML.
const FRAMES = { slow: 500, normal: 100, fast: 30 }; // milliseconds that a report is shown

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".player");
  if (!root.player) root.player = newPlayer(root);
  const player = root.player;
  if (player.run !== data.run) {
    Object.assign(player, { run: data.run, reports: [], at: 0, live: true, playing: false });
    build(player, data);
  }
  player.reports.length = Math.min(player.reports.length, data.start);
  player.reports.push(...data.reports);
  player.running = data.running;
  player.others = data.others;
  const last = Math.max(0, player.reports.length - 1);
  player.slider.max = last;
  if (player.live) player.at = last;
  showKeys(player);
  show(player);
  return () => clearInterval(player.timer);
}

function newPlayer(root) {
  const player = { root, run: null, reports: [], at: 0, live: true, playing: false, timer: null };
  player.pictures = new Map();
  new ResizeObserver(() => player.reports.length && show(player)).observe(root);
  return player;
}

function build(player, data) {
  clearInterval(player.timer);
  player.classes = data.classes;
  player.layers = data.layers;
  player.mapNames = data.mapNames;
  player.root.replaceChildren(controls(player), ...panels(player, data));
}

function controls(player) {
  const row = add(null, "div", "controls");
  player.button = add(row, "button", "play");
  player.button.onclick = () => (player.playing ? pause(player) : play(player));
  player.speed = add(row, "select", "speed");
  player.speed.ariaLabel = "Speed";
  for (const name of Object.keys(FRAMES)) add(player.speed, "option", "", name).value = name;
  player.speed.value = "normal";
  player.speed.onchange = () => player.playing && play(player);
  player.slider = add(row, "input", "slider");
  Object.assign(player.slider, { type: "range", min: 0, step: 1, ariaLabel: "Step" });
  player.slider.oninput = () => {
    player.at = Number(player.slider.value);
    pause(player);
  };
  player.place = add(row, "span", "place");
  return row;
}

function panels(player, data) {
  const panel = (title, kind, note) => {
    const box = add(null, "section", kind);
    add(box, "h4", "", title);
    if (note) add(box, "p", "note", note);
    return box;
  };
  player.loss = panel("Loss", "curve", "How wrong the answers are: it should fall.");
  player.accuracy = panel("Accuracy", "curve", "The share of right answers: it should rise.");
  for (const box of [player.loss, player.accuracy]) {
    box.canvas = add(box, "canvas");
    box.key = add(box, "p", "key");
  }
  const answer = panel("What it says of this picture", "answer");
  const picture = add(answer, "img");
  picture.src = data.picture;
  picture.alt = "The watched picture";
  player.bars = data.classes.map((name) => bar(answer, name));
  const filters = panel("First filters", "tiles", "The colours and edges that it looks for.");
  player.filters = add(filters, "canvas");
  const maps = panel("Feature maps of this picture", "tiles", "Bright: the filter has found it.");
  player.maps = data.mapNames.map((name) => {
    add(maps, "span", "name", name);
    return add(maps, "canvas");
  });
  const confusion = panel("Right and wrong", "confusion", "Rows: what it is. Columns: its answer.");
  player.confusion = add(confusion, "table");
  const gradients = panel("Gradient by layer", "gradients", "How strongly each layer is corrected.");
  player.gradients = data.layers.map((name) => bar(gradients, name));
  return [player.loss, player.accuracy, answer, filters, maps, confusion, gradients];
}

function bar(parent, name) {
  const row = add(parent, "div", "bar");
  add(row, "span", "name", name);
  row.fill = add(add(row, "span", "track"), "span", "fill");
  row.value = add(row, "span", "value");
  return row;
}

function play(player) {
  clearInterval(player.timer);
  player.playing = true;
  player.live = false;
  if (player.at >= player.reports.length - 1) player.at = 0;
  player.timer = setInterval(() => {
    if (player.at >= player.reports.length - 1) return pause(player);
    player.at += 1;
    show(player);
  }, FRAMES[player.speed.value]);
  show(player);
}

function pause(player) {
  clearInterval(player.timer);
  player.playing = false;
  player.live = player.at >= player.reports.length - 1;
  show(player);
}

// Fills the keys below the charts. Other runs are told apart by their dashes.
function showKeys(player) {
  const marks = ["– – –", "· · ·", "– · –"];
  for (const box of [player.loss, player.accuracy]) {
    box.key.replaceChildren();
    add(box.key, "span", "training", "training pictures");
    add(box.key, "span", "validation", "new pictures");
    player.others.forEach((other, i) => add(box.key, "span", "other", `${marks[i]} ${other.name}`));
  }
}

function show(player) {
  const report = player.reports[player.at];
  setText(player.button, player.playing ? "Pause" : "Play");
  if (!report) return;
  player.slider.value = player.at;
  const end = player.live && player.running ? " · training" : "";
  const epoch = report.epoch.toFixed(1);
  const text = `step ${report.step} · epoch ${epoch} · ${report.seconds.toFixed(1)} s${end}`;
  setText(player.place, text);
  player.slider.setAttribute("aria-valuetext", text);
  drawCurves(player, player.loss, "loss", "validation_loss", null);
  drawCurves(player, player.accuracy, "accuracy", "validation_accuracy", 1);
  setBars(player.bars, report.probabilities, 1, (value) => value.toFixed(2));
  drawTiles(player.filters, report.filters);
  player.maps.forEach((canvas, i) => report.maps[i] && drawTiles(canvas, report.maps[i]));
  showConfusion(player, latest(player, "confusion"));
  const gradients = latest(player, "gradients", (value) => value.length) ?? [];
  const short = (value) => (value && value < 0.01 ? value.toExponential(0) : value.toFixed(2));
  setBars(player.gradients, gradients, Math.max(1e-12, ...gradients), short);
}

// The latest value up to the shown report; some reports lack some values.
function latest(player, name, has = (value) => value !== null) {
  for (let i = player.at; i >= 0; i -= 1) {
    if (has(player.reports[i][name])) return player.reports[i][name];
  }
  return null;
}

function setBars(rows, values, largest, write) {
  rows.forEach((row, i) => {
    const value = values[i] ?? 0;
    row.fill.style.width = `${(100 * value) / largest}%`;
    setText(row.value, write(value));
  });
}

function showConfusion(player, matrix) {
  if (player.shownMatrix === matrix && player.confusion.hasChildNodes()) return;
  player.shownMatrix = matrix;
  if (!matrix) {
    const caption = add(null, "caption", "", "New pictures are tried at the end of the first epoch.");
    return player.confusion.replaceChildren(caption);
  }
  const head = add(null, "tr");
  add(head, "td");
  player.classes.forEach((name) => (add(head, "th", "", name).scope = "col"));
  const rows = matrix.map((counts, i) => {
    const row = add(null, "tr");
    add(row, "th", "", player.classes[i]).scope = "row";
    const total = Math.max(1, counts.reduce((a, b) => a + b, 0));
    counts.forEach((count, j) => {
      const cell = add(row, "td", i === j ? "right" : "wrong", String(count));
      cell.style.setProperty("--share", count / total);
    });
    return row;
  });
  player.confusion.replaceChildren(head, ...rows);
}

function add(parent, tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  parent?.append(element);
  return element;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
