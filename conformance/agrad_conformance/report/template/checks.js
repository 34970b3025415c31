// The checks behind a cell, failures first; and what starts the page.

function open(row, k, all = false) {
  const { by, test } = shown;
  const column = COLUMN[by];
  const mine = [];
  let hidden = 0;
  for (let i = 0; i < N; i++) {
    if (ROWS.each[i] !== row.number || column.each[i] !== k) continue;
    if (all || test(i)) mine.push(i);
    else hidden++;
  }
  const outcome = (i) => COLUMN.outcome.each[i];
  mine.sort((a, b) => RANK[outcome(a)] - RANK[outcome(b)] || a - b);
  const counts = new Uint32Array(SLOTS);
  for (const i of mine) counts[outcome(i)]++;
  const grave = mine.filter((i) => GRAVE.includes(OUTCOMES[outcome(i)]));
  const rest = mine.slice(grave.length);
  const close = element("button", { type: "button", class: "close", "aria-label": "Close" }, "✕");
  close.addEventListener("click", () => drill.close());
  const body = element("div", { class: "checks", tabindex: -1 });
  const parts = [
    element(
      "header",
      {},
      element("div", {}, element("h2", { id: "drill-title" }, row.name), element("p", {}, column.values[k] || `no ${by}`)),
      close,
    ),
    body,
  ];
  body.append(element("p", { class: "tally" }, ...tally(counts)));
  if (hidden) {
    const more = element("button", { type: "button", class: "plain" }, "Show all");
    more.addEventListener("click", () => open(row, k, true));
    body.append(element("p", { class: "hint" }, `${plural(hidden, "more check")} hidden by the filters. `, more));
  }
  const mixed = by !== "backend" && COLUMN.backend.values.length > 1;
  if (grave.length) body.append(paged(element("div", { class: "cards" }), grave, CARDS, card));
  if (rest.length) body.append(lines(rest, mixed));
  drill.replaceChildren(...parts);
  if (!drill.open) drill.showModal();
  drill.scrollTop = body.scrollTop = 0;
  if (by === "backend") remember(`#cell/${encodeURIComponent(row.name)}/${encodeURIComponent(column.values[k])}`);
}

const tally = (counts) =>
  DATA.precedence
    .filter((outcome) => counts[OUTCOMES.indexOf(outcome)])
    .map((outcome) =>
      element(
        "span",
        { class: `tag ${slug(outcome)}` },
        `${DATA.symbols[outcome]} ${several(counts[OUTCOMES.indexOf(outcome)], outcome)}`,
      ),
    );

function card(i) {
  const outcome = of("outcome", i);
  const facts = element("dl", { class: "facts" });
  const error = compared(i);
  for (const [name, value] of [
    ["Property", of("property", i).replaceAll("_", " ")],
    ["Dtype", of("dtype", i)],
    ["Case", of("case", i)],
    ["Backend", shown.by === "backend" ? "" : of("backend", i)],
    ["Device", of("device", i)],
    ["Error", error],
  ])
    if (value) facts.append(element("div", {}, element("dt", {}, name), element("dd", {}, value)));
  const detail = RECORDS.detail[i] ?? {};
  const shownDetail = Object.entries(detail).map(([name, text]) =>
    element("div", { class: "detail" }, element("h4", {}, name), element("pre", { tabindex: 0 }, text)),
  );
  return element(
    "article",
    { class: `card ${slug(outcome)}` },
    element("h3", {}, element("span", { class: `tag ${slug(outcome)}` }, `${DATA.symbols[outcome]} ${outcome}`)),
    of("reason", i) ? element("p", { class: "reason" }, of("reason", i)) : "",
    facts,
    ...shownDetail,
    command(i),
  );
}

function command(i) {
  const backend = of("backend", i);
  const values = {
    backend: DATA.backends[backend] ?? backend, case: of("case", i), dtype: of("dtype", i), property: of("property", i),
  };
  const text = DATA.command.replace(/'@(\w+)'/g, (_, name) => quoted(values[name]));
  const code = element("code", {}, text);
  const copy = element("button", { type: "button", class: "copy" }, "Copy");
  copy.addEventListener("click", async () => {
    const said = (await copied(text, code)) ? "Copied" : "Select and copy";
    copy.textContent = said;
    setTimeout(() => (copy.textContent = "Copy"), 2000);
  });
  return element(
    "div",
    { class: "detail" },
    element("h4", {}, "run it again, in a Python prompt"),
    element("div", { class: "command" }, element("pre", { tabindex: 0 }, code), copy),
  );
}

const quoted = (text) => (/['\\\x00-\x1f\x7f]/.test(text) ? JSON.stringify(text) : `'${text}'`);

async function copied(text, code) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    getSelection().selectAllChildren(code);
    return document.execCommand("copy");
  }
}

function lines(records, mixed) {
  const heads = ["Outcome", "Property", "Dtype", "Case", ...(mixed ? ["Backend"] : []), "Device", "Error"];
  const bodies = element("tbody");
  const grid = element(
    "table",
    { class: "lines" },
    element("thead", {}, element("tr", {}, ...heads.map((name) => element("th", { scope: "col" }, name)))),
    bodies,
  );
  return paged(grid, records, LINES, (i) => line(i, heads), bodies);
}

function line(i, heads) {
  const outcome = of("outcome", i);
  const content = {
    Outcome: element("span", { class: `tag ${slug(outcome)}` }, `${DATA.symbols[outcome]} ${outcome}`),
    Property: of("property", i).replaceAll("_", " "),
    Dtype: of("dtype", i),
    Case: of("case", i),
    Backend: of("backend", i),
    Device: of("device", i),
    Error: meter(i),
  };
  const made = element(
    "tr",
    {},
    ...heads.map((name) => element("td", { class: name.toLowerCase(), "data-label": name }, content[name])),
  );
  if (!of("reason", i)) return [made];
  made.classList.add("explained");
  return [made, element("tr", { class: "why" }, element("td", { colspan: heads.length }, of("reason", i)))];
}

function meter(i) {
  const text = compared(i);
  if (!text) return "";
  const ratio = Number(RECORDS.error[i]) / Number(of("tolerance", i));
  const bar = element("span", { class: "bar", "aria-hidden": true });
  bar.style.setProperty("--share", `${100 * Math.min(1, Number.isFinite(ratio) ? ratio : 0)}%`);
  return element("span", { class: "meter" }, text, bar);
}

function compared(i) {
  const error = RECORDS.error[i];
  const tolerance = of("tolerance", i);
  if (error === null || !tolerance) return "";
  return `${units(error)} of ${units(tolerance)}`;
}

function units(x) {
  if (typeof x === "string") return x;
  if (x && Math.abs(x) < 0.01) return "<0.01";
  return Math.abs(x) >= 1e6 ? x.toExponential(2) : number(x);
}

function paged(place, records, size, make, inner = place) {
  // a page of records at a time, so that a cell with thousands of them opens at once
  const outer = element("div", { class: "pages" }, place);
  let next = 0;
  const button = element("button", { type: "button", class: "plain more" });
  const add = () => {
    for (const i of records.slice(next, next + size)) inner.append(...[make(i)].flat());
    next = Math.min(next + size, records.length);
    button.textContent = `Show ${number(Math.min(size, records.length - next))} more of ${number(records.length)}`;
    if (next === records.length) button.remove();
  };
  add();
  if (next < records.length) outer.append(button);
  button.addEventListener("click", add);
  return outer;
}

function remember(hash) {
  try {
    history.replaceState(null, "", hash || location.pathname + location.search);
  } catch {
    // a page without an address of its own
  }
}

function openFromAddress() {
  const [, name, backend] = location.hash.match(/^#cell\/([^/]*)\/([^/]*)$/) ?? [];
  if (!name) return;
  const row = ROWS.rows.find((r) => r.name === decodeURIComponent(name));
  const k = COLUMN.backend.values.indexOf(decodeURIComponent(backend));
  if (row && k >= 0) open(row, k);
}

let waiting = 0;
function soon() {
  cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(update);
}

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", soon);
form.addEventListener("reset", () => {
  chosen.clear();
  soon();
});
for (const chip of chips)
  chip.addEventListener("click", () => {
    const { outcome } = chip.dataset;
    if (!chosen.delete(outcome)) chosen.add(outcome);
    update();
  });
table.addEventListener("keydown", move);
table.addEventListener("click", (event) => {
  const button = event.target.closest(".cell");
  if (!button) return;
  focusable(button);
  open(ROWS.rows[button.dataset.row], Number(button.dataset.column));
});
drill.addEventListener("click", (event) => {
  if (event.target === drill) drill.close();
});
drill.addEventListener("close", () => remember(""));
addEventListener("hashchange", openFromAddress);
update();
openFromAddress();
