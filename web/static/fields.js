// Fields: choosing from the server's list, nothing typed is lost, and two people's changes brought together.
(() => {
  "use strict";
  const { $, $$, say, formOf } = window.plantops;
  const user = document.body.dataset.user;

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
          if (error.name !== "AbortError") say("The list cannot be loaded. Try again in a moment.", "bad");
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
      } else if (options.length) activate(box, options[(at + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length]);
    } else if (event.key === "Enter" && !listOf(box).hidden && at >= 0) {
      event.preventDefault();
      if (listOf(box).dataset.for === event.target.value.trim()) choose(box, options[at]);
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

  // --- Unsaved changes: the browser asks before they are left.
  const shown = (field) => {
    if (field.type === "checkbox" || field.type === "radio") return String(field.checked);
    if (field.tagName === "SELECT") return [...field.selectedOptions].map((option) => option.value).join("\n");
    return field.value;
  };
  const original = (field) => {
    if (field.type === "checkbox" || field.type === "radio") return String(field.defaultChecked);
    if (field.tagName !== "SELECT") return field.defaultValue;
    const set = [...field.options].filter((option) => option.defaultSelected);
    return (set.length || field.multiple ? set : [...field.options].slice(0, 1)).map((option) => option.value).join("\n");
  };
  const typedIn = (form) => [...form.elements].filter((field) => field.name && !field.name.startsWith("_") && field.type !== "submit" && field.type !== "button");
  const isDirty = (form) => typedIn(form).some((field) => (field.type === "file" ? field.files.length : shown(field) !== original(field)));
  window.addEventListener("beforeunload", (event) => {
    if ($$("form[data-guard]").some((form) => !form.dataset.leaving && isDirty(form))) event.preventDefault();
  });
  document.addEventListener("submit", (event) => (event.target.dataset.leaving = "1"), true);
  document.addEventListener("htmx:finally:request", (event) => {
    const { ctx } = event.detail;
    const form = formOf(ctx.sourceElement);
    if (form && !(ctx.response?.status < 400) && ctx.response?.status !== 401) delete form.dataset.leaving;
    else if (form && !ctx.hx?.redirect) delete form.dataset.leaving;
  });

  // --- The session ended under somebody's hands: what they typed waits for them behind the sign-in.
  const place = (form) => `kept:${location.pathname}#${form.id}`;
  const keep = (form) => {
    const values = [...form.elements]
      .filter((field) => field.name && !["_csrf", "_key"].includes(field.name) && !["password", "file", "submit", "button"].includes(field.type))
      .map((field) => [field.name, field.type === "checkbox" || field.type === "radio" ? [field.value, field.checked] : shown(field)]);
    sessionStorage.setItem(place(form), JSON.stringify({ user, values }));
  };
  document.addEventListener("htmx:before:response", (event) => {
    const { ctx } = event.detail;
    if (ctx.response.status !== 401) return;
    $$("form[data-guard]").filter((form) => form.id && isDirty(form)).forEach(keep);
    $$("form").forEach((form) => (form.dataset.leaving = "1"));
  });
  const restore = (form) => {
    const kept = JSON.parse(sessionStorage.getItem(place(form)) ?? "null");
    if (!kept || kept.user !== user) return false;
    sessionStorage.removeItem(place(form));
    for (const [name, value] of kept.values) {
      for (const field of [...form.elements].filter((element) => element.name === name)) {
        if (Array.isArray(value)) {
          if (field.value === value[0]) field.checked = value[1];
        } else if (field.tagName === "SELECT") [...field.options].forEach((option) => (option.selected = value.split("\n").includes(option.value)));
        else field.value = value;
      }
    }
    const dialog = form.closest("dialog");
    if (dialog && !dialog.open) dialog.showModal();
    return true;
  };
  if (user && $$("form[id]").filter(restore).length) say("What you typed before you signed in again is back. Check it, then save.", "info");
  document.addEventListener("submit", (event) => "forgets" in event.target.dataset && sessionStorage.clear());

  // --- Two people changed the same: what only one of them touched is brought together, for the rest the person chooses.
  const spoken = (field, value) => {
    if (field.type === "checkbox") return value === "true" ? "yes" : "no";
    if (field.tagName !== "SELECT") return value || "(empty)";
    return [...field.options].filter((option) => value.split("\n").includes(option.value)).map((option) => option.textContent.trim()).join(", ") || "(none)";
  };
  const put = (field, value) => {
    if (field.type === "checkbox") field.checked = value === "true";
    else if (field.tagName === "SELECT") [...field.options].forEach((option) => (option.selected = value.split("\n").includes(option.value)));
    else field.value = value;
  };
  const question = (field, mine, theirs) => {
    const set = document.createElement("fieldset");
    set.className = "choice";
    const legend = document.createElement("legend");
    legend.textContent = $(`label[for="${CSS.escape(field.id)}"]`)?.textContent.replace("*", "").trim() ?? field.name;
    set.append(legend);
    for (const [who, value, checked] of [["Yours", mine, true], ["Theirs", theirs, false]]) {
      const label = document.createElement("label");
      const radio = document.createElement("input");
      Object.assign(radio, { type: "radio", name: `_merge-${field.name}`, className: "form-check-input", checked });
      radio.addEventListener("change", () => put(field, value));
      const text = document.createElement("span");
      text.textContent = `${who}: ${spoken(field, value)}`;
      label.append(radio, text);
      set.append(label);
    }
    return set;
  };
  const merge = async (note) => {
    const form = document.getElementById(note.dataset.merge);
    delete note.dataset.merge;
    const fields = typedIn(form).filter((field) => field.type !== "hidden" && field.type !== "file" && field.type !== "radio");
    if (!fields.length) return;
    const answer = await fetch(form.dataset.fresh ?? location.href, { headers: { Accept: "text/html" } });
    const fresh = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(form.id);
    if (!fresh) return;
    let taken = 0;
    const questions = [];
    for (const field of fields) {
      const other = [...fresh.elements].find((element) => element.name === field.name);
      if (!other) continue;
      const [base, mine, theirs] = [original(field), shown(field), original(other)];
      if (mine === theirs || theirs === base) continue;
      if (mine === base) {
        put(field, theirs);
        taken += 1;
      } else questions.push(question(field, mine, theirs));
    }
    for (const name of ["_version", "_key", "_csrf"]) {
      const [old, now] = [form.elements[name], fresh.elements[name]];
      if (old && now) old.value = now.value;
    }
    const words = document.createElement("p");
    words.textContent = `${taken ? `Their change of ${taken} other field${taken > 1 ? "s" : ""} was taken over. ` : ""}${questions.length ? "You both changed the following; choose, then save again." : "Nothing of yours was touched: look it over and save again."}`;
    $("[data-compare]", note).replaceChildren(words, ...questions);
  };
  document.addEventListener("htmx:after:swap", () => $$("[data-merge]").forEach(merge));

  // --- A file that is too large is said before it is sent.
  document.addEventListener("change", (event) => {
    const box = event.target.matches?.("input[type=file]") && event.target.closest("[data-most-bytes]");
    if (!box) return;
    const large = [...event.target.files].some((file) => file.size > Number(box.dataset.mostBytes));
    document.getElementById(`${event.target.id}-error`).textContent = large ? box.dataset.tooLarge : "";
    if (large) event.target.value = "";
  });
})();
