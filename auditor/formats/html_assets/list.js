// The findings one below the other. Only what is in sight is in the document, however many there are.
const MOST_LISTED = 300_000; // a taller list is higher than browsers can draw
const AROUND = 12;
const ALL_LISTED = 200; // so many are there whole, for the browser's own search
const list = document.getElementById("list");
const items = element("ol", { class: "rows" });
let listed = [];
let drawn = new Map();
let rowHeight = 0;

function item(row, at) {
  const link = element(
    "a",
    { href: writeState({ ...state, open: row.identity }), class: "row", "data-standing": row.standing.name },
    element(
      "span",
      { class: "badge", "data-standing": row.standing.name },
      element("span", { class: "sign", "aria-hidden": "true" }, row.standing.sign),
      element("span", {}, row.standing.word),
    ),
    element("span", { class: "severity" }, told.severities[row.form.severity]),
    element("span", { class: "what" }, element("b", {}, row.form.title), " ", element("code", {}, row.form.check)),
    element("span", { class: "server" }, row.host.name),
    element("span", { class: "found" }, (texts[row.actual] || texts[row.reason]).slice(0, 300)),
    element("span", { class: "drift" }, row.isNew ? "new" : ""),
  );
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go({ open: row.identity });
  });
  return element("li", { "aria-setsize": listed.length, "aria-posinset": at + 1 }, link);
}

function drawList() {
  rowHeight = parseFloat(getComputedStyle(items).getPropertyValue("--row-height"));
  const around = listed.length <= ALL_LISTED ? ALL_LISTED : AROUND;
  const above = -items.getBoundingClientRect().top;
  const length = Math.min(listed.length, MOST_LISTED);
  const first = Math.max(0, Math.min(length, Math.floor(above / rowHeight) - around));
  const last = Math.min(length, Math.max(first, Math.ceil((above + innerHeight) / rowHeight)) + around);
  for (const [at, node] of drawn) {
    if (at >= first && at < last) continue;
    node.remove();
    drawn.delete(at);
  }
  let before = items.firstElementChild;
  for (let at = first; at < last; at += 1) {
    if (drawn.has(at)) {
      before = drawn.get(at).nextElementSibling;
      continue;
    }
    const node = item(listed[at], at);
    drawn.set(at, node);
    items.insertBefore(node, before);
  }
  items.style.paddingTop = `${first * rowHeight}px`;
  items.style.paddingBottom = `${Math.max(length - Math.max(last, first), 0) * rowHeight}px`;
}

function showList(shown) {
  listed = shown;
  drawn = new Map();
  items.replaceChildren();
  const cut =
    shown.length > MOST_LISTED
      ? ` The first ${MOST_LISTED.toLocaleString("en")} are listed; filter for the others.`
      : "";
  const all = shown.length === rows.length ? "" : ` of ${rows.length.toLocaleString("en")}`;
  document.getElementById("findings-said").textContent = `${shown.length.toLocaleString("en")}${all} findings.${cut} `;
  document.getElementById("filtered").hidden = shown.length === rows.length;
  drawList();
}

list.append(items);
