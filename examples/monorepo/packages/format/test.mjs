import assert from "node:assert";
import { formatLength } from "@example/format";

assert.equal(formatLength(10), "10.0 m (32.8 ft)");
console.log("format: 1 test passed");
