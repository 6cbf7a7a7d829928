// Reads an HDF file as MITRE Heimdall does, with its own library inspecjs; prints what it concludes of each control.
"use strict";
const { readFileSync } = require("node:fs");
const { contextualizeEvaluation, convertFile } = require("inspecjs");

const converted = convertFile(readFileSync(process.argv[2], "utf8"), true);
const evaluation = converted["1_0_ExecJson"];
if (!evaluation) {
  console.log(JSON.stringify({ error: String(converted.errors["1_0_ExecJson"]) }));
  process.exit(1);
}
const controls = contextualizeEvaluation(evaluation).contains.flatMap((profile) =>
  profile.contains.map((control) => ({
    profile: profile.data.name,
    id: control.data.id,
    status: control.hdf.status,
    waived: control.hdf.waived,
    severity: control.hdf.severity,
    nist: control.hdf.canonized_nist({ add_spaces: false }),
    message: control.hdf.finding_details,
    overlaid: control.extendedBy.length + control.extendsFrom.length,
  })),
);
console.log(JSON.stringify(controls));
