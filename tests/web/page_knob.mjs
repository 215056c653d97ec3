// Turns a page's dial as told on stdin, and prints what it gives: [{scale, positions}, …] to [[rating, …], …].

import { readFileSync } from "node:fs";

const { PageDial } = await import(new URL("dial/page_dial.js", process.argv[2]));
const answers = JSON.parse(readFileSync(0, "utf8")).map(({ scale, positions }) => {
  const dial = new PageDial({ send: () => {}, scale, name: "page", knob: "mouse" });
  dial.close();
  return positions.map((position) => {
    dial.move(position);
    return dial.rating;
  });
});
process.stdout.write(JSON.stringify(answers));
