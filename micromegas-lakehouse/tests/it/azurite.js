// Runs Azurite, Microsoft's own emulator of Azure Blob Storage, on a free port with everything in
// memory, makes the container `lake`, prints the address, and ends with its input.
// Arguments: the folder of node's packages.
const { spawn } = require("child_process");
const { createHmac } = require("crypto");
const { request } = require("http");
const path = require("path");

const account = "devstoreaccount1";
// The account and its key are public: every emulator has them.
const key =
  "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

const program = path.join(process.argv[2], "azurite", "dist", "src", "blob", "main.js");
const options = ["--inMemoryPersistence", "--blobPort", "0", "--disableTelemetry"];
const server = spawn(process.execPath, [program, ...options], {
  stdio: ["ignore", "pipe", "inherit"],
});
const end = () => {
  server.kill("SIGKILL");
  process.exit(0);
};
process.stdin.on("end", end).on("error", end).resume();
server.on("exit", () => process.exit(1));

let said = "";
server.stdout.on("data", (text) => {
  said += text;
  const found = said.match(/successfully listen(?:ing|s) on http:\/\/127\.0\.0\.1:(\d+)/);
  if (found) {
    server.stdout.removeAllListeners("data").resume();
    makeContainer(Number(found[1]));
  }
});

function makeContainer(port) {
  const headers = { "x-ms-date": new Date().toUTCString(), "x-ms-version": "2023-11-03" };
  const listed = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`).join("");
  const target = `/${account}/lake`;
  const signed =
    "PUT" + "\n".repeat(12) + listed + `/${account}${target}\nrestype:container`;
  const signature = createHmac("sha256", Buffer.from(key, "base64")).update(signed, "utf8");
  headers.Authorization = `SharedKey ${account}:${signature.digest("base64")}`;
  headers["Content-Length"] = 0;
  const call = { port, host: "127.0.0.1", method: "PUT", path: `${target}?restype=container`, headers };
  request(call, (answer) => {
    answer.resume();
    if (answer.statusCode === 201) {
      console.log(`http://127.0.0.1:${port}/${account}`);
    } else {
      console.error(`the container was not made: ${answer.statusCode}`);
      process.exit(1);
    }
  }).end();
}
