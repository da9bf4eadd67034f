// Work that goes on without network: what is tapped is kept first, then sent, now or when there is network again.
(() => {
  "use strict";
  const { $, $$, say, formOf } = window.plantops;
  const queue = window.plantopsQueue;
  const bar = $("#sync");
  const person = Number(document.body.dataset.person);
  const AGAIN_MS = 20000;
  const FRESH_MS = 300000;
  const TRY_LATER = [401, 403, 429]; // signed out, an old page, too much at once; what is refused for good is then shown in the bar
  let waited = false; // something on this page waited, so its answer is worth a fresh page

  // --- A tap is kept before anything else happens to it; then htmx sends it as it sends every form.
  const fieldsOf = (form, submitter) =>
    [...new FormData(form, submitter)].filter(([name, value]) => name !== "_csrf" && !(value instanceof File && !value.name));
  const set = (form, name, value) => {
    let field = form.elements[name];
    if (!field) {
      field = document.createElement("input");
      field.type = "hidden";
      field.name = name;
      form.append(field);
    }
    field.value = value;
  };
  const keep = async (form, submitter) => {
    const at = new Date();
    set(form, "_key", crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].join("-"));
    set(form, "_at", at.toISOString());
    if (navigator.onLine) hands.set(form, await queue.takeInHand(form.elements._key.value));
    const entry = { key: form.elements._key.value, person, label: form.dataset.queues, action: form.getAttribute("action"), page: location.pathname, fields: fieldsOf(form, submitter), at: at.toISOString(), state: "waits" };
    const refused = Number(form.dataset.givenBack);
    settle(form);
    form.dataset.entry = await queue.add(entry);
    if (refused) await queue.drop(refused); // put right and sent anew: this is in its place
  };
  // --- What was refused stands in its form again, with the reason, to be put right.
  const settle = (form) => {
    if (!form.dataset.givenBack) return;
    delete form.dataset.givenBack;
    delete form.dataset.state;
    $("[data-refusal]", form)?.remove();
  };
  const fill = (field, value) => {
    if (!field || field.type === "submit" || (field.type === "hidden" && !field.closest("[data-combo]"))) return;
    if (value instanceof File) {
      const files = new DataTransfer();
      files.items.add(value);
      field.files = files.files;
    } else if (field.type === "checkbox") field.checked = field.value === value;
    else if (field.type !== "file") field.value = value;
  };
  const giveBack = (form, entry) => {
    if (form.dataset.givenBack === String(entry.n)) return;
    const isTouched = [...form.elements].some((field) => ["text", "textarea"].includes(field.type) && field.value !== field.defaultValue);
    delete form.dataset.entry;
    form.dataset.givenBack = entry.n;
    form.dataset.state = "refused";
    if (!isTouched) for (const [name, value] of entry.fields) if (!name.startsWith("_")) fill(form.elements[name], value);
    if (![...form.elements].some((field) => !["hidden", "submit"].includes(field.type))) return; // a tap: its reason stands in the bar
    const note = $("[data-problem]", $("#sync-entry").content).cloneNode(true);
    note.hidden = false;
    note.dataset.refusal = "";
    $("[data-message]", note).textContent = entry.message;
    $(".row-of", note).remove();
    form.prepend(note);
  };
  const sent = new WeakSet();
  const hands = new WeakMap();
  const letGo = (form) => {
    hands.get(form)?.();
    hands.delete(form);
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!person || !("queues" in (form.dataset ?? {})) || sent.delete(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (form.dataset.state === "refused" && !form.dataset.givenBack) $("details", bar).open = true; // part of what was refused: answered there
    if (form.dataset.entry || form.getAttribute("aria-busy") === "true" || form.dataset.keeping) return;
    form.dataset.keeping = "1";
    const submitter = event.submitter;
    keep(form, submitter)
      .catch(() => say(bar.dataset.full, "bad"))
      .then(() => {
        delete form.dataset.keeping;
        if (navigator.onLine) {
          sent.add(form);
          form.requestSubmit(submitter?.form === form ? submitter : undefined);
        } else if (form.dataset.entry) later();
      });
  }, true);
  const later = async () => {
    (await navigator.serviceWorker?.getRegistration())?.sync?.register("plantops-sends").catch(() => {});
    await paint();
  };
  // The answer to what was sent at once: what was taken or refused in the form itself waits no longer.
  const entryOf = (ctx) => {
    const form = formOf(ctx?.sourceElement);
    return form && "queues" in form.dataset && form.dataset.entry ? form : null;
  };
  document.addEventListener("htmx:before:response", (event) => {
    const form = entryOf(event.detail.ctx);
    const { status } = event.detail.ctx.response;
    if (!form) return;
    const n = Number(form.dataset.entry);
    if (status < 500 && !TRY_LATER.includes(status)) {
      delete form.dataset.entry;
      queue.drop(n).then(() => letGo(form));
    } else {
      letGo(form);
      later();
    }
  });
  document.addEventListener("htmx:error", (event) => {
    const form = entryOf(event.detail.ctx);
    if (!form) return;
    letGo(form);
    later();
  });

  // --- What the person sees
  const counted = (name, n) => (n === 1 ? bar.dataset[`${name}One`] : bar.dataset[`${name}Many`].replace("{n}", n));
  const words = (mine, stuck, signedOut) => {
    if (!navigator.onLine) return mine.length ? counted("offline", mine.length) : bar.dataset.offlineNone;
    if (stuck.length) return counted("stuck", stuck.length);
    if (!mine.length) return bar.dataset.sent;
    if (signedOut) return counted("signIn", mine.length);
    return mine.length === 1 ? bar.dataset.one : bar.dataset.many.replace("{n}", mine.length);
  };
  const row = (entry) => {
    const li = $("#sync-entry").content.firstElementChild.cloneNode(true);
    li.dataset.n = entry.n;
    $("[data-label]", li).textContent = entry.label;
    $("[data-when]", li).textContent = new Date(entry.at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    $("[data-message]", li).textContent = entry.message ?? "";
    $("[data-problem]", li).hidden = entry.state !== "refused";
    $("[data-open]", li).href = entry.page;
    return li;
  };
  let asked = false;
  const paint = async () => {
    if (asked) return;
    asked = true;
    await new Promise((resolve) => setTimeout(resolve, 30)); // once for many taps
    asked = false;
    await draw();
  };
  const draw = async () => {
    const taken = await queue.inHand();
    const every = await queue.all().catch(() => []);
    const fresh = every.filter((entry) => !taken.has(entry.key));
    const mine = fresh.filter((entry) => entry.person === person);
    const others = fresh.length - mine.length;
    const stuck = mine.filter((entry) => entry.state === "refused");
    const signedOut = await queue.meta("signed-out").catch(() => false);
    const text = words(mine, stuck, signedOut);
    bar.hidden = !(mine.length || others || (person && $("[data-offline]")));
    bar.dataset.state = !navigator.onLine ? "offline" : stuck.length ? "stuck" : mine.length ? "waits" : "sent";
    const said = $("[data-sync-text]");
    if (!said) return; // the page is being drawn anew
    if (said.textContent !== text) said.textContent = text;
    const box = $("[data-sync-others]");
    const unknown = !person && !navigator.onLine; // the page that stands for all others knows nobody
    box.hidden = !others || unknown;
    box.textContent = others ? counted("others", others) : "";
    if (!person && others) said.textContent = unknown ? counted("offline", others) : box.textContent;
    $("[data-sync-list]").replaceChildren(...mine.map(row));
    $("[data-sync-login]").hidden = !(signedOut && mine.length);
    mark(mine);
    if (waited && !mine.length && navigator.onLine && !$("dialog[open]")) location.reload();
  };
  // A page that was kept does not know what was done since: its forms are told.
  const mark = (entries) => {
    for (const form of $$("form[data-queues]")) {
      const path = form.getAttribute("action");
      const ids = idsOf(new FormData(form).getAll("tick_ids"));
      const found = entries.find((entry) => entry.action === path && covers(entry, ids));
      if (!found) {
        if (form.dataset.state) delete form.dataset.entry;
        settle(form);
        delete form.dataset.state;
      } else if (found.state === "refused" && found.label === form.dataset.queues) {
        giveBack(form, found);
      } else {
        settle(form);
        form.dataset.state = found.state;
        form.dataset.entry = found.n;
        waited = true;
      }
      const note = $(".waits", form);
      if (note) note.hidden = form.dataset.state !== "waits";
      if (note) $("[data-what]", note).textContent = form.dataset.queues;
    }
    for (const zone of $$("[data-zone]")) {
      const single = $$(".ticks form[data-queues]", zone);
      zone.classList.toggle("is-kept", single.length > 0 && single.every((form) => form.dataset.state));
    }
    const zones = $$("[data-zone]");
    const at = zones.findIndex((zone) => zone.open && zone.classList.contains("is-kept") && !zone.dataset.left);
    const next = zones.find((zone) => $(".ticks form[data-queues]", zone) && !zone.classList.contains("is-kept"));
    if (at >= 0 && next) {
      zones[at].open = false;
      zones[at].dataset.left = "1";
      next.open = true;
    }
  };
  const idsOf = (values) => values.map(String);
  // A form is answered for when an entry says something of each thing that it would say something of.
  const covers = (entry, ids) => {
    const said = idsOf(entry.fields.filter(([name]) => name === "tick_ids").map(([, value]) => value));
    return ids.every((id) => said.includes(id));
  };
  bar.addEventListener("click", async (event) => {
    const n = Number(event.target.closest("[data-n]")?.dataset.n);
    if (event.target.closest("[data-sync-now]")) await send();
    else if (event.target.closest("[data-again]")) {
      await queue.change(n, { state: "waits", message: "" });
      await send();
    } else if (event.target.closest("[data-drop]")) {
      waited = true;
      await queue.drop(n);
      await paint();
    }
  });

  // --- Sending: when the network is back, when the page is looked at again, and now and then.
  const send = async () => {
    await draw(); // what waits is marked first, so that the page knows that it is not the newest
    if (person && navigator.onLine) await queue.send().catch(() => {});
    await draw();
  };
  window.addEventListener("online", send);
  window.addEventListener("offline", paint);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && send());
  queue.news.addEventListener("message", paint);
  setInterval(async () => ((await queue.all().catch(() => [])).some((entry) => entry.state === "waits") ? send() : null), AGAIN_MS);
  document.addEventListener("htmx:after:swap", paint);

  // --- Leaving: what was kept to be read goes; what was done stays until its maker comes back.
  document.addEventListener("submit", (event) => {
    if (!("forgets" in event.target.dataset) || !window.caches) return;
    caches.keys().then((names) => names.filter((name) => name.startsWith("pages-")).forEach((name) => caches.delete(name)));
  });

  // --- Pages that can be used without network are kept, and with them what they lead to.
  const keepPages = async () => {
    if (!$("[data-offline]") || !navigator.serviceWorker) return;
    await navigator.serviceWorker.register("/sw.js");
    const ready = await navigator.serviceWorker.ready;
    // The worker may have taken the page over since it came: only what is kept says whether it came through it.
    const here = (await caches.match(location.href)) ? [] : [location.pathname + location.search];
    const ahead = $$("a[data-keep]").map((link) => link.getAttribute("href"));
    const known = `ahead:${person}:${ahead.join()}`;
    const isFresh = Number(sessionStorage.getItem(known) ?? 0) > Date.now() - FRESH_MS;
    if (!navigator.onLine) return;
    if (!isFresh) sessionStorage.setItem(known, Date.now());
    ready.active.postMessage({ keep: [...here, ...(isFresh ? [] : ahead)] });
  };
  keepPages().catch(() => {});
  send();
})();
