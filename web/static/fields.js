// Fields: choosing from the server's list.
(() => {
  "use strict";
  const { $, $$, say, sentences } = window.plantops;

  // --- A field with a list from the server. An option counts only for the words that stand in the field now.
  const asked = new WeakMap();
  const listOf = (box) => $("[role=listbox]", box);
  const close = (box) => {
    listOf(box).hidden = true;
    $("[role=combobox]", box).setAttribute("aria-expanded", "false");
    $("[role=combobox]", box).removeAttribute("aria-activedescendant");
  };
  const activate = (box, option) => {
    $$("[role=option]", box).forEach((other) => other.setAttribute("aria-selected", String(other === option)));
    option.scrollIntoView({ block: "nearest" });
    $("[role=combobox]", box).setAttribute("aria-activedescendant", option.id);
  };
  const choose = (box, option) => {
    $("input[type=hidden]", box).value = option.dataset.value;
    const field = $("[role=combobox]", box);
    field.value = option.dataset.label;
    field.removeAttribute("aria-invalid");
    close(box);
    field.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const look = (box, pause) => {
    const field = $("[role=combobox]", box);
    const state = asked.get(box) ?? {};
    clearTimeout(state.timer);
    state.abort?.abort();
    state.abort = new AbortController();
    const words = field.value.trim();
    delete box.dataset.moved;
    state.promise = new Promise((resolve) => {
      state.timer = setTimeout(async () => {
        try {
          const url = box.dataset.combo + (box.dataset.combo.includes("?") ? "&" : "?") + new URLSearchParams({ q: words });
          const answer = await fetch(url, { signal: state.abort.signal, headers: { "HX-Request": "true", "HX-Request-Type": "partial" } });
          if (!answer.ok) throw new Error(String(answer.status));
          listOf(box).innerHTML = await answer.text();
          listOf(box).dataset.for = words;
          const first = $("[role=option][data-value]", box);
          if (first && words) activate(box, first);
        } catch (error) {
          if (error.name !== "AbortError") say(sentences.noList, "bad");
        }
        resolve();
      }, pause);
    });
    asked.set(box, state);
    return state.promise;
  };
  const open = (box) => {
    listOf(box).hidden = false;
    $("[role=combobox]", box).setAttribute("aria-expanded", "true");
  };
  document.addEventListener("input", async (event) => {
    const box = event.target.closest?.("[data-combo]");
    if (!box) return;
    $("input[type=hidden]", box).value = "";
    await look(box, 120);
    if (document.activeElement === event.target) open(box);
  });
  document.addEventListener("keydown", async (event) => {
    const box = event.target.closest?.("[data-combo]");
    if (!box) return;
    const options = $$("[role=option][data-value]", box);
    const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (listOf(box).hidden) {
        await look(box, 0);
        open(box);
      } else if (options.length) {
        activate(box, options[(at + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length]);
        box.dataset.moved = "";
      }
    } else if (event.key === "Enter" && !listOf(box).hidden && at >= 0) {
      event.preventDefault();
      if (listOf(box).dataset.for === event.target.value.trim()) choose(box, options[at]);
    } else if (event.key === "Tab") {
      const isMeant = "moved" in box.dataset && at >= 0 && !listOf(box).hidden && listOf(box).dataset.for === event.target.value.trim();
      if (isMeant) choose(box, options[at]); // gone to with the arrows, for just these words
      close(box); // a long list scrolls, and what scrolls would be the next stop
    } else if (event.key === "Escape" && !listOf(box).hidden) {
      event.stopPropagation();
      close(box);
    }
  });
  document.addEventListener("mousedown", (event) => {
    const option = event.target.closest?.("[role=option][data-value]");
    if (!option) return;
    event.preventDefault();
    choose(option.closest("[data-combo]"), option);
  });
  // Left by a fast Tab: wait for the list of exactly these words, take the only option or the one with this name.
  document.addEventListener("focusout", async (event) => {
    const box = event.target.closest?.("[data-combo]");
    if (!box || event.target.getAttribute("role") !== "combobox") return;
    const field = event.target;
    const words = field.value.trim();
    if (!words || $("input[type=hidden]", box).value) return close(box);
    if (listOf(box).dataset.for !== words) await look(box, 0);
    const options = $$("[role=option][data-value]", box);
    const same = options.filter((option) => option.dataset.label.toLowerCase() === words.toLowerCase());
    const [only] = same.length === 1 ? same : options.length === 1 ? options : [];
    if (only && field.value.trim() === words) choose(box, only);
    else if (field.value.trim() === words) field.setAttribute("aria-invalid", "true");
    close(box);
  });

  // --- A file that is too large is said before it is sent.
  document.addEventListener("change", (event) => {
    const box = event.target.matches?.("input[type=file]") && event.target.closest("[data-most-bytes]");
    if (!box) return;
    const large = [...event.target.files].some((file) => file.size > Number(box.dataset.mostBytes));
    document.getElementById(`${event.target.id}-error`).textContent = large ? box.dataset.tooLarge : "";
    if (large) event.target.value = "";
  });
})();
