"use strict";
// Sort and search for the tables; without this script they are complete, in the order of the ranking.
const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
const value = (row, at) => {
  const cell = row.cells[at];
  return cell.dataset.v === undefined ? null : Number(cell.dataset.v);
};
function compare(a, b, at) {
  const [x, y] = [value(a, at), value(b, at)];
  if (x !== null && y !== null) return x - y;
  if (x !== null || y !== null) return x === null ? 1 : -1;
  return collator.compare(a.cells[at].textContent, b.cells[at].textContent);
}
function sortable(table) {
  const body = table.tBodies[0];
  [...table.tHead.rows[0].cells].forEach((head, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.title = table.dataset.sort;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows].sort((a, b) => compare(a, b, at) * (down ? -1 : 1));
      body.append(...rows);
    });
  });
}
function labelled(text, control) {
  const label = document.createElement("label");
  label.append(text, control);
  return label;
}
function searchable(table) {
  const tools = document.createElement("div");
  tools.className = "tools";
  const input = document.createElement("input");
  input.type = "search";
  const output = document.createElement("output");
  const rows = [...table.tBodies[0].rows];
  tools.append(labelled(table.dataset.search, input));
  const badges = [...new Set(rows.flatMap((r) => [...r.querySelectorAll("span.badge")].map((b) => b.textContent)))];
  const select = document.createElement("select");
  if (badges.length > 1) {
    for (const text of ["", ...badges]) select.add(new Option(text || table.dataset.all, text));
    tools.append(labelled(table.querySelector("th.badge").textContent, select));
  }
  const show = () => {
    const words = input.value.toLocaleLowerCase(document.documentElement.lang).split(/\s+/);
    let n = 0;
    for (const row of rows) {
      const text = row.textContent.toLocaleLowerCase(document.documentElement.lang);
      const badge = row.querySelector("span.badge");
      row.hidden = !words.every((w) => text.includes(w)) || (select.value && badge?.textContent !== select.value);
      if (!row.hidden) n += 1;
    }
    output.textContent = `${table.dataset.shown}: ${n} / ${rows.length}`;
  };
  input.addEventListener("input", show);
  select.addEventListener("change", show);
  tools.append(output);
  table.closest(".sheet").before(tools);
  show();
}
for (const table of document.querySelectorAll("table")) {
  if (table.dataset.search) searchable(table);
  if (table.tBodies[0].rows.length > 5) sortable(table);
}
// What does not scroll needs no stop on the way of the Tab key.
const sized = new ResizeObserver((seen) => {
  for (const { target } of seen) target.tabIndex = target.scrollWidth > target.clientWidth ? 0 : -1;
});
for (const box of document.querySelectorAll(".sheet, .drawing")) sized.observe(box);
// The contents show which chapter is being read.
const marked = new IntersectionObserver((seen) => {
  for (const { target, isIntersecting } of seen) {
    const link = document.querySelector(`.contents a[href="#${target.id}"]`);
    if (isIntersecting) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}, { rootMargin: "-20% 0px -79% 0px" });
for (const chapter of document.querySelectorAll(".chapters > section")) marked.observe(chapter);
