// Puts or fetches one entry with backfill's own azure storage, and says what that took as a line of JSON:
//   node remote_backfill.cjs put|fetch CONNECTION_STRING CONTAINER HASH FOLDER
// The outputs are all files of FOLDER/dist.
const path = require("node:path");
const { createRequire } = require("node:module");
const from = createRequire(path.join(__dirname, "..", "tests", "compat", "package.json"));
const { getCacheStorageProvider } = from("backfill-cache");
const [verb, connectionString, container, hash, folder] = process.argv.slice(2);

const logger = { setTime: () => ({ stop() {} }), setHit() {}, verbose() {}, silly() {}, info() {}, warn: console.error, error: console.error };
const storage = getCacheStorageProvider({ provider: "azure-blob", options: { connectionString, container } }, "", logger, folder);

(async () => {
  const before = process.hrtime.bigint();
  const done = verb === "put" ? await storage.put(hash, ["dist/**"]) : await storage.fetch(hash);
  if (verb === "fetch" && done !== true) throw new Error("a miss");
  const seconds = Number(process.hrtime.bigint() - before) / 1e9;
  const used = process.resourceUsage();
  console.log(JSON.stringify({ seconds, cpu: (used.userCPUTime + used.systemCPUTime) / 1e6, rss: used.maxRSS * 1024 }));
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
