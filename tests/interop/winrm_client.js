// Runs one command line with the npm package winrm-client; everything comes by environment, the answer goes out as JSON.
"use strict";
const { runCommand } = require("winrm-client");

const { WINRM_HOST, WINRM_PORT, WINRM_USERNAME, WINRM_PASSWORD, WINRM_HTTPS } = process.env;

runCommand(process.argv[2], WINRM_HOST, WINRM_USERNAME, WINRM_PASSWORD, Number(WINRM_PORT), false, WINRM_HTTPS === "yes")
  .then((output) => console.log(JSON.stringify({ output })))
  .catch((error) => {
    console.log(JSON.stringify({ error: error.message }));
    process.exitCode = 1;
  });
