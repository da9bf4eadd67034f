// Lines of a document, typed without a mouse: Enter adds one and goes to the next; what was typed last stays where it helps.
(() => {
  "use strict";
  const { $, $$ } = window.plantops;
  const typed = (form) => [...form.elements].filter((field) => field.name && !field.name.startsWith("_") && field.type !== "submit" && field.type !== "button");

  // The day and who pays are mostly the same on the next line; the rest begins anew, at its first field.
  const next = (form) => {
    let first = null;
    for (const field of typed(form)) {
      if (field.type === "hidden") field.value = "";
      else if (field.type === "date") field.defaultValue = field.value;
      else if (field.tagName === "SELECT") [...field.options].forEach((option) => (option.defaultSelected = option.selected));
      else {
        field.value = field.defaultValue;
        first ??= field;
      }
    }
    first?.focus();
  };
  const versions = () => {
    const now = $("#line-acts [name=_version]")?.value;
    if (now) $$("form[data-line][data-fresh] [name=_version]").forEach((field) => (field.value = now));
  };
  let sent = null;
  document.addEventListener("htmx:after:swap", (event) => {
    const { ctx } = event.detail;
    const form = ctx.sourceElement?.closest?.("form");
    if (!form?.matches("[data-line]") || !(ctx.response?.status < 400) || sent === ctx) return;
    sent = ctx;
    versions();
    if ("entry" in form.dataset) next(document.getElementById(form.id));
    else $("#line-rows [autofocus]")?.focus();
  });
  // In a row, Escape leaves it as it is.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const row = event.target.closest?.("#line-rows tr");
    $("button[name=show]", row ?? document.createElement("i"))?.click();
  });
})();
