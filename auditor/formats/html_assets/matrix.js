// The fleet: a row for each server, a column for each check, grouped by policy. A grid after WAI-ARIA's pattern:
// one cell takes the focus, the arrow keys move it. Only the rows and columns in sight are in the document.
const CELL = 26;
const WIDE_CELL = 78;
const MARGIN = 8;
const ALL_COLUMNS = 150;
const ALL_LINES = 60;
const matrix = document.getElementById("matrix");
const grid = element("table", { role: "grid", "aria-labelledby": "fleet-title" });
const scroller = element("div", { class: "grid-scroll" });
const body = element("tbody");
let lines = [];
let shownColumns = [];
let cellWidth = CELL;
let active = { line: 0, column: 0 };
let drawnPart = "";

function lookUp(shown) {
  const wanted = new Set(shown);
  const all = shown.length === rows.length;
  const seen = new Set(shown.map((row) => row.host));
  const used = new Set(shown.map((row) => row.form.column));
  shownColumns = columns.map((column, at) => ({ ...column, at })).filter(({ at }) => all || used.has(at));
  const place = new Map(shownColumns.map(({ at }, number) => [at, number]));
  lines = hosts
    .filter((host) => (all ? !host.fleet || host.rows.length : seen.has(host)))
    .map((host) => {
      const cells = new Array(shownColumns.length);
      for (const row of host.rows) {
        const at = place.get(row.form.column);
        if (at !== undefined) cells[at] = { row, matches: all || wanted.has(row) };
      }
      return { host, cells };
    });
  if (state.sort !== "server") lines.sort(byWhatIsToDo);
}

function byWhatIsToDo(one, other) {
  if (one.host.fleet !== other.host.fleet) return other.host.fleet - one.host.fleet;
  for (const standing of STANDINGS.slice(0, 3)) {
    const more = (other.host.counts.get(standing) ?? 0) - (one.host.counts.get(standing) ?? 0);
    if (more) return more;
  }
  return (
    (other.host.status === "unreachable") - (one.host.status === "unreachable") || one.host.place - other.host.place
  );
}

function heads() {
  const groups = [];
  for (const column of shownColumns) {
    if (groups.at(-1)?.policy === column.policy) groups.at(-1).span += 1;
    else groups.push({ policy: column.policy, span: 1 });
  }
  const corner = element("th", { scope: "col", rowspan: "2", class: "corner" }, "Server");
  const top = element(
    "tr",
    { class: "policies" },
    corner,
    ...groups.map(({ policy, span }) =>
      element(
        "th",
        { scope: "colgroup", colspan: span, title: policy },
        element("span", {}, policies.get(policy)?.title ?? policy),
      ),
    ),
  );
  const second = element(
    "tr",
    { class: "checks" },
    ...shownColumns.map((column) => element("th", { scope: "col", title: column.title }, checkLink(column))),
  );
  return element("thead", {}, top, second);
}

function checkLink(column) {
  const link = element(
    "a",
    { href: writeState({ ...state, open: "", check: column.check, policy: column.policy }), tabindex: "-1" },
    column.check,
  );
  link.addEventListener("click", (event) => {
    event.preventDefault();
    go({ check: state.check ? "" : column.check, policy: state.check ? "" : column.policy });
  });
  return link;
}

function cell(line, at) {
  const held = lines[line].cells[at];
  const made = element("td", {
    "aria-colindex": at + 2,
    tabindex: line === active.line && at === active.column ? "0" : "-1",
    "data-line": line,
    "data-column": at,
  });
  if (!held) {
    made.className = "nothing";
    return made;
  }
  const { row, matches } = held;
  made.dataset.standing = row.standing.name;
  made.dataset.sign = row.standing.sign;
  made.dataset.identity = row.identity;
  made.className = `${matches ? "" : "other"}${row.isNew ? " is-new" : ""}`;
  made.title = `${row.host.name}: ${row.form.check}: ${row.standing.word}${row.isNew ? ", new" : ""}`;
  const word = row.standing.name === "not_applicable" ? "n/a" : row.standing.word;
  made.textContent = row.isNew ? `${word}, new` : word;
  return made;
}

function lineOf(line, first, last) {
  const { host } = lines[line];
  const status = { unreachable: "not reached", partial: "read in part" }[host.status];
  const head = element(
    "th",
    { scope: "row", title: host.reason || host.name },
    element(
      "div",
      { class: "host" },
      element("span", { class: "name" }, host.name),
      ...(status ? [element("span", { class: "state", "data-standing": "error" }, status)] : []),
    ),
  );
  const made = element("tr", { "aria-rowindex": line + 3 }, head);
  if (first > 0) made.append(element("td", { colspan: first, class: "gap", "aria-hidden": "true" }));
  for (let at = first; at < last; at += 1) made.append(cell(line, at));
  if (last < shownColumns.length)
    made.append(element("td", { colspan: shownColumns.length - last, class: "gap", "aria-hidden": "true" }));
  return made;
}

function spacer(height) {
  const made = element(
    "tr",
    { class: "gap", "aria-hidden": "true" },
    element("td", { colspan: shownColumns.length + 1 }),
  );
  made.firstChild.style.height = `${height}px`;
  return made;
}

function inSight() {
  if (lines.length <= ALL_LINES && shownColumns.length <= ALL_COLUMNS) return [0, lines.length, 0, shownColumns.length];
  const rowsFirst = Math.max(0, Math.floor(scroller.scrollTop / CELL) - MARGIN);
  const rowsLast = Math.min(lines.length, Math.ceil((scroller.scrollTop + innerHeight) / CELL) + MARGIN);
  if (shownColumns.length <= ALL_COLUMNS) return [rowsFirst, rowsLast, 0, shownColumns.length];
  const first = Math.max(0, Math.floor(scroller.scrollLeft / cellWidth) - MARGIN);
  return [
    rowsFirst,
    rowsLast,
    first,
    Math.min(shownColumns.length, Math.ceil((scroller.scrollLeft + scroller.clientWidth) / cellWidth) + MARGIN),
  ];
}

function drawMatrix(force) {
  const [firstLine, lastLine, first, last] = inSight();
  const next = [firstLine, lastLine, first, last].join();
  if (next === drawnPart && !force) return;
  drawnPart = next;
  const hadFocus = body.contains(document.activeElement);
  const made = [];
  if (firstLine > 0) made.push(spacer(firstLine * CELL));
  for (let line = firstLine; line < lastLine; line += 1) made.push(lineOf(line, first, last));
  if (lastLine < lines.length) made.push(spacer((lines.length - lastLine) * CELL));
  body.replaceChildren(...made);
  if (hadFocus) (activeCell() ?? scroller).focus({ preventScroll: true });
  if (!activeCell()) body.querySelector("td[data-line]")?.setAttribute("tabindex", "0");
}

function activeCell() {
  return body.querySelector(`td[data-line="${active.line}"][data-column="${active.column}"]`);
}

// As wide as the longest name, within bounds: names of servers are told apart by their ends as often as not.
function nameWidth() {
  if (matrix.clientWidth < 600) return 132;
  const wide = ({ host }) => host.name.length * 7.6 + (["unreachable", "partial"].includes(host.status) ? 100 : 0);
  const widest = lines.reduce((most, line) => Math.max(most, wide(line)), 150);
  return Math.round(Math.min(widest + 24, 340));
}

function measure() {
  const name = nameWidth();
  const room = Math.floor((matrix.clientWidth - name - 18) / Math.max(shownColumns.length, 1));
  cellWidth = room >= WIDE_CELL ? Math.min(room, 150) : CELL;
  grid.classList.toggle("wide", cellWidth > CELL);
  grid.style.setProperty("--cell", `${cellWidth}px`);
  grid.style.setProperty("--name", `${name}px`);
  grid.style.width = `${name + cellWidth * shownColumns.length}px`;
}

function showMatrix(shown) {
  lookUp(shown);
  active = { line: 0, column: 0 };
  grid.setAttribute("aria-rowcount", lines.length + 2);
  grid.setAttribute("aria-colcount", shownColumns.length + 1);
  measure();
  grid.replaceChildren(heads(), body);
  matrix.classList.toggle("empty", !lines.length || !shownColumns.length);
  const servers = lines.filter(({ host }) => !host.fleet).length.toLocaleString("en");
  const order = state.sort === "server" ? "" : ", those with most to do first";
  document.getElementById("fleet-said").textContent =
    `${servers} servers, ${shownColumns.length.toLocaleString("en")} checks${order}.`;
  drawMatrix(true);
}

scroller.append(grid);
matrix.append(scroller);
scroller.addEventListener("scroll", () => requestAnimationFrame(() => drawMatrix(false)), { passive: true });
