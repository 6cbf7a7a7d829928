// A finding whole, in the markup of the template, and the dialog it opens in.
const FOLDED_BEYOND = 600;
const AT_SIGHT = 300;
const TEMPLATE = document.getElementById("card").content;
const dialog = document.getElementById("detail");

function filled(target, text) {
  if (text.length <= FOLDED_BEYOND) {
    target.textContent = text;
    return;
  }
  target.replaceChildren(
    element("span", { class: "head" }, `${text.slice(0, AT_SIGHT)}…`),
    element(
      "details",
      { class: "fold" },
      element("summary", {}, `All ${text.length.toLocaleString("en")} characters`),
      element("div", { class: "whole" }, text),
    ),
  );
}

function partsOf(row) {
  const policy = policies.get(row.form.policy);
  const [rationale, mappings, place] = policy?.checks[row.form.check] ?? ["", "", ""];
  return {
    expected: row.form.expected,
    actual: texts[row.actual],
    reason: texts[row.reason],
    since: texts[row.since],
    waiver: row.waiver,
    remediation: row.form.remediation,
    rationale,
    source: policy?.source ?? "",
    clause: row.form.clause,
    mappings,
    place,
  };
}

// What the finding rests on: the server's answers; for a finding about all of them, each server's.
function answersOf(row) {
  const wanted = new Set(row.questions.map((question) => texts[question]));
  const answering = row.host.fleet ? hosts.filter((host) => !host.fleet) : [row.host];
  const lines = answering.flatMap((host) =>
    host.answers
      .filter(([question]) => wanted.has(texts[question]))
      .map(([question, answer, said]) => ({
        state: answer,
        question: (row.host.fleet ? `${host.name}: ` : "") + texts[question],
        said: texts[said],
      })),
  );
  return lines.sort((one, other) => one.state - other.state);
}

function fillEvidence(card, row) {
  const lines = answersOf(row);
  const number = row.questions.length;
  const counts = told.states
    .map((name, at) => [lines.filter((line) => line.state === at).length, name])
    .filter(([count]) => count);
  const said = counts.map(([count, name]) => `${count} ${name}`).join(", ") || (number ? "no answer is kept" : "");
  const details = card.querySelector("details.evidence");
  details.querySelector("[data-part=asked]").textContent =
    `Evidence: ${number} ${number === 1 ? "question" : "questions"}${said ? ` (${said})` : ""}`;
  const body = card.querySelector("[data-part=answers]");
  const shown = lines.length
    ? lines
    : row.questions.map((question) => ({ state: -1, question: texts[question], said: "" }));
  body.replaceChildren(
    ...shown.map((line) => {
      const answer = element("td", { class: "value" });
      filled(answer, line.said);
      const name = line.state < 0 ? "not kept" : told.states[line.state];
      return element(
        "tr",
        { "data-state": name },
        element("td", {}, element("span", { class: "state" }, name)),
        element("td", { class: "question" }, line.question),
        answer,
      );
    }),
  );
  details.open = shown.length > 0 && shown.length <= 8;
  details.hidden = !number;
}

function cardOf(row) {
  const card = TEMPLATE.querySelector("article").cloneNode(true);
  const part = (name) => card.querySelector(`[data-part=${name}]`);
  card.dataset.standing = row.standing.name;
  part("badge").dataset.standing = row.standing.name;
  part("badge").firstElementChild.textContent = row.standing.sign;
  part("word").textContent = row.standing.word + (row.standing.name === "waived" ? ` (${row.verdict})` : "");
  part("severity").textContent = told.severities[row.form.severity];
  part("new").hidden = !row.isNew;
  part("title").textContent = row.form.title;
  part("server").textContent = row.host.name;
  part("check").textContent = row.form.check;
  part("policy").textContent = row.form.policy;
  for (const [name, text] of Object.entries(partsOf(row))) {
    if (text) filled(part(name), text);
    else part(name).parentElement.remove();
  }
  fillEvidence(card, row);
  return card;
}

function step(row, ...said) {
  const link = element(
    "a",
    {
      class: "step",
      href: row ? writeState({ ...state, open: row.identity }) : undefined,
      "aria-disabled": row ? undefined : "true",
    },
    ...said,
  );
  link.addEventListener("click", (event) => {
    event.preventDefault();
    if (row) location.replace(link.hash);
  });
  return link;
}

function arrow(sign) {
  return element("span", { "aria-hidden": "true" }, sign);
}

function showDetail(shown) {
  const row = byIdentity.get(state.open);
  if (!state.open) {
    if (dialog.open) dialog.close();
    return;
  }
  const at = row ? shown.indexOf(row) : -1;
  const had = [...dialog.querySelectorAll(".step")].indexOf(document.activeElement);
  const close = element("button", { type: "button", class: "close", "aria-label": "Close" }, "×");
  close.addEventListener("click", () => dialog.close());
  const bar = element(
    "div",
    { class: "detail-bar" },
    element(
      "p",
      { class: "quiet" },
      at < 0 ? "" : `${(at + 1).toLocaleString("en")} of ${shown.length.toLocaleString("en")}`,
    ),
    step(at > 0 ? shown[at - 1] : undefined, arrow("‹ "), "Previous"),
    step(at < 0 ? undefined : shown[at + 1], "Next", arrow(" ›")),
    close,
  );
  dialog.replaceChildren(
    bar,
    row
      ? cardOf(row)
      : element("p", { class: "note" }, `This run has no finding ${state.open}. The link may be of another run.`),
  );
  dialog.setAttribute("aria-label", row ? row.form.title : "No such finding");
  dialog.scrollTop = 0;
  if (!dialog.open) dialog.showModal();
  (bar.querySelectorAll("a.step")[had]?.hasAttribute("href") ? bar.querySelectorAll("a.step")[had] : close).focus();
}

dialog.addEventListener("close", () => go({ open: "" }));
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});
dialog.addEventListener("keydown", (event) => {
  const at = { ArrowLeft: 0, ArrowRight: 1 }[event.key];
  if (at !== undefined && !event.altKey && !event.ctrlKey && !event.metaKey)
    dialog.querySelectorAll(".step")[at].click();
});
