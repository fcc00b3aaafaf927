// Pictures in a grid, each a button. Data: {tiles: [{key, label, note, alt, picture, busy, chosen}],
// width, columns, target}. All texts are set as text, never as HTML.
export default function ({ data, parentElement, setTriggerValue }) {
  const grid = parentElement.querySelector(".grid");
  grid.style.setProperty("--width", `${data.width}px`);
  grid.style.setProperty("--columns", data.columns);
  const shown = new Map([...grid.children].map((tile) => [tile.dataset.key, tile]));
  const tiles = data.tiles.map((tile) => shown.get(tile.key) ?? emptyTile(tile.key));
  // Tiles that stay are not moved, so that they neither flicker nor lose the focus.
  if (tiles.length !== grid.children.length || tiles.some((tile, i) => tile !== grid.children[i])) {
    grid.replaceChildren(...tiles);
  }
  tiles.forEach((tile, i) => {
    fill(tile, data.tiles[i]);
    tile.onclick = () => {
      setTriggerValue("opened", data.tiles[i].key);
      scrollTo(data.target);
    };
  });
}

function emptyTile(key) {
  const tile = document.createElement("button");
  tile.type = "button";
  tile.dataset.key = key;
  const picture = document.createElement("img");
  picture.hidden = true;
  tile.append(picture, ...["place", "label", "note"].map((name) => {
    const part = document.createElement("span");
    part.className = name;
    return part;
  }));
  return tile;
}

function fill(tile, { label, note, alt, picture, busy, chosen }) {
  const image = tile.querySelector("img");
  const place = tile.querySelector(".place");
  if (picture && image.src !== picture) image.src = picture;
  image.alt = alt;
  image.hidden = !picture;
  place.hidden = Boolean(picture);
  place.classList.toggle("busy", busy);
  setText(tile.querySelector(".label"), label);
  setText(tile.querySelector(".note"), note);
  tile.setAttribute("aria-pressed", String(chosen));
  tile.setAttribute("aria-busy", String(busy));
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Brings the container with this key into view: what was opened appears there.
function scrollTo(target) {
  const container = target && document.querySelector(`.st-key-${target}`);
  if (!container) return;
  container.style.scrollMarginTop = "4rem"; // the height of Streamlit's header
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  container.scrollIntoView({ behavior: still ? "auto" : "smooth", block: "start" });
}
