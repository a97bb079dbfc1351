"use strict";
// Comfort only: everything is readable without this script.
const make = (name, properties, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
};
const show = (number, digits) => Number(number.toPrecision(digits)).toString();

// Points of a curve's path: an absolute start, then relative steps, in tenths of a pixel.
const decode = (path) => {
  const points = [];
  for (const part of path.getAttribute("d").split("M").slice(1)) {
    const numbers = part.match(/-?\d+/g).map(Number);
    let [x, y] = numbers;
    points.push([x / 10, y / 10]);
    for (let i = 2; i + 1 < numbers.length; i += 2) {
      x += numbers[i];
      y += numbers[i + 1];
      points.push([x / 10, y / 10]);
    }
  }
  return points;
};
const valueAt = (group, y) => {
  const [low, high, top, bottom] = group.dataset.y.split(" ").map(Number);
  const share = (bottom - y) / (bottom - top);
  return group.dataset.log ? low * (high / low) ** share : low + (high - low) * share;
};

const enrich = (chart) => {
  const paths = [...chart.querySelectorAll(".curves path[data-name]")];
  const legend = make("p", {className: "legend"});
  for (const path of paths) {
    const button = make("button", {type: "button"}, path.dataset.name);
    button.setAttribute("aria-pressed", "true");
    button.addEventListener("click", () => {
      const hidden = path.classList.toggle("hidden");
      button.setAttribute("aria-pressed", String(!hidden));
    });
    legend.append(button);
  }
  const reading = make("p", {className: "reading quiet"});
  const decoded = paths.map((path) => [path, decode(path)]);
  const line = document.createElementNS(chart.namespaceURI, "path");
  line.setAttribute("class", "frame");
  chart.append(line);
  const [first, last, left, right] = chart.dataset.x.split(" ").map(Number);
  chart.addEventListener("pointermove", (event) => {
    const box = chart.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * chart.viewBox.baseVal.width;
    if (x < left || x > right) return;
    line.setAttribute("d", `M${x.toFixed(1)} 18V${chart.dataset.bottom}`);
    const at = first + ((x - left) / (right - left)) * (last - first);
    const texts = decoded.filter(([path]) => !path.classList.contains("hidden")).map(([path, points]) => {
      const near = points.reduce((a, b) => (Math.abs(b[0] - x) < Math.abs(a[0] - x) ? b : a));
      return `${path.dataset.name} ≈ ${show(valueAt(path.parentNode, near[1]), path.parentNode.dataset.log ? 2 : 3)}`;
    });
    reading.textContent = `${chart.dataset.unit} ${Math.round(at)}: ${texts.join(", ")}`;
  });
  chart.addEventListener("pointerleave", () => line.removeAttribute("d"));
  chart.after(legend, reading);
};
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries.filter((e) => e.isIntersecting)) {
    watcher.unobserve(entry.target);
    enrich(entry.target);
  }
});
for (const chart of document.querySelectorAll("svg.chart[data-x]")) watcher.observe(chart);

const openTarget = () => {
  const target = /^#run-\d+$/.test(location.hash) && document.querySelector(location.hash);
  if (target) target.open = true;
};
addEventListener("hashchange", openTarget);
openTarget();

let closed = [];
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details:not([open])")];
  if (closed.length <= 50) for (const details of closed) details.open = true;
});
addEventListener("afterprint", () => { for (const details of closed) details.open = false; });

const table = document.getElementById("table");
if (table) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const filter = make("input", {type: "search"});
  const verdicts = make("select", {}, make("option", {value: ""}, "all verdicts"));
  for (const verdict of new Set(rows.map((row) => row.dataset.verdict))) verdicts.append(make("option", {value: verdict}, verdict));
  const shown = make("span", {className: "quiet"});
  shown.setAttribute("role", "status");
  const apply = () => {
    const words = filter.value.toLowerCase();
    let count = 0;
    for (const row of rows) {
      const fits = (!verdicts.value || row.dataset.verdict === verdicts.value) && row.textContent.toLowerCase().includes(words);
      row.classList.toggle("hidden", !fits);
      document.querySelector(row.querySelector("a").getAttribute("href")).classList.toggle("hidden", !fits);
      count += fits;
    }
    shown.textContent = `${count} of ${rows.length} runs`;
  };
  filter.addEventListener("input", apply);
  verdicts.addEventListener("change", apply);
  document.getElementById("controls").append(
    make("label", {}, "Filter ", filter), make("label", {}, "Verdict ", verdicts), shown);
  const key = (row, column) => row.cells[column].dataset.key ?? row.cells[column].textContent;
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = make("button", {type: "button"}, head.textContent);
    let rising = true;
    button.addEventListener("click", () => {
      rows.sort((a, b) => (rising ? 1 : -1) * key(a, column).localeCompare(key(b, column), "en", {numeric: true}));
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", rising ? "ascending" : "descending");
      rising = !rising;
      body.append(...rows);
    });
    head.replaceChildren(button);
  });
}
