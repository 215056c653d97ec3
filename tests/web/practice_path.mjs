// Where the page puts the practice's mark at the seconds that are told on stdin.

import { readFileSync } from "node:fs";

const { targetAt } = await import(new URL("parts/practice.js", process.argv[2]));
process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(targetAt)));
