// Reads checklists with STIG Manager's own parser: the format (xccdf or cklb) and files as arguments, JSON out.
"use strict";
const { readFileSync } = require("node:fs");
const { reviewsFromCklb, reviewsFromXccdf } = require("@nuwcdivnpt/stig-manager-client-modules");

const [, , format, ...files] = process.argv;
const parse = { cklb: reviewsFromCklb, xccdf: reviewsFromXccdf }[format];
const fieldSettings = { detail: { enabled: "always", required: "always" }, comment: { enabled: "findings", required: "findings" } };
const importOptions = {
  autoStatus: "saved",
  unreviewed: "always",
  unreviewedCommented: "notchecked",
  emptyDetail: "ignore",
  emptyComment: "ignore",
  allowCustom: true,
};

const read = (file) => {
  try {
    return parse({ data: readFileSync(file, "utf8"), fieldSettings, importOptions, allowAccept: true, sourceRef: file });
  } catch (error) {
    return { sourceRef: file, error: String(error) };
  }
};
console.log(JSON.stringify(files.map(read)));
