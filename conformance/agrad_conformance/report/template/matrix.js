// The matrix: rows of ops by columns, a count and the gravest outcome in each cell.

function draw() {
  const { by, width, columns, rows, counts } = shown;
  const head = element("tr", {}, element("th", { scope: "col", class: "corner" }, "Op"));
  for (const k of columns)
    head.append(element("th", { scope: "col" }, COLUMN[by].values[k].replaceAll("_", " ") || `no ${by}`));
  const bodies = [];
  let body, chapter, sums;
  const finish = () => body && body.firstChild.append(...columns.map((k) => subtotal(sums, k)));
  for (const row of rows) {
    if (row.chapter !== chapter) {
      finish();
      chapter = row.chapter;
      sums = new Uint32Array(width * SLOTS);
      body = element("tbody", {}, chapterRow(chapter, rows.filter((r) => r.chapter === chapter).length));
      bodies.push(body);
    }
    const start = row.number * width * SLOTS;
    for (let s = 0; s < sums.length; s++) sums[s] += counts[start + s];
    if (closed.has(chapter)) continue;
    const line = element("tr", {}, element("th", { scope: "row" }, row.name));
    for (const k of columns) line.append(cell(row, k));
    body.append(line);
  }
  finish();
  table.replaceChildren(element("thead", {}, head), ...bodies);
  const first = table.querySelector(".cell");
  if (first) first.tabIndex = 0;
}

function chapterRow(chapter, size) {
  const open = !closed.has(chapter);
  const toggle = element(
    "button",
    { type: "button", class: "toggle", "aria-expanded": open },
    element("span", { class: "arrow", "aria-hidden": true }, open ? "▾" : "▸"),
    element("span", {}, (chapter || "transforms").replaceAll("_", " ")),
    element("span", { class: "size" }, number(size)),
  );
  toggle.addEventListener("click", () => {
    if (open) closed.add(chapter);
    else closed.delete(chapter);
    draw();
    for (const button of table.querySelectorAll(".toggle")) if (button.dataset.chapter === chapter) button.focus();
  });
  toggle.dataset.chapter = chapter;
  return element("tr", { class: "chapter" }, element("th", { scope: "rowgroup" }, toggle));
}

function subtotal(sums, k) {
  const counts = sums.subarray(k * SLOTS, (k + 1) * SLOTS);
  const outcome = verdict(counts);
  if (outcome === null) return element("td");
  const share = counts[OUTCOMES.indexOf(outcome)];
  return element("td", { class: `sum ${slug(outcome)}`, title: described(counts) }, `${DATA.symbols[outcome]} ${number(share)}`);
}

function verdict(counts) {
  // the gravest outcome there is; what is lacking counts where nothing passed but the declaration that it is
  const has = (outcome) => counts[OUTCOMES.indexOf(outcome)];
  if (has("unsupported") && has("passed") === counts[DECLARED] && !GRAVE.some(has) && !has("expected failure"))
    return "unsupported";
  return DATA.precedence.find(has) ?? null;
}

function cell(row, k) {
  const start = (row.number * shown.width + k) * SLOTS;
  const counts = shown.counts.subarray(start, start + SLOTS);
  const outcome = verdict(counts);
  if (outcome === null) return element("td", { class: "none" }, element("span", { "aria-label": "no checks" }, "·"));
  const button = element(
    "button",
    {
      type: "button",
      class: `cell ${slug(outcome)}`,
      tabindex: -1,
      "aria-haspopup": "dialog",
      "aria-label": `${row.name}, ${COLUMN[shown.by].values[k] || "none"}: ${described(counts)}`,
    },
    element("span", { class: "symbol", "aria-hidden": true }, DATA.symbols[outcome]),
    element("span", { class: "number" }, number(counts[OUTCOMES.indexOf(outcome)])),
  );
  button.dataset.row = row.number;
  button.dataset.column = k;
  return element("td", {}, button);
}

const described = (counts) =>
  DATA.precedence
    .map((outcome) => [outcome, counts[OUTCOMES.indexOf(outcome)]])
    .filter(([, count]) => count)
    .map(([outcome, count]) => several(count, outcome))
    .join(", ");

function move(event) {
  const here = event.target.closest(".cell");
  const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
  if (!here || (!step && event.key !== "Home" && event.key !== "End")) return;
  event.preventDefault();
  let there;
  if (!step || step[1]) {
    const line = [...here.closest("tr").querySelectorAll(".cell")];
    const at = event.key === "Home" ? 0 : event.key === "End" ? line.length - 1 : line.indexOf(here) + step[1];
    there = line[at];
  } else {
    const column = [...table.querySelectorAll(`.cell[data-column="${here.dataset.column}"]`)];
    there = column[column.indexOf(here) + step[0]];
  }
  if (!there) return;
  focusable(there);
  there.focus();
}

function focusable(there) {
  for (const button of table.querySelectorAll('.cell[tabindex="0"]')) button.tabIndex = -1;
  there.tabIndex = 0;
}
