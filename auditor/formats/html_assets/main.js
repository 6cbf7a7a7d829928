// Everything is shown from the address, at first and whenever it changes.
const MOST_ON_PAPER = 500;
const paper = document.getElementById("paper");
let current = { shown: rows, isDrawn: false };

function show() {
  const before = state;
  state = readState(location.hash);
  const chosenBy = (each) => writeState({ ...each, open: "" });
  if (current.isDrawn && chosenBy(before) === chosenBy(state)) {
    showDetail(current.shown);
    return;
  }
  const { shown, numbers } = chosen(state);
  current = { shown, isDrawn: true };
  showFilters(numbers);
  showMatrix(current.shown);
  showList(current.shown);
  showDetail(current.shown);
}

const SAID_ONCE = ["expected", "remediation", "rationale", "source", "clause", "mappings", "place"];

// Paper shows what is chosen, whole; where nothing is chosen, what passed and what does not apply is left out. Findings
// of one check stand together, and what the check says stands with the first of them.
function layOut() {
  const all = current.shown.length === rows.length;
  const wanted = all ? rows.filter((row) => !["pass", "not_applicable"].includes(row.standing.name)) : current.shown;
  const byCheck = new Map();
  for (const row of wanted.slice(0, MOST_ON_PAPER)) byCheck.set(row.form, [...(byCheck.get(row.form) ?? []), row]);
  const cards = [...byCheck.values()].flatMap((same) => same.map((row, at) => (at ? again(cardOf(row)) : cardOf(row))));
  paper.replaceChildren(element("h2", {}, "Findings"), ...cards);
  paper.querySelectorAll("details").forEach((each) => {
    each.open = false;
  });
  if (wanted.length > MOST_ON_PAPER) {
    paper.append(
      element(
        "p",
        { class: "note" },
        `These are the first ${MOST_ON_PAPER} of ${wanted.length.toLocaleString("en")} findings.`,
      ),
    );
  }
  paper.hidden = false;
}

function again(card) {
  for (const name of SAID_ONCE) card.querySelector(`[data-part=${name}]`)?.parentElement.remove();
  card.querySelector("details.evidence").remove();
  card.classList.add("again");
  return card;
}

document.documentElement.classList.add("js");
document.getElementById("cards").remove();
document.getElementById("fleet-table").hidden = true;
matrix.hidden = false;
list.hidden = false;
buildFilters();

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey) return;
  const place = document.getElementById(decoded(link.hash.slice(1)));
  if (link.dataset.filter !== undefined) {
    event.preventDefault();
    location.replace(`#${link.dataset.filter}`);
    if (place?.id === "findings" || place?.id === "fleet") place.scrollIntoView();
    else document.getElementById("findings").scrollIntoView();
  } else if (place) {
    event.preventDefault(); // what is chosen stays in the address
    place.setAttribute("tabindex", "-1");
    place.focus({ preventScroll: true });
    place.scrollIntoView();
  }
});
addEventListener("hashchange", show);
addEventListener("scroll", () => requestAnimationFrame(drawList), { passive: true });
addEventListener("resize", () => {
  measure();
  drawMatrix(true);
  drawList();
});
addEventListener("beforeprint", layOut);
addEventListener("afterprint", () => {
  paper.hidden = true;
  paper.replaceChildren();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.closest("input, select, textarea, dialog")) return;
  event.preventDefault();
  document.getElementById("by-q").focus();
});
show();
