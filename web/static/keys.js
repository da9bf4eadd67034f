// Lists and forms by keyboard; single keys can be switched off in the help dialog.
(() => {
  "use strict";
  const { $, $$, openDialog } = window.plantops;
  const box = $("[data-single-keys]");
  const on = () => box?.checked ?? true;

  const rows = () => $$("[data-row]");
  const current = () => document.activeElement?.closest?.("[data-row]");
  const step = (by) => {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(current());
    const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)];
    rows().forEach((row) => row.classList.toggle("is-current", row === next));
    ($(".c-lead a, a", next) ?? $("input", next))?.focus();
    next.scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("focusin", () => rows().forEach((row) => row.classList.toggle("is-current", row === current())));

  const open = (id) => openDialog(document.getElementById(id));
  // What changes things: of the current row there or on its own page, else of this page.
  const change = () => {
    const row = current();
    const there = row && $("[data-edits]", row);
    if (row?.dataset.row && !there) return location.assign(`${row.dataset.row}#change`);
    (there ?? $("main [data-edits]"))?.click();
  };
  if (location.hash === "#change") {
    history.replaceState(null, "", location.pathname + location.search);
    $("main [data-edits]")?.click();
  }
  let goes = 0;
  const go = (key) => $(`[data-goes="${CSS.escape(key)}"]`)?.click();
  const single = {
    j: () => step(1),
    k: () => step(-1),
    x: () => $(".pick input", current() ?? document.createElement("tr"))?.click(),
    e: change,
    m: () => $("[data-moves]", current() ?? document.createElement("tr"))?.click(),
    "/": () => ($("[data-search]") ?? $("main [type=search]"))?.focus(),
    "?": () => open("shortcuts"),
    g: () => (goes = Date.now()),
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return event.target.form?.requestSubmit();
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      const field = $("main [data-palette] input");
      if (!field && !document.getElementById("palette")) return;
      event.preventDefault();
      return field ? field.focus() : open("palette");
    }
    const typing = event.target.closest("input:not([type=checkbox]):not([type=radio]),textarea,select,[contenteditable],dialog[open]");
    if (!on() || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const going = Date.now() - goes < 1500 && event.key.length === 1;
    if (!going && !single[event.key]) return;
    event.preventDefault();
    if (!going) return single[event.key]();
    goes = 0;
    go(event.key);
  });

  // More rows were asked for: the link is another one now, so the first of the new rows has the focus.
  let before = null;
  const wantsMore = (event) => event.detail.ctx.sourceElement?.matches?.(".more a, .more-row a");
  document.addEventListener("htmx:before:request", (event) => wantsMore(event) && (before = new Set(rows())));
  document.addEventListener("htmx:finally:request", (event) => {
    if (!wantsMore(event) || !before) return;
    const first = rows().find((row) => !before.has(row));
    before = null;
    if (first && (document.activeElement ?? document.body) === document.body) ($(".c-lead a, a", first) ?? $("input", first))?.focus();
  });

  // --- Picked rows
  const picks = (list) => $$("tbody .pick input", list);
  const count = (list) => {
    const picked = picks(list).filter((pick) => pick.checked).length;
    const bar = $("[data-bulk]", list);
    if (!bar) return;
    bar.hidden = !picked;
    $("[data-count]", bar).textContent = picked;
    const all = $("[data-pick-all]", list);
    all.checked = picked > 0 && picked === picks(list).length;
    all.indeterminate = picked > 0 && !all.checked;
  };
  document.addEventListener("change", (event) => {
    const list = event.target.closest("[data-list]");
    if (!list) return;
    if (event.target.matches("[data-pick-all]")) picks(list).forEach((pick) => (pick.checked = event.target.checked));
    count(list);
  });
  // Many picks in one word: as one part each they would not fit into an address.
  document.addEventListener("formdata", (event) => {
    if (!event.target.matches("[data-bulk] form[method=get]")) return;
    const ids = event.formData.getAll("ids");
    event.formData.delete("ids");
    if (ids.length) event.formData.set("ids", ids.join(" "));
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-pick-none]")) return;
    const list = event.target.closest("[data-list]");
    picks(list).forEach((pick) => (pick.checked = false));
    count(list);
  });
  // An open group is shut where it stands; a shut one is asked for by htmx.
  document.addEventListener("click", (event) => {
    const group = event.target.closest?.("[data-group]");
    if (!group || group.getAttribute("aria-expanded") !== "true" || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    document.getElementById(group.dataset.group).replaceChildren();
    group.setAttribute("aria-expanded", "false");
  }, true);
  document.addEventListener("htmx:after:swap", () => $$("[data-group]").forEach((group) =>
    group.setAttribute("aria-expanded", String(document.getElementById(group.dataset.group).childElementCount > 0))));
  document.addEventListener("click", (event) => event.target.closest("[data-prints]") && window.print());
  document.addEventListener("htmx:after:swap", () => $$("[data-list]").forEach(count));
})();
