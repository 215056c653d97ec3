// The traces to point at: a second, both ratings, and the event that it lies in. Data and words stand beside it.
for (const chart of document.querySelectorAll(".chart")) {
  const data = JSON.parse(chart.querySelector("script").textContent);
  const [svg, range, out] = ["svg", "input", "output"].map((name) => chart.querySelector(name));
  const [width, height] = [1000, 260];
  const x = (s) => (s / Math.max(data.seconds - 1, 1)) * width;
  const y = (rating) => height - ((rating - data.low) / (data.high - data.low)) * height;
  const make = (name, attributes) => {
    const part = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) part.setAttribute(key, value);
    return svg.appendChild(part);
  };
  for (const { from, to, colour, kind } of data.events) {
    if (kind === "repair") continue;
    make("rect", { x: x(from), y: 0, width: Math.max(x(to) - x(from), 2), height, fill: colour, opacity: 0.22 });
  }
  for (const { ratings, colour } of data.series) {
    let path = "";
    ratings.forEach((rating, s) => {
      if (rating === null) return;
      const start = s === 0 || ratings[s - 1] === null;
      path += `${start ? "M" : "L"}${x(s).toFixed(1)} ${y(rating).toFixed(1)}`;
    });
    make("path", { d: path, fill: "none", stroke: colour, "stroke-width": 2, "vector-effect": "non-scaling-stroke" });
  }
  const mark = make("line", { y1: 0, y2: height, class: "here", "vector-effect": "non-scaling-stroke" });
  const clock = (s) => `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
  const number = (rating) => (rating > 0 ? "+" : "") + String(Math.round(rating * 10) / 10).replace("-", "−");
  const tell = (s) => {
    range.value = String(s);
    mark.setAttribute("x1", String(x(s)));
    mark.setAttribute("x2", String(x(s)));
    const ratings = data.series.map(({ name, ratings }) => {
      const rating = ratings[s];
      return `${name} ${rating === null || rating === undefined ? "–" : number(rating)}`;
    });
    const events = data.events.filter(({ from, to }) => from <= s && s < to).map(({ text }) => text);
    out.textContent = [clock(s), ...ratings, ...events].join(" · ");
    range.setAttribute("aria-valuetext", out.textContent);
  };
  const point = (event) => {
    const box = svg.getBoundingClientRect();
    const share = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
    tell(Math.round(share * (data.seconds - 1)));
  };
  svg.addEventListener("pointermove", point);
  svg.addEventListener("pointerdown", point);
  range.addEventListener("input", () => tell(Number(range.value)));
  tell(0);
  chart.hidden = false;
}
