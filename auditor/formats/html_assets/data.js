// The embedded data (auditor/formats/html_data.py): parts of one server each, in which numbers stand for texts.
const told = JSON.parse(document.getElementById("data").textContent);
const STANDINGS = told.standings.map(([name, sign, word], rank) => ({ name, sign, word, rank }));
const BY_STANDING = new Map(STANDINGS.map((each) => [each.name, each]));
const NEW_OR_UNKNOWN = "new";
const UNCHANGED = "none";

const texts = [];
const lowered = [];
const forms = [];
const waivers = [];
const asked = [];
const hosts = [];
const rows = [];
const byIdentity = new Map();
const collator = new Intl.Collator("en", { numeric: true });

function append(all, more) {
  for (const each of more) all.push(each);
}

function readForm([severity, policy, check, title, expected, remediation, clause]) {
  return {
    severity,
    policy: texts[policy],
    check: texts[check],
    title: texts[title],
    expected: texts[expected],
    remediation: texts[remediation],
    clause: texts[clause],
    inTexts: [policy, check, title, expected],
    column: -1,
  };
}

function readRow(host, values) {
  const [form, verdict, fresh, kind, waiver, actual, reason, since, questions, identity] = values;
  const verdictName = told.verdicts[verdict];
  const standing = BY_STANDING.get(waiver < 0 ? verdictName : "waived");
  return {
    host,
    form: forms[form],
    verdict: verdictName,
    standing,
    isNew: fresh === 1,
    kind: kind < 0 ? UNCHANGED : told.kinds[kind][0],
    waiver: waiver < 0 ? "" : texts[waivers[waiver][1]],
    waiverText: waiver < 0 ? -1 : waivers[waiver][1],
    actual,
    reason,
    since,
    questions: asked[questions],
    identity,
  };
}

function readPart(part) {
  append(texts, part.texts);
  append(forms, part.forms.map(readForm));
  append(waivers, part.waivers);
  append(asked, part.asked);
  const host = { ...part.host, answers: part.answers, rows: [], counts: new Map() };
  hosts.push(host);
  for (const values of part.rows) {
    const row = readRow(host, values);
    host.rows.push(row);
    host.counts.set(row.standing, (host.counts.get(row.standing) ?? 0) + 1);
    rows.push(row);
    byIdentity.set(row.identity, row);
  }
}

// The checks of the run, policy by policy: the columns of the matrix.
function readColumns() {
  const found = new Map();
  for (const form of forms) {
    const key = JSON.stringify([form.policy, form.check]);
    if (!found.has(key)) found.set(key, { policy: form.policy, check: form.check, title: form.title, forms: [] });
    found.get(key).forms.push(form);
  }
  const ordered = [...found.values()].sort(
    (one, other) => collator.compare(one.policy, other.policy) || collator.compare(one.check, other.check),
  );
  ordered.forEach((column, number) =>
    column.forms.forEach((form) => {
      form.column = number;
    }),
  );
  return ordered;
}

function worstFirst(one, other) {
  return (
    one.standing.rank - other.standing.rank ||
    other.isNew - one.isNew ||
    one.form.severity - other.form.severity ||
    one.host.place - other.host.place ||
    one.form.column - other.form.column
  );
}

told.parts.forEach(readPart);
told.parts = [];
hosts.sort((one, other) => other.fleet - one.fleet || collator.compare(one.name, other.name));
hosts.forEach((host, place) => {
  host.place = place;
});
const columns = readColumns();
rows.sort(worstFirst);
const policies = new Map(told.policies.map((policy) => [policy.id, policy]));
const wasCompared = told.against !== "";

function lower(number) {
  lowered[number] ??= texts[number].toLowerCase();
  return lowered[number];
}
