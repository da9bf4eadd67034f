// What was typed is not lost: the browser asks before it is left, the server keeps it some seconds after the last key,
// and two people's changes of the same are brought together.
(() => {
  "use strict";
  const { $, $$, say, formOf, renew, unpack } = window.plantops;
  const user = document.body.dataset.user;
  const PAUSE = 3000;

  // --- Fields: what stands in one, what the page came with. A choice from the server's list is its id and its words.
  const comboOf = (field) => (field.getAttribute("role") === "combobox" ? field.closest("[data-combo]") : null);
  const idOf = (field) => $("input[type=hidden]", comboOf(field));
  for (const hidden of $$("[data-combo] > input[type=hidden]")) hidden.dataset.was = hidden.value;
  const picked = (field) => [...field.options].filter((option) => option.selected);
  const group = (field) => [...(field.form ?? document).querySelectorAll(`input[type=radio][name="${CSS.escape(field.name)}"]`)];
  const shown = (field) => {
    if (comboOf(field)) return `${idOf(field).value}\n${field.value}`;
    if (field.type === "radio") return group(field).find((one) => one.checked)?.value ?? "";
    if (field.type === "checkbox") return String(field.checked);
    return field.tagName === "SELECT" ? picked(field).map((option) => option.value).join("\n") : field.value;
  };
  const original = (field) => {
    if (comboOf(field)) return `${idOf(field).dataset.was ?? idOf(field).getAttribute("value") ?? ""}\n${field.defaultValue}`;
    if (field.type === "radio") return group(field).find((one) => one.defaultChecked)?.value ?? "";
    if (field.type === "checkbox") return String(field.defaultChecked);
    if (field.tagName !== "SELECT") return field.defaultValue;
    const set = [...field.options].filter((option) => option.defaultSelected);
    return (set.length || field.multiple ? set : [...field.options].slice(0, 1)).map((option) => option.value).join("\n");
  };
  const put = (field, value) => {
    if (comboOf(field)) [idOf(field).value, field.value] = [value.split("\n")[0], value.split("\n").slice(1).join("\n")];
    else if (field.type === "radio") group(field).forEach((one) => (one.checked = one.value === value));
    else if (field.type === "checkbox") field.checked = value === "true";
    else if (field.tagName === "SELECT") [...field.options].forEach((option) => (option.selected = value.split("\n").includes(option.value)));
    else field.value = value;
  };
  const UNTYPED = ["hidden", "submit", "button", "file", "password"];
  const typedIn = (form) => {
    const fields = [...form.elements].filter((field) => field.name && !field.name.startsWith("_") && !UNTYPED.includes(field.type));
    return fields.filter((field) => field.type !== "radio" || group(field)[0] === field);
  };
  const isTyped = (form) => typedIn(form).some((field) => shown(field) !== original(field));
  const isDirty = (form) => isTyped(form) || $$("input[type=file]", form).some((field) => field.files.length);

  // --- Unsaved changes: the browser asks before they are left.
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

  // --- Kept on the server for this person alone, some seconds after the last key and when the page goes away.
  const isKept = (form) => form.matches("form[data-guard][id]") && user && !$("input[type=password]", form);
  const waiting = new Map();
  const csrf = () => JSON.parse(document.body.getAttribute("hx-headers:inherited") ?? "{}")["X-CSRF-Token"] ?? "";
  const post = (url, fields) =>
    fetch(url, { method: "POST", keepalive: true, headers: { "X-CSRF-Token": csrf() }, body: new URLSearchParams(fields) });
  const send = async (url, fields) => {
    const answer = await post(url, fields).catch(() => null);
    if (answer?.headers.get("plantops-form") === "expired" && (await renew().catch(() => false))) await post(url, fields).catch(() => {});
  };
  const place = (form) => `${location.pathname}#${form.id}`;
  const saved = new WeakMap();
  const save = (form) => {
    clearTimeout(waiting.get(form));
    waiting.delete(form);
    if (form.dataset.leaving || !form.isConnected) return;
    const values = JSON.stringify(typedIn(form).map((field) => [field.name, shown(field), original(field)]));
    if (saved.get(form) === values) return;
    if (isTyped(form)) {
      saved.set(form, values);
      send("/typed", { place: place(form), values });
    } else if (saved.has(form)) {
      saved.delete(form);
      send("/typed/forget", { place: place(form) });
    }
  };
  const later = (event) => {
    const form = formOf(event.target);
    if (!form || !isKept(form)) return;
    clearTimeout(waiting.get(form));
    waiting.set(form, setTimeout(() => save(form), PAUSE));
  };
  document.addEventListener("input", later);
  document.addEventListener("change", later);
  document.addEventListener("submit", (event) => clearTimeout(waiting.get(event.target)), true);
  window.addEventListener("pagehide", () => [...waiting.keys()].forEach(save));
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && [...waiting.keys()].forEach(save));

  // --- Two people changed the same: what only one of them touched is brought together, for the rest the person chooses.
  const spoken = (field, value, words) => {
    if (comboOf(field)) return value.split("\n").slice(1).join(" ") || words.empty;
    if (field.type === "checkbox") return value === "true" ? words.yes : words.no;
    if (field.type === "radio") return group(field).find((one) => one.value === value)?.labels?.[0]?.textContent.trim() ?? words.empty;
    if (field.tagName !== "SELECT") return value || words.empty;
    return [...field.options].filter((option) => value.split("\n").includes(option.value)).map((option) => option.textContent.trim()).join(", ") || words.empty;
  };
  const labelOf = (field) => (field.type === "radio" ? $("legend", field.closest("fieldset")) : field.labels?.[0])?.firstChild?.textContent.trim() ?? field.name;
  const question = (field, sides, words) => {
    const set = document.createElement("fieldset");
    set.className = "choice";
    const legend = document.createElement("legend");
    legend.textContent = labelOf(field);
    set.append(legend);
    sides.forEach(([who, value], n) => {
      const label = document.createElement("label");
      const radio = document.createElement("input");
      Object.assign(radio, { type: "radio", name: `_merge-${field.id}`, className: "form-check-input", checked: n === 0 });
      radio.addEventListener("change", () => put(field, value));
      const text = document.createElement("span");
      text.textContent = `${who}: ${spoken(field, value, words)}`;
      label.append(radio, text);
      set.append(label);
    });
    return set;
  };
  // `sides` gives for each field what stood there before, what I typed, and what stands there now.
  const bring = (form, note, sides) => {
    const words = note.dataset;
    const questions = [];
    let taken = 0;
    for (const field of typedIn(form)) {
      const [base, mine, theirs] = sides(field) ?? [];
      if (base === undefined || mine === theirs) continue;
      put(field, mine === base ? theirs : mine);
      if (theirs === base) continue;
      if (mine === base) taken += 1;
      else questions.push(question(field, [[words.yours, mine], [words.theirs, theirs], [words.before, base]], words));
    }
    const said = [taken ? (taken === 1 ? words.takenOne : words.takenMany.replace("{n}", taken)) : "", questions.length ? words.both : words.none];
    const text = document.createElement("p");
    text.textContent = said.filter(Boolean).join(" ");
    $("[data-compare]", note).replaceChildren(text, ...questions);
    ($("input", questions[0] ?? note) ?? note).focus();
  };
  const merge = async (note) => {
    const form = document.getElementById(note.dataset.merge);
    delete note.dataset.merge;
    const answer = await fetch(form.dataset.fresh ?? location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok && answer.status !== 404) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(form.id);
    if (!fresh) {
      $("[data-compare]", note).textContent = note.dataset.gone;
      return;
    }
    $$("[data-renewed]").forEach((part) => part.replaceChildren(...(page.getElementById(part.id)?.childNodes ?? part.childNodes)));
    bring(form, note, (field) => {
      const other = [...fresh.elements].find((element) => element.name === field.name);
      return other && [original(field), shown(field), original(other)];
    });
    for (const name of ["_version", "_key", "_csrf"]) {
      const [old, now] = [form.elements[name], fresh.elements[name]];
      if (old && now) old.value = now.value;
    }
  };
  document.addEventListener("htmx:after:swap", () => $$("[data-merge]").forEach(merge));

  // --- Offered again: what was typed before, laid over what stands there now.
  if ($("[data-typed]") || Object.keys(sessionStorage).some((key) => key.startsWith(`kept:${location.pathname}#`))) unpack();
  for (const note of $$("[data-typed]")) {
    const form = document.getElementById(note.dataset.typed);
    if (!form || !isKept(form)) {
      note.remove();
      continue;
    }
    const kept = new Map(JSON.parse(note.dataset.values).map(([name, mine, base]) => [name, [base, mine]]));
    const dialog = form.closest("dialog");
    if (!dialog) form.prepend(note);
    note.hidden = false;
    note.addEventListener("click", (event) => {
      const wish = event.target.closest("[data-wish]")?.dataset.wish;
      if (!wish) return;
      if (wish === "forget") {
        send("/typed/forget", { place: place(form) });
        note.remove();
        return;
      }
      if (dialog) {
        form.prepend(note);
        dialog.showModal();
      }
      $$("[data-wish]", note).forEach((button) => button.remove());
      bring(form, note, (field) => (kept.has(field.name) ? [...kept.get(field.name), original(field)] : undefined));
      saved.set(form, "");
    });
  }

  // --- The session ended under somebody's hands: what they typed waits for them behind the sign-in.
  const memory = (form) => `kept:${place(form)}`;
  document.addEventListener("htmx:before:response", (event) => {
    const { ctx } = event.detail;
    if (ctx.response.status !== 401) return;
    for (const form of $$("form[data-guard][id]").filter(isDirty)) {
      const values = typedIn(form).map((field) => [field.name, shown(field)]);
      sessionStorage.setItem(memory(form), JSON.stringify({ user, values }));
    }
    $$("form").forEach((form) => (form.dataset.leaving = "1"));
  });
  const restore = (form) => {
    const kept = JSON.parse(sessionStorage.getItem(memory(form)) ?? "null");
    if (!kept || kept.user !== user) return false;
    sessionStorage.removeItem(memory(form));
    const values = new Map(kept.values);
    for (const field of typedIn(form)) if (values.has(field.name)) put(field, values.get(field.name));
    $(`[data-typed="${CSS.escape(form.id)}"]`)?.remove();
    const dialog = form.closest("dialog");
    if (dialog && !dialog.open) dialog.showModal();
    return true;
  };
  if (user && $$("form[id]").filter(restore).length) say(document.body.dataset.back, "info");
  document.addEventListener("submit", (event) => "forgets" in event.target.dataset && sessionStorage.clear());
})();
