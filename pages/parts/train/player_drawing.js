// What the player draws on canvases: curves, and small pictures. It is loaded before player.js.
const DASHES = [[6, 3], [2, 3], [10, 3, 2, 3]]; // of other runs' curves

function drawCurves(player, box, name, validationName, top) {
  const style = getComputedStyle(player.root);
  const { context, width, height } = sharpCanvas(box.canvas, 150);
  const reports = player.reports;
  const points = (key) => reports.flatMap((r) => (r[key] === null ? [] : [[r.step, r[key]]]));
  const training = smoothed(points(name)), validation = points(validationName);
  const high = top ?? Math.max(1e-9, ...quantiles([...training, ...validation]));
  const others = player.others.map((other) => other[validationName]);
  const ends = others.map((points) => points.at(-1)?.[0] ?? 0);
  const lastStep = Math.max(1, reports.at(-1)?.step ?? 1, ...ends);
  const [left, bottom] = [34, 18];
  const x = (step) => left + ((width - left - 4) * step) / lastStep;
  const y = (value) => 6 + (height - bottom - 6) * (1 - Math.min(value, high * 1.05) / (high * 1.05));
  context.font = "11px sans-serif";
  context.fillStyle = style.getPropertyValue("--st-text-color");
  context.strokeStyle = style.getPropertyValue("--st-border-color") || "#8886";
  for (const value of [0, high / 2, high]) {
    line(context, [[left, y(value)], [width - 4, y(value)]], 1);
    context.fillText(value.toFixed(high < 1.01 && top ? 1 : 2), 4, y(value) + 4);
  }
  context.fillText(`${lastStep} steps`, width - 60, height - 4);
  drawOthers(context, player, others, (list) => list.map(([step, value]) => [x(step), y(value)]));
  const place = (list) => list.map(([step, value]) => [x(step), y(value)]);
  context.strokeStyle = style.getPropertyValue("--training");
  line(context, place(training), 1.5);
  context.strokeStyle = context.fillStyle = style.getPropertyValue("--validation");
  line(context, place(validation), 2);
  for (const [px, py] of place(validation)) context.fillRect(px - 2, py - 2, 4, 4);
  context.strokeStyle = style.getPropertyValue("--st-text-color");
  const at = x(reports[player.at]?.step ?? 0);
  line(context, [[at, 4], [at, height - bottom]], 1);
}

// Draws the curves of other runs, each with its own dashes, as the key below the chart has them.
function drawOthers(context, player, others, place) {
  context.strokeStyle = getComputedStyle(player.root).getPropertyValue("--st-text-color");
  others.forEach((points, i) => {
    context.setLineDash(DASHES[i]);
    line(context, place(points), 1.5);
  });
  context.setLineDash([]);
}

// A moving average, because the loss of a single batch jumps.
function smoothed(points) {
  let mean = points[0]?.[1];
  return points.map(([step, value]) => [step, (mean = 0.7 * mean + 0.3 * value)]);
}

// The value that almost all points stay below: a single high loss must not flatten the rest.
function quantiles(points) {
  const values = points.map(([, value]) => value).sort((a, b) => a - b);
  return values.length ? [values[Math.floor(0.98 * (values.length - 1))]] : [1];
}

function line(context, points, width) {
  context.lineWidth = width;
  context.beginPath();
  points.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.stroke();
}

function sharpCanvas(canvas, height) {
  const width = canvas.clientWidth || 280;
  const scale = devicePixelRatio || 1;
  canvas.width = width * scale;
  canvas.height = height * scale;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  return { context, width, height };
}

// Draws small pictures side by side, each pixel enlarged.
function drawTiles(canvas, { shape, pixels }) {
  if (canvas.shown === pixels) return;
  canvas.shown = pixels;
  const [count, height, width, channels] = shape;
  const bytes = Uint8Array.from(atob(pixels), (letter) => letter.charCodeAt(0));
  const columns = Math.min(count, 8), rows = Math.ceil(count / columns);
  canvas.width = columns * (width + 1) - 1;
  canvas.height = rows * (height + 1) - 1;
  canvas.style.aspectRatio = `${canvas.width} / ${canvas.height}`;
  const context = canvas.getContext("2d");
  for (let n = 0; n < count; n += 1) {
    const tile = context.createImageData(width, height);
    for (let i = 0; i < width * height; i += 1) {
      const from = (n * width * height + i) * channels;
      for (let c = 0; c < 3; c += 1) tile.data[4 * i + c] = bytes[from + (channels === 3 ? c : 0)];
      tile.data[4 * i + 3] = 255;
    }
    context.putImageData(tile, (n % columns) * (width + 1), Math.floor(n / columns) * (height + 1));
  }
}
