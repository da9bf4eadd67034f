// What hangs on a record: people are called in from a list while one types, files are dropped where they belong.
(() => {
  "use strict";
  const { $, $$ } = window.plantops;

  // --- @: the list of people under the text that is being typed.
  const CALL = /(?:^|[^\w@])@([\p{L}\w.+-]{0,40})$/u;
  const listOf = (field) => document.getElementById(field.getAttribute("aria-controls"));
  const asked = new WeakMap();
  const close = (field) => {
    listOf(field).hidden = true;
    field.removeAttribute("aria-activedescendant");
  };
  const mark = (field, option) => {
    $$("[role=option]", listOf(field)).forEach((other) => other.setAttribute("aria-selected", String(other === option)));
    option.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", option.id);
  };
  const put = (field, option) => {
    const login = option.querySelector(".muted").textContent;
    const before = field.value.slice(0, field.selectionStart).replace(/@[^@]*$/u, `${login} `);
    field.setRangeText(before, 0, field.selectionStart, "end");
    close(field);
    field.focus();
  };
  document.addEventListener("input", async (event) => {
    const field = event.target;
    if (!field.dataset?.mentions) return;
    asked.get(field)?.abort();
    const call = CALL.exec(field.value.slice(0, field.selectionStart));
    if (!call) return close(field);
    const stop = new AbortController();
    asked.set(field, stop);
    try {
      await new Promise((resolve) => setTimeout(resolve, 120));
      if (stop.signal.aborted) return;
      const answer = await fetch(`${field.dataset.mentions}?${new URLSearchParams({ q: call[1] })}`, { signal: stop.signal, headers: { "HX-Request": "true", "HX-Request-Type": "partial" } });
      if (!answer.ok) return close(field);
      listOf(field).innerHTML = await answer.text();
    } catch (error) {
      if (error.name !== "AbortError") close(field);
      return;
    }
    const first = $("[role=option][data-value]", listOf(field));
    listOf(field).hidden = !first;
    if (first) mark(field, first);
  });
  document.addEventListener(
    "keydown",
    (event) => {
      const field = event.target;
      if (!field.dataset?.mentions || listOf(field).hidden) return;
      const options = $$("[role=option][data-value]", listOf(field));
      const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
      if (event.key === "ArrowDown" || event.key === "ArrowUp") mark(field, options[(at + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length]);
      else if ((event.key === "Enter" || event.key === "Tab") && !event.ctrlKey && at >= 0) put(field, options[at]);
      else if (event.key === "Escape") close(field);
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
    true,
  );
  document.addEventListener("mousedown", (event) => {
    const option = event.target.closest?.("[role=option][data-value]");
    const field = option && $$("[data-mentions]").find((one) => listOf(one).contains(option));
    if (!field) return;
    event.preventDefault();
    event.stopPropagation();
    put(field, option);
  }, true);
  document.addEventListener("focusout", (event) => event.target.dataset?.mentions && close(event.target));

  // --- A step that can be taken back: the seconds run, then the offer goes; what is being read or focused stays a little.
  for (const offer of $$("[data-undo]")) {
    const until = Date.now() + Number(offer.dataset.undo) * 1000;
    const left = $("[data-left]", offer);
    const unit = left.textContent.replace(/^\d+/, "");
    const tick = setInterval(() => {
      const seconds = Math.round((until - Date.now()) / 1000);
      if (seconds > 0) left.textContent = `${seconds}${unit}`;
      else {
        clearInterval(tick);
        offer.remove();
      }
    }, 1000);
  }

  // --- Files dropped anywhere on the record go into its form; nothing is sent before the button.
  const form = () => document.getElementById("attach");
  const holdsFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!form() || !holdsFiles(event)) return;
    event.preventDefault();
    form().classList.add("is-over");
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget === null && form()?.classList.remove("is-over"));
  document.addEventListener("drop", (event) => {
    if (!form() || !holdsFiles(event)) return;
    event.preventDefault();
    form().classList.remove("is-over");
    const field = $("input[name=file]", form());
    field.files = event.dataTransfer.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
    field.focus();
  });
})();
