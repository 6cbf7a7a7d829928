// Moving about in the fleet's grid: arrows, Home, End, Page Up and Down; Enter or a click opens a finding.
function moveTo(line, column) {
  activeCell()?.setAttribute("tabindex", "-1");
  active = {
    line: Math.max(0, Math.min(lines.length - 1, line)),
    column: Math.max(0, Math.min(shownColumns.length - 1, column)),
  };
  const head = grid.tHead.offsetHeight;
  const top = active.line * CELL;
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  const bottom = top + CELL + head + 2 - scroller.clientHeight;
  if (bottom > scroller.scrollTop) scroller.scrollTop = bottom;
  const left = active.column * cellWidth;
  const name = parseFloat(grid.style.getPropertyValue("--name"));
  if (left < scroller.scrollLeft) scroller.scrollLeft = left;
  const right = left + cellWidth + name - scroller.clientWidth;
  if (right > scroller.scrollLeft) scroller.scrollLeft = right;
  drawMatrix(false);
  const target = activeCell();
  target?.setAttribute("tabindex", "0");
  target?.focus({ preventScroll: true });
}

const PAGE = 10;
const MOVES = {
  ArrowUp: ({ line, column }) => [line - 1, column],
  ArrowDown: ({ line, column }) => [line + 1, column],
  ArrowLeft: ({ line, column }) => [line, column - 1],
  ArrowRight: ({ line, column }) => [line, column + 1],
  PageUp: ({ line, column }) => [line - PAGE, column],
  PageDown: ({ line, column }) => [line + PAGE, column],
  Home: ({ line }, far) => [far ? 0 : line, 0],
  End: ({ line }, far) => [far ? lines.length - 1 : line, shownColumns.length - 1],
};

function openCell(target) {
  const found = target.closest("td[data-identity]");
  if (!found) return;
  active = { line: Number(found.dataset.line), column: Number(found.dataset.column) };
  go({ open: found.dataset.identity });
}

body.addEventListener("click", (event) => openCell(event.target));
body.addEventListener("focusin", (event) => {
  const { line, column } = event.target.dataset;
  if (line === undefined) return;
  activeCell()?.setAttribute("tabindex", "-1");
  active = { line: Number(line), column: Number(column) };
  event.target.setAttribute("tabindex", "0");
});
scroller.addEventListener("keydown", (event) => {
  if (event.altKey || event.metaKey) return;
  if (event.key === "Enter" || event.key === " ") {
    if (!event.target.closest("td")) return;
    event.preventDefault();
    openCell(event.target);
    return;
  }
  const move = MOVES[event.key];
  if (!move) return;
  event.preventDefault();
  moveTo(...move(active, event.ctrlKey));
});
