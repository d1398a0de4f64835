import { formatLength } from "@example/format";
import { total } from "@example/report";
import { metres } from "@example/units";

console.log(`pallets in a row: ${formatLength(total([metres(1.2), metres(0.8), metres(1.2)]))}`);
