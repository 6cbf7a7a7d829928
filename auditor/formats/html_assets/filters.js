// Which findings are shown: the controls, and what it lets through.
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

// Each text is searched once, however many findings have it.
function textsWith(word) {
  const known = new Int8Array(texts.length);
  return (number) => {
    if (number < 0) return false;
    if (known[number] === 0) known[number] = lower(number).includes(word) ? 1 : -1;
    return known[number] === 1;
  };
}

function searching(query) {
  const tests = query
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => {
      const has = textsWith(word);
      const inForm = new Map();
      const formHas = (form) => {
        if (!inForm.has(form)) inForm.set(form, form.inTexts.some(has));
        return inForm.get(form);
      };
      return (row) =>
        formHas(row.form) ||
        has(row.actual) ||
        has(row.reason) ||
        has(row.waiverText) ||
        row.host.name.toLowerCase().includes(word);
    });
  return (row) => tests.every((test) => test(row));
}

function drifting(kind) {
  if (!kind) return () => true;
  return kind === NEW_OR_UNKNOWN ? (row) => row.isNew && row.standing.name !== "waived" : (row) => row.kind === kind;
}

// All that is asked for but the verdict, which the numbers on its own buttons must not depend on.
function letThrough({ q, severity, server, group, policy, check, drift }) {
  const found = searching(q);
  const drifts = drifting(drift);
  const rank = told.severities.indexOf(severity);
  const name = server.toLowerCase();
  return (row) =>
    (!severity || row.form.severity === rank) &&
    (!name || row.host.name.toLowerCase().includes(name)) &&
    (!group || row.host.groups.includes(group)) &&
    (!policy || row.form.policy === policy) &&
    (!check || row.form.check === check) &&
    drifts(row) &&
    found(row);
}

const ORDERS = {
  server: (one, other) => one.host.place - other.host.place || worstFirst(one, other),
  check: (one, other) => one.form.column - other.form.column || worstFirst(one, other),
};

function chosen(wanted) {
  const passes = letThrough(wanted);
  const verdicts = new Set(words(wanted.verdict));
  const numbers = new Map(STANDINGS.map((each) => [each, 0]));
  const shown = [];
  for (const row of rows) {
    if (!passes(row)) continue;
    numbers.set(row.standing, numbers.get(row.standing) + 1);
    if (!verdicts.size || verdicts.has(row.standing.name)) shown.push(row);
  }
  const order = ORDERS[wanted.sort];
  return { shown: order ? shown.sort(order) : shown, numbers };
}

const filters = document.getElementById("filters");
const controls = new Map();
const chips = new Map();
let typing = 0;

function select(field, label, options) {
  const control = element("select", { id: `by-${field}` });
  for (const [value, said] of options) control.append(element("option", { value }, said));
  control.addEventListener("change", () => go({ [field]: control.value }));
  return labelled(field, label, control);
}

function input(field, label, attributes) {
  const control = element("input", {
    id: `by-${field}`,
    type: "search",
    autocomplete: "off",
    spellcheck: "false",
    ...attributes,
  });
  control.addEventListener("input", () => {
    typed[field] = control.value.trim();
    clearTimeout(typing);
    typing = setTimeout(() => go({}), 150);
  });
  return labelled(field, label, control);
}

function labelled(field, label, control) {
  controls.set(field, control);
  return element("div", { class: `field by-${field}` }, element("label", { for: control.id }, label), control);
}

function toggle(standing) {
  const wanted = new Set(words(readState(location.hash).verdict));
  if (!wanted.delete(standing.name)) wanted.add(standing.name);
  go({
    verdict: STANDINGS.map((each) => each.name)
      .filter((name) => wanted.has(name))
      .join(","),
  });
}

function chip(standing) {
  const number = element("b", { class: "number" });
  const button = element(
    "button",
    { type: "button", class: "chip", "aria-pressed": "false", "data-standing": standing.name },
    element("span", { class: "key", "aria-hidden": "true" }, standing.sign),
    standing.word,
    number,
  );
  button.addEventListener("click", () => toggle(standing));
  chips.set(standing, { button, number });
  return button;
}

function distinct(values) {
  return [...new Set(values)].sort(collator.compare).map((value) => [value, value]);
}

function buildFilters() {
  const clear = element("button", { type: "button", id: "clear" }, "Show all");
  clear.addEventListener("click", () => go(readState("")));
  const names = element(
    "datalist",
    { id: "server-names" },
    ...hosts.map((host) => element("option", { value: host.name })),
  );
  const reset = element("div", { class: "field" }, clear);
  filters.append(
    element("div", { class: "chips", role: "group", "aria-label": "Verdict" }, ...STANDINGS.map(chip)),
    input("q", "Search", { placeholder: "check, server, value, reason…" }),
    input("server", "Server", { list: "server-names", placeholder: "any" }),
    names,
    select("severity", "Severity", [["", "any"], ...told.severities.map((each) => [each, each])]),
    select("group", "Group", [["", "any"], ...distinct(hosts.flatMap((host) => host.groups))]),
    select("policy", "Policy", [["", "any"], ...distinct(columns.map((column) => column.policy))]),
    select("check", "Check", [["", "any"], ...distinct(columns.map((column) => column.check))]),
    select("drift", "Drift", driftOptions()),
    select("sort", "Order", [
      ["", "worst first"],
      ["server", "by server"],
      ["check", "by check"],
    ]),
    reset,
  );
  if (!wasCompared) controls.get("drift").disabled = true;
  filters.hidden = false;
}

function driftOptions() {
  if (!wasCompared) return [["", "not compared"]];
  return [["", "any"], [NEW_OR_UNKNOWN, "new or newly not known"], ...told.kinds, [UNCHANGED, "unchanged"]];
}

function showFilters(numbers) {
  for (const [field, control] of controls) {
    if (field in typed) continue;
    if (control.value.trim() !== state[field]) control.value = state[field];
  }
  const pressed = new Set(words(state.verdict));
  for (const [standing, { button, number }] of chips) {
    button.setAttribute("aria-pressed", String(pressed.has(standing.name)));
    number.textContent = numbers.get(standing).toLocaleString("en");
  }
  document.getElementById("clear").disabled = writeState({ ...state, open: "" }) === EVERYTHING;
}
