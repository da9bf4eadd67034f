// The palette: what was typed is asked of the server, arrows choose, Enter opens what was found for exactly these words.
(() => {
  "use strict";
  const { $, $$ } = window.plantops;
  const form = $("[data-palette]");
  if (!form) return;
  const field = $("[role=combobox]", form);
  const found = () => document.getElementById("found");
  const options = () => $$("[role=option]", found());
  const typed = () => field.value.trim().replace(/\s+/g, " ");
  const isFresh = () => found().dataset.for === typed();
  let wanted = false;

  const choose = (option) => {
    options().forEach((other) => other.setAttribute("aria-selected", String(other === option)));
    if (!option) return field.removeAttribute("aria-activedescendant");
    field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };
  const chosen = () => options().find((option) => option.getAttribute("aria-selected") === "true");
  const leave = (option) => option && (form.closest("dialog")?.close(), option.click());

  form.closest("dialog")?.addEventListener("shown", () => {
    field.select();
    form.dispatchEvent(new Event("opened"));
  });
  field.addEventListener("input", () => (wanted = false));
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const all = options();
      if (!all.length) return;
      event.preventDefault();
      const at = all.indexOf(chosen());
      choose(all[(at + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length]);
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      wanted = !isFresh();
      if (wanted) form.requestSubmit();
      else leave(chosen() ?? (typed() ? options()[0] : null));
    }
  });
  document.addEventListener("htmx:after:swap", () => {
    if (!isFresh()) return;
    if (!chosen()) choose(typed() ? options()[0] : null);
    if (wanted) leave(chosen());
    wanted = false;
  });
})();
