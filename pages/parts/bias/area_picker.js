// A picture on which an area is marked with a brush or a box, by pointer or keyboard. Data: {picture,
// alt, cells, tool, texts}. `cells` has one character for each cell of a square grid, row by row: "1"
// where it is marked. Reports `cells` in the same form when a stroke ends.
const BRUSH = 1.6; // radius in cells
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".area");
  const [image, canvas] = [root.querySelector("img"), root.querySelector("canvas")];
  const side = Math.round(Math.sqrt(data.cells.length));
  const state = (root.state ??= {});
  if (!state.from) state.cells = [...data.cells].map((cell) => cell === "1");
  state.cursor ??= [Math.floor(side / 2), Math.floor(side / 2)];
  if (image.src !== data.picture) image.src = data.picture;
  image.alt = data.alt;
  canvas.setAttribute("aria-label", data.texts.canvas);
  root.querySelector(".hint").textContent = data.tool === "look" ? "" : data.texts.hint;
  canvas.tabIndex = data.tool === "look" ? -1 : 0;
  canvas.style.touchAction = data.tool === "look" ? "auto" : "none";
  canvas.classList.toggle("active", data.tool !== "look");

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]
      .map((part) => Math.min(side - 1, Math.max(0, Math.floor(part * side))));
  };
  const draw = () => drawCells(canvas, state, side);
  const report = () => setTriggerValue(
    "cells", state.cells.map((marked) => (marked ? "1" : "0")).join(""),
  );
  const mark = ([x, y], value) => {
    for (let row = 0; row < side; row++) for (let column = 0; column < side; column++) {
      if (Math.hypot(column - x, row - y) <= BRUSH) state.cells[row * side + column] = value;
    }
  };
  const box = ([x0, y0], [x1, y1]) => {
    const within = (value, a, b) => value >= Math.min(a, b) && value <= Math.max(a, b);
    state.cells = state.cells.map((_, i) =>
      within(i % side, x0, x1) && within(Math.floor(i / side), y0, y1));
  };
  const stroke = (to) => {
    if (data.tool === "box") box(state.from, to);
    else line(state.last ?? to, to).forEach((cell) => mark(cell, data.tool === "brush"));
    state.last = to;
    draw();
  };
  const end = () => {
    if (!state.from) return;
    state.from = state.last = null;
    draw();
    report();
  };

  if (data.tool === "look") {
    canvas.onpointerdown = canvas.onpointermove = canvas.onpointerup = canvas.onkeydown = null;
  } else {
    canvas.onpointerdown = (event) => {
      canvas.setPointerCapture(event.pointerId);
      state.from = place(event);
      stroke(state.from);
    };
    canvas.onpointermove = (event) => state.from && stroke(place(event));
    canvas.onpointerup = canvas.onpointercancel = end;
    canvas.onfocus = canvas.onblur = draw;
    canvas.onkeydown = (event) => {
      const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
      const move = moves[event.key];
      if (move) {
        state.cursor = state.cursor.map((at, axis) =>
          Math.min(side - 1, Math.max(0, at + move[axis])));
        if (state.from) stroke(state.cursor);
      } else if (event.key === " " || event.key === "Enter") {
        // The first press begins a stroke, which the arrow keys draw; the second one ends it.
        if (state.from) end();
        else {
          state.from = [...state.cursor];
          stroke(state.cursor);
        }
      } else return;
      event.preventDefault();
      draw();
    };
  }
  draw();
}

// The cells between two cells of a stroke, so that a quick stroke has no gaps.
function line([x0, y0], [x1, y1]) {
  const steps = Math.max(1, Math.abs(x1 - x0), Math.abs(y1 - y0));
  return Array.from({ length: steps + 1 }, (_, i) =>
    [Math.round(x0 + ((x1 - x0) * i) / steps), Math.round(y0 + ((y1 - y0) * i) / steps)]);
}

// Darkens what is not marked, and shows the keyboard's cursor while the canvas has the focus.
function drawCells(canvas, state, side) {
  const size = 8;
  canvas.width = canvas.height = side * size;
  const context = canvas.getContext("2d");
  const any = state.cells.some(Boolean);
  state.cells.forEach((marked, i) => {
    const [x, y] = [(i % side) * size, Math.floor(i / side) * size];
    if (any && !marked) {
      context.fillStyle = "rgba(10, 14, 20, 0.62)";
      context.fillRect(x, y, size, size);
    }
  });
  if (canvas.matches(":focus-visible")) {
    context.strokeStyle = "#ffffff";
    context.lineWidth = 3;
    context.strokeRect(state.cursor[0] * size, state.cursor[1] * size, size, size);
  }
}
