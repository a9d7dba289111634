"use strict";
// Tables sort by a click on a heading, and are filtered by a field above them.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const value = (row, column) => {
    const text = row.cells[column].textContent.trim();
    const number = /^[<>=]?\s*(-?[\d,]*\.?\d+(e[+-]?\d+)?)( %)?$/.exec(text);
    return number ? parseFloat(number[1].replace(/,/g, "")) : text;
  };
  table.tHead.querySelectorAll("th").forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent;
    heading.replaceChildren(button);
    button.addEventListener("click", () => {
      const ascending = heading.getAttribute("aria-sort") !== "ascending";
      for (const other of table.tHead.querySelectorAll("th")) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      const rows = Array.from(body.rows);
      rows.sort((first, second) => {
        const [a, b] = [value(first, column), value(second, column)];
        const numbers = [a, b].map((each) => typeof each === "number");
        const order = numbers[0] && numbers[1] ? a - b
          : numbers[0] !== numbers[1] ? numbers[1] - numbers[0]
            : a.localeCompare(b, "en", { numeric: true });
        return ascending ? order : -order;
      });
      body.append(...rows);
    });
  });
  if (body.rows.length > 10) {
    const label = document.createElement("label");
    label.className = "filter";
    const field = document.createElement("input");
    field.type = "search";
    label.append("Show rows with ", field);
    field.addEventListener("input", () => {
      const wanted = field.value.toLowerCase();
      for (const row of body.rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    });
    table.parentElement.before(label);
  }
}
// Figures along the genome zoom: buttons, and dragging once they are enlarged.
for (const svg of document.querySelectorAll("figure.zoom svg")) {
  const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  let scale = 1, left = 0;
  const show = () => {
    left = Math.min(Math.max(left, 0), width - width / scale);
    svg.setAttribute("viewBox", `${left} 0 ${width / scale} ${height}`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.style.aspectRatio = `${width} / ${height}`;
    // Words keep their shape: what is stretched is the genome alone.
    for (const text of svg.querySelectorAll("text")) {
      const x = Number(text.getAttribute("x"));
      text.setAttribute("transform", `translate(${x} 0) scale(${1 / scale} 1) translate(${-x} 0)`);
    }
  };
  const bar = document.createElement("div");
  bar.className = "zoom-bar";
  const act = (words, name, change) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = words;
    button.setAttribute("aria-label", name);
    button.addEventListener("click", () => { change(); show(); });
    bar.append(button);
  };
  const zoom = (factor) => {
    const middle = left + width / scale / 2;
    scale = Math.min(Math.max(scale * factor, 1), 64);
    left = middle - width / scale / 2;
  };
  act("+", "zoom in", () => zoom(2));
  act("−", "zoom out", () => zoom(0.5));
  act("←", "to the left", () => { left -= width / scale / 3; });
  act("→", "to the right", () => { left += width / scale / 3; });
  act("all", "show all", () => { scale = 1; });
  svg.before(bar);
  let from = null;
  svg.addEventListener("pointerdown", (event) => { from = event.clientX; });
  svg.addEventListener("pointermove", (event) => {
    if (from === null || scale === 1) return;
    left -= (event.clientX - from) * width / scale / svg.clientWidth;
    from = event.clientX;
    show();
  });
  for (const name of ("pointerup pointerleave").split(" ")) svg.addEventListener(name, () => { from = null; });
}
// What a title says is shown at once, and where fingers touch.
const tip = document.createElement("div");
tip.id = "tip";
tip.hidden = true;
document.body.append(tip);
const tell = (event) => {
  const title = event.target.closest("svg [class]")?.querySelector(":scope > title");
  tip.hidden = !title;
  if (!title) return;
  tip.textContent = title.textContent;
  const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
  tip.style.left = `${Math.max(4, Math.min(event.clientX + 12, room))}px`;
  tip.style.top = `${event.clientY + 16}px`;
};
document.addEventListener("pointermove", tell);
document.addEventListener("pointerdown", tell);
// Text to copy.
for (const pre of document.querySelectorAll("pre.copy")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "copy";
  button.addEventListener("click", () => {
    const selection = getSelection();
    selection.selectAllChildren(pre);
    const copied = navigator.clipboard ? navigator.clipboard.writeText(pre.textContent) : document.execCommand("copy") ? Promise.resolve() : Promise.reject();
    copied.then(() => { button.textContent = "copied"; }, () => { button.textContent = "selected: press Ctrl+C"; });
  });
  pre.before(button);
}
