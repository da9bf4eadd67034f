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
  // --- Typed ahead: keys that come while a line is on its way belong to the next one, and are put there when it is open.
  let ahead = null; // { id, keys } of the form whose answer is awaited
  const entry = (event) => event.detail.ctx?.sourceElement?.closest?.("form[data-line][data-entry]");
  const after = (form, field) => {
    const all = typed(form).filter((one) => one.type !== "hidden");
    return all[all.indexOf(field) + 1] ?? field;
  };
  const write = (field, words) => {
    const day = field.type === "date" && words.match(/^(\d{1,2})\.(\d{1,2})\.(\d{4})$/);
    if (day) field.value = `${day[3]}-${day[2].padStart(2, "0")}-${day[1].padStart(2, "0")}`;
    else if (field.tagName === "SELECT") field.value = [...field.options].find((one) => one.text.toLowerCase().startsWith(words.toLowerCase()))?.value ?? field.value;
    else field.value = words;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const play = (form, keys) => {
    let words = "";
    const put = () => {
      if (words) write(document.activeElement, words);
      words = "";
    };
    while (keys.length) {
      const key = keys.shift();
      if (key === "Backspace") words = words.slice(0, -1);
      else if (key.length === 1) words += key;
      else {
        put();
        if (key === "Enter") return form.requestSubmit();
        const field = after(form, document.activeElement);
        field.focus();
        field.select?.();
      }
    }
    put();
  };
  document.addEventListener("htmx:before:request", (event) => {
    const form = entry(event);
    if (form) ahead = { id: form.id, keys: ahead?.keys ?? [] };
  });
  document.addEventListener("htmx:finally:request", (event) => {
    if (entry(event)?.id !== ahead?.id || !ahead) return;
    const [form, keys] = [document.getElementById(ahead.id), ahead.keys];
    ahead = keys.includes("Enter") ? { id: form.id, keys } : null;
    if (sent === event.detail.ctx) play(form, keys);
    else ahead = null;
  });
  document.addEventListener("keydown", (event) => {
    if (!ahead || event.target.form?.id !== ahead.id || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key.length > 1 && !["Tab", "Enter", "Backspace"].includes(event.key)) return;
    if (event.key === "Tab" && event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    ahead.keys.push(event.key);
  }, true);
  // A letter that no single key makes, such as é, and what is pasted.
  document.addEventListener("beforeinput", (event) => {
    if (!ahead || event.target.form?.id !== ahead.id) return;
    const words = event.data ?? event.dataTransfer?.getData("text/plain") ?? "";
    event.preventDefault();
    ahead.keys.push(...words.replace(/[\r\n\t]+/g, " "));
  }, true);
  // In a row, Escape leaves it as it is.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const row = event.target.closest?.("#line-rows tr");
    $("button[name=show]", row ?? document.createElement("i"))?.click();
  });
})();
