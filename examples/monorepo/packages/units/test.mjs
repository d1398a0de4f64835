import assert from "node:assert";
import { metres, toFeet } from "@example/units";

assert.equal(Math.round(toFeet(metres(100))), 328);
console.log("units: 1 test passed");
