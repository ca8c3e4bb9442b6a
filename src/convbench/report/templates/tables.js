// Tables of class "sortable": a click on a heading sorts by it, words typed above leave the rows that hold them all.
"use strict";
const collator = new Intl.Collator();
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
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
      body.replaceChildren(...[...known, ...missing].map(([, row]) => row));
    });
  });
  const filter = document.createElement("input");
  filter.type = "search";
  filter.placeholder = "Filter the rows";
  filter.setAttribute("aria-label", "Show the rows that hold these words");
  const count = document.createElement("span");
  count.setAttribute("role", "status");
  const said = rows.map((row) => row.textContent.toLowerCase());
  filter.addEventListener("input", () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, number) => {
      row.hidden = !words.every((word) => said[number].includes(word));
      shown += !row.hidden;
    });
    count.textContent = words.length ? `${shown} of ${rows.length}` : "";
  });
  const bar = document.createElement("p");
  bar.className = "filter";
  bar.append(filter, " ", count);
  (table.closest(".wide") ?? table).before(bar);
}
