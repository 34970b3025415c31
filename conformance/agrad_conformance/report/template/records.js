// The records of the report, and what the filters leave of them. First of the page's three scripts, which are one when
// the page is written. Texts of the report become text nodes only, never markup.
"use strict";

const DATA = JSON.parse(document.getElementById("data").textContent);
const RECORDS = DATA.records;
const N = RECORDS.count;
const COLUMN = Object.fromEntries(
  ["backend", "op", "case", "dtype", "property", "chapter", "device", "reason", "outcome", "tolerance"].map(
    (name) => [name, decoded(RECORDS[name])],
  ),
);
const OUTCOMES = COLUMN.outcome.values;
const RANK = OUTCOMES.map((outcome) => DATA.precedence.indexOf(outcome));
const GRAVE = ["failed", "unexpected pass"];
const CARDS = 20; // how many failures, and
const LINES = 100; // how many other checks are shown at once
const ROWS = rowsOf();
const SLOTS = OUTCOMES.length + 1; // one for each outcome, and one for declarations among the passed checks
const DECLARED = SLOTS - 1;

const LOWER = ["op", "case", "reason"].map((name) => [
  COLUMN[name].each,
  COLUMN[name].values.map((value) => value.toLowerCase()),
]);

const $ = (id) => document.getElementById(id);
const form = document.querySelector("form.filters");
const chips = [...document.querySelectorAll(".chip")];
const table = document.querySelector("#matrix table");
const drill = $("drill");
const chosen = new Set(); // outcomes; none means all
const closed = new Set(); // chapters
let shown = null; // what the matrix shows: the filter, its columns and their counts

// Records

function decoded(column) {
  const each = new Uint32Array(N);
  if (column.each) each.set(column.each);
  else
    for (let k = 0, at = 0; k < column.runs.length; k += 2) {
      each.fill(column.runs[k], at, at + column.runs[k + 1]);
      at += column.runs[k + 1];
    }
  return { values: column.values, each };
}

function of(name, i) {
  return COLUMN[name].values[COLUMN[name].each[i]];
}

function rowsOf() {
  // a row for each op, or, where a check is of no op alone, for its case; sorted by chapter and name
  const found = new Map();
  const each = new Uint32Array(N);
  const last = { op: -1, case: -1, row: -1 };
  for (let i = 0; i < N; i++) {
    const op = COLUMN.op.each[i];
    const name = COLUMN.op.values[op] || of("case", i);
    if (op === last.op && (COLUMN.op.values[op] || COLUMN.case.each[i] === last.case)) each[i] = last.row;
    else {
      const chapter = of("chapter", i);
      const key = chapter + "\n" + name;
      if (!found.has(key)) found.set(key, { chapter, name, number: found.size });
      each[i] = found.get(key).number;
    }
    Object.assign(last, { op, case: COLUMN.case.each[i], row: each[i] });
  }
  const rows = [...found.values()];
  const rank = (row) => DATA.chapters.indexOf(row.chapter);
  const order = [...rows].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
  return { rows, order, each };
}

// Filters

function filter() {
  const words = $("text").value.toLowerCase().split(/\s+/).filter(Boolean);
  const hits = words.map((word) => LOWER.map(([each, values]) => [each, values.map((v) => v.includes(word))]));
  const tests = ["backend", "property", "dtype", "chapter"].flatMap((name) => {
    const value = $(name).value;
    if (!value) return [];
    const wanted = COLUMN[name].values.indexOf(name === "chapter" && value === "transforms" ? "" : value);
    return [(i) => COLUMN[name].each[i] === wanted];
  });
  if (chosen.size) tests.push((i) => chosen.has(OUTCOMES[COLUMN.outcome.each[i]]));
  if (words.length) tests.push((i) => hits.every((places) => places.some(([each, hit]) => hit[each[i]])));
  return { active: tests.length > 0, test: (i) => tests.every((test) => test(i)) };
}

function update() {
  const { active, test } = filter();
  const by = $("columns").value;
  const column = COLUMN[by];
  const width = column.values.length;
  const counts = new Uint32Array(ROWS.rows.length * width * SLOTS);
  const inRow = new Uint32Array(ROWS.rows.length);
  const inColumn = new Uint32Array(width);
  const declared = COLUMN.property.values.indexOf("declared");
  const passed = OUTCOMES.indexOf("passed");
  const cells = new Set();
  let total = 0;
  for (let i = 0; i < N; i++) {
    if (!test(i)) continue;
    const row = ROWS.each[i];
    const cell = row * width + column.each[i];
    const outcome = COLUMN.outcome.each[i];
    counts[cell * SLOTS + outcome]++;
    if (outcome === passed && COLUMN.property.each[i] === declared) counts[cell * SLOTS + DECLARED]++;
    inRow[row]++;
    inColumn[column.each[i]]++;
    total++;
  }
  const columns = column.values.map((_, k) => k).filter((k) => inColumn[k]);
  const rows = ROWS.order.filter((row) => inRow[row.number]);
  shown = { test, active, by, width, counts, columns, rows };
  $("status").textContent = N
    ? total
      ? `${plural(total, "check")} in ${rows.length === 1 ? "1 row" : number(rows.length) + " rows"}` +
        (active ? `, of ${number(N)} in all` : "")
      : "No check matches. Change or clear the filters."
    : "The report holds no checks.";
  form.querySelector(".clear").hidden = !active;
  for (const chip of chips) chip.setAttribute("aria-pressed", chosen.has(chip.dataset.outcome));
  draw();
}

// Small things

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function number(x) {
  return x.toLocaleString("en", { maximumFractionDigits: 2 });
}

const plural = (count, noun) => `${number(count)} ${noun}${count === 1 ? "" : noun.endsWith("s") ? "es" : "s"}`;
const several = (count, outcome) => (outcome.includes(" ") ? plural(count, outcome) : `${number(count)} ${outcome}`);

function slug(outcome) {
  return outcome.replaceAll(" ", "-");
}
