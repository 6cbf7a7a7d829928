// What is shown stands in the address, so that it can be sent to somebody: #verdict=fail,warn&q=owa&finding-<identity>.
const FIELDS = ["q", "verdict", "severity", "server", "group", "policy", "check", "drift", "sort"];
const FINDING = "finding-";
const EVERYTHING = "#all"; // a bare # would scroll the page to its top

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return ""; // half a percent sign, from an address cut short by a mail program
  }
}

function readState(hash) {
  const state = { open: "", ...Object.fromEntries(FIELDS.map((field) => [field, ""])) };
  for (const word of hash.replace(/^#/, "").split("&")) {
    const [name, ...value] = word.split("=");
    if (word.startsWith(FINDING)) state.open = word.slice(FINDING.length);
    else if (FIELDS.includes(name)) state[name] = decoded(value.join("="));
  }
  return state;
}

function writeState(state) {
  const written = (field) => `${field}=${encodeURIComponent(state[field]).replaceAll("%2C", ",")}`;
  const words = FIELDS.filter((field) => state[field]).map(written);
  if (state.open) words.unshift(FINDING + state.open);
  return words.length ? `#${words.join("&")}` : EVERYTHING;
}

let state = readState(location.hash);
let typed = {}; // what is in a field and not in the address yet, because the typing goes on

// Every change goes through the address; `hashchange` then shows it. A filter leaves no step back, a finding does.
// The address is ahead of `state` until that event comes.
function go(changes) {
  const now = readState(location.hash);
  const next = writeState({ ...now, ...typed, ...changes });
  typed = {};
  if (next === writeState(now)) return;
  if ("open" in changes && changes.open) location.hash = next;
  else location.replace(next);
}

function words(list) {
  return list.split(",").filter(Boolean);
}
