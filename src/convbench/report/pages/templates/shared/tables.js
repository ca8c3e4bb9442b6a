// Tables of class "sortable": a click on a heading sorts by it, words typed above leave the rows that hold them all.
"use strict";
const FEW = 200; // rows on the screen at first: a browser takes seconds to lay thousands out
const collator = new Intl.Collator();
const count = (number) => number.toLocaleString("en");
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  let rows = [...body.rows];
  let all = false;
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));

  const filter = document.createElement("input");
  filter.type = "search";
  filter.placeholder = "Filter the rows";
  filter.setAttribute("aria-label", "Show the rows that hold these words");
  const status = document.createElement("span");
  status.setAttribute("role", "status");
  const more = document.createElement("button");
  more.type = "button";
  more.className = "more";

  const show = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const row of rows) {
      row.hidden = !words.every((word) => texts.get(row).includes(word));
      found += !row.hidden;
      row.classList.toggle("beyond", !all && found > FEW);
    }
    more.hidden = all || found <= FEW;
    more.textContent = `Show all ${count(found)} rows`;
    status.textContent = (words.length ? `${count(found)} of ${count(rows.length)}` : "") +
      (more.hidden ? "" : `${words.length ? ", " : ""}the first ${FEW} shown`);
  };

  const value = (row, column) => {
    const cell = row.cells[column];
    const text = (cell.dataset.value ?? cell.textContent).trim();
    const number = Number(text.replace(/[,%]/g, ""));
    return text === "–" ? "" : text === "" || Number.isNaN(number) ? text : number;
  };
  const compare = (a, b) => {
    return typeof a === "number" && typeof b === "number" ? a - b : collator.compare(a, b);
  };
  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    if (heading.classList.contains("strip")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const falling = heading.getAttribute("aria-sort") === "ascending" ||
        (heading.classList.contains("n") && heading.getAttribute("aria-sort") !== "descending");
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", falling ? "descending" : "ascending");
      const keyed = rows.map((row) => [value(row, column), row]); // once each: thousands are compared
      const known = keyed.filter(([key]) => key !== "");
      const missing = keyed.filter(([key]) => key === "");
      known.sort(([a], [b]) => compare(a, b) * (falling ? -1 : 1));
      rows = [...known, ...missing].map(([, row]) => row);
      show();
      body.replaceChildren(...rows);
    });
  });

  const goTo = () => { // a link may lead to a row that is not on the screen
    const row = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!body.contains(row) || row.checkVisibility()) return;
    filter.value = "";
    all = true;
    show();
    row.scrollIntoView();
  };
  filter.addEventListener("input", show);
  more.addEventListener("click", () => { all = true; show(); });
  window.addEventListener("hashchange", goTo);

  const bar = document.createElement("p");
  bar.className = "filter";
  bar.append(filter, " ", status);
  const box = table.closest(".wide") ?? table;
  box.before(bar);
  box.after(more);
  show();
  goTo();
}
