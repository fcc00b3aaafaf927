// The components of a network as buttons. Data: {boxes: [{name, kind, shape, lengths, text}], size}.
// All texts are set as text, never as HTML.
const LARGEST = 44; // pixels of the side of a map as large as the picture

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".network");
  const drawn = JSON.stringify(data);
  if (root.drawn === drawn) return;
  root.drawn = drawn;
  const opened = root.opened ?? data.boxes[1].name;
  const text = add(null, "p", "text");
  text.setAttribute("aria-live", "polite");
  const row = add(null, "div", "row");
  const buttons = data.boxes.map((box) => button(row, box, data.size));
  const open = (index) => {
    root.opened = data.boxes[index].name;
    buttons.forEach((each, i) => each.setAttribute("aria-pressed", String(i === index)));
    text.replaceChildren();
    add(text, "strong", "", `${data.boxes[index].name} (${data.boxes[index].kind}): `);
    text.append(data.boxes[index].text);
  };
  buttons.forEach((each, index) => (each.onclick = () => open(index)));
  root.replaceChildren(row, text);
  open(Math.max(0, data.boxes.findIndex((box) => box.name === opened)));
}

function button(row, box, size) {
  const button = add(row, "button", `box ${box.kind}`);
  button.type = "button";
  const drawing = add(button, "span", "drawing");
  const shape = add(drawing, "span", "shape");
  const [channels, height, width] = box.lengths;
  const isMap = box.lengths.length === 3;
  const scale = LARGEST / size;
  shape.style.width = `${isMap ? Math.max(3, width * scale) : 7}px`;
  shape.style.height = `${isMap ? Math.max(3, height * scale) : Math.min(LARGEST, 6 + 2 * channels)}px`;
  // As many sheets behind the first as the channels have doubled.
  const sheets = isMap ? Math.round(Math.log2(channels)) : 0;
  shape.style.boxShadow = Array.from({ length: sheets }, (_, i) =>
    `${2 * (i + 1)}px ${-2 * (i + 1)}px 0 -0.5px var(--sheet), ${2 * (i + 1)}px ${-2 * (i + 1)}px 0 0 var(--line)`,
  ).join(", ");
  add(button, "span", "name", box.name);
  add(button, "span", "size", box.shape);
  return button;
}

function add(parent, tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  parent?.append(element);
  return element;
}
