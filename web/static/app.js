// What every page does in the browser: colours, dialogs, toasts, and what happens around a request.
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const sentences = $("#words").dataset; // what the scripts say, in the reader's language
  const sprite = $("use")?.getAttribute("href")?.split("#")[0] ?? "";

  // --- Toasts: read out once by the live region, gone soon unless something is wrong.
  const say = (text, tone = "info") => {
    const box = document.createElement("div");
    box.className = `note tone-${tone}`;
    box.dataset.toast = "";
    const words = document.createElement("p");
    words.textContent = text;
    const close = document.createElement("button");
    close.className = "close";
    close.type = "button";
    close.dataset.closesToast = "";
    close.setAttribute("aria-label", sentences.close);
    close.innerHTML = `<svg class="icon" aria-hidden="true"><use href="${sprite}#x"></use></svg>`;
    box.append(words, close);
    place(tone).append(box);
  };
  // Behind an open dialog nobody sees or hears a toast: what is wrong is said where the person works.
  const place = (tone) => {
    const box = $$("dialog[open]").filter((dialog) => dialog.matches(":modal")).at(-1)?.querySelector(".form-errors");
    if (!box || tone !== "bad") return $("#toasts");
    box.replaceChildren();
    return box;
  };
  const fade = (toast) => {
    if (toast.dataset.fades) return;
    toast.dataset.fades = "1";
    if (toast.classList.contains("tone-bad") || toast.classList.contains("tone-warn")) return;
    const go = () => (toast.matches(":hover, :focus-within") ? setTimeout(go, 2000) : toast.remove());
    setTimeout(go, 8000);
  };
  new MutationObserver(() => $$("[data-toast]").forEach(fade)).observe($("#toasts"), { childList: true });
  $$("[data-toast]").forEach(fade);

  // --- Colours: light, dark, kept in a cookie for a year.
  const switchTheme = () => {
    const next = document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark";
    document.cookie = `theme=${next}; path=/; max-age=31536000; samesite=lax`;
    document.documentElement.dataset.bsTheme = next;
    say(next === "dark" ? sentences.dark : sentences.light);
  };

  // --- Dialogs: what stands in one lies in a template until it is opened first, for most pages are left without it.
  const unpack = (root = document) => $$("dialog template", root).forEach((packed) => {
    const content = [...packed.content.childNodes];
    packed.replaceWith(...content);
    content.forEach((part) => part instanceof Element && window.htmx?.process(part));
  });
  const openDialog = (dialog) => {
    if (!dialog || dialog.open) return;
    unpack(dialog);
    dialog.showModal();
    dialog.dispatchEvent(new Event("shown"));
    ($("[autofocus]", dialog) ?? $("input:not([type=hidden]),select,textarea", dialog))?.focus();
  };

  // --- Clicks
  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-opens],[data-closes],[data-closes-toast],[data-switch],[data-refused],[data-reloads],[data-shows-way]");
    if (!target) return;
    if (target.dataset.opens) {
      if (event.ctrlKey || event.metaKey || !document.getElementById(target.dataset.opens)) return;
      event.preventDefault();
      openDialog(document.getElementById(target.dataset.opens));
    } else if ("closes" in target.dataset) target.closest("dialog").close();
    else if ("closesToast" in target.dataset) target.closest("[data-toast]").remove();
    else if (target.dataset.switch === "theme") switchTheme();
    else if ("refused" in target.dataset) say(document.getElementById(target.getAttribute("aria-describedby")).textContent, "warn");
    else if ("reloads" in target.dataset) {
      event.preventDefault();
      location.reload();
    } else if (target.dataset.showsWay) showWay(target);
  });
  const showWay = (button) => {
    const figure = button.closest("figure");
    const pressed = button.getAttribute("aria-pressed") !== "true";
    $$("[data-shows-way]", figure).forEach((other) => other.setAttribute("aria-pressed", String(other === button && pressed)));
    $$("[data-way]", figure).forEach((way) => way.classList.toggle("is-faint", pressed && way.dataset.way !== button.dataset.showsWay));
  };
  // A fold of filters closes like a menu.
  document.addEventListener("click", (event) => $$("details[data-fold][open]").forEach((fold) => fold.contains(event.target) || (fold.open = false)));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    $$("details[data-fold][open]").forEach((fold) => {
      fold.open = false;
      $("summary", fold).focus();
    });
  });
  document.addEventListener("change", (event) => event.target.matches("[data-submit-on-change]") && event.target.form.requestSubmit());

  // --- Before something is done that cannot be taken back: our own dialog instead of the browser's.
  document.addEventListener("htmx:confirm", (event) => {
    const { ctx, issueRequest, dropRequest } = event.detail;
    if (!ctx.confirm) return;
    event.preventDefault();
    const dialog = $("#ask");
    $("#ask-text").textContent = ctx.confirm;
    dialog.returnValue = "";
    dialog.addEventListener("close", () => (dialog.returnValue === "yes" ? issueRequest() : dropRequest()), { once: true });
    dialog.showModal();
    $("button[value=no]", dialog).focus();
  });

  // --- Around a request
  const formOf = (element) => (element?.matches?.("form") ? element : element?.form ?? element?.closest?.("form"));
  const clearErrors = (form) => {
    $$(".form-errors", form).forEach((box) => box.replaceChildren());
    [...$$("[data-error-for]", form), ...(form.id ? $$(`[data-error-form="${CSS.escape(form.id)}"]`) : [])].forEach((box) => (box.textContent = ""));
    [...form.elements].forEach((field) => field.removeAttribute("aria-invalid"));
  };
  const markErrors = (form) => {
    let first = null;
    for (const field of form.elements) {
      const error = field.id && document.getElementById(`${field.id}-error`);
      if (!error?.textContent?.trim()) continue;
      field.setAttribute("aria-invalid", "true");
      first ??= field;
    }
    $$("a[data-to-field]", form).forEach(nameField);
    (first ?? $(".form-errors > *", form)?.parentElement)?.focus();
  };
  // The summary names each field as the page does; what belongs to no field of the page is no link.
  const fieldOf = (link) => document.getElementById(decodeURIComponent(link.hash.slice(1)));
  const nameField = (link) => {
    const field = fieldOf(link);
    if (!field) return link.replaceWith(...link.childNodes);
    const label = field.labels?.[0]?.firstChild?.textContent.trim();
    if (label) link.prepend(/[?!.:]$/.test(label) ? `${label} ` : `${label}: `);
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-to-field]");
    const field = link && fieldOf(link);
    if (!field) return;
    event.preventDefault();
    field.closest("details:not([open])")?.setAttribute("open", "");
    field.focus();
  });
  document.addEventListener("htmx:before:request", (event) => {
    const { ctx } = event.detail;
    const form = formOf(ctx.sourceElement);
    if (!form || ctx.request.method === "GET") return;
    clearErrors(form);
    form.setAttribute("aria-busy", "true");
  });
  document.addEventListener("htmx:finally:request", (event) => {
    const form = formOf(event.detail.ctx.sourceElement);
    form?.removeAttribute("aria-busy");
  });
  // htmx copies `style` from what goes to what comes with the same id, and the policy refuses that attribute. A text
  // box that was pulled larger, or a menu that was placed, has one; it goes away with its element anyhow.
  document.addEventListener("htmx:before:swap", (event) => {
    for (const { target, swapSpec } of event.detail.tasks) {
      const old = typeof target === "string" ? $(target) : target;
      if (!old || /^(before|after)/.test(swapSpec?.style ?? swapSpec ?? "")) continue;
      for (const element of [old, ...$$("[id][style]", old)]) element.removeAttribute("style");
    }
  });
  document.addEventListener("htmx:after:swap", (event) => {
    const { ctx } = event.detail;
    const form = formOf(ctx.sourceElement);
    const status = ctx.response?.status ?? 200;
    if (form?.isConnected && (status === 422 || status === 409)) markErrors(form);
    if (status < 400 && form && ctx.request.method !== "GET" && !("stays" in form.dataset)) form.closest("dialog[open]")?.close();
  });
  // Signed in again in another tab: the forms of this page get the new token and are sent once more, with all that was
  // typed. To somebody else's session nothing is sent.
  const renew = async () => {
    const answer = await fetch("/offline/who", { headers: { Accept: "application/problem+json" }, cache: "no-store" });
    const me = answer.ok ? await answer.json() : {};
    if (me.person !== Number(document.body.dataset.person)) return false;
    document.body.setAttribute("hx-headers:inherited", JSON.stringify({ "X-CSRF-Token": me.csrf }));
    $$("input[name=_csrf]").forEach((field) => (field.value = me.csrf));
    return true;
  };
  document.addEventListener("htmx:before:response", async (event) => {
    const { ctx } = event.detail;
    const form = formOf(ctx.sourceElement);
    if (!form || ctx.response.headers.get("plantops-form") !== "expired" || "queues" in form.dataset || form.dataset.renewed) return;
    event.preventDefault();
    form.dataset.renewed = "1";
    if (await renew().catch(() => false)) form.requestSubmit(ctx.request.submitter?.form === form ? ctx.request.submitter : undefined);
    else say(sentences.otherPerson, "bad");
    setTimeout(() => delete form.dataset.renewed, 5000);
  });
  const faults = { 413: sentences.tooLarge, 502: sentences.noAnswer, 504: sentences.tooSlow };
  document.addEventListener("htmx:response:error", (event) => {
    const { ctx } = event.detail;
    if (ctx.text?.includes("<hx-partial") || ctx.hx?.redirect) return;
    if (ctx.response.status >= 502 && "queues" in (formOf(ctx.sourceElement)?.dataset ?? {})) return;
    say(faults[ctx.response.status] ?? sentences.failed.replace("{status}", ctx.response.status), "bad");
  });
  document.addEventListener("htmx:error", (event) => {
    const { ctx, error } = event.detail;
    if (!ctx || error?.name === "AbortError" || "queues" in (formOf(ctx.sourceElement)?.dataset ?? {})) return;
    say(sentences.unreachable, "bad");
  });
  // htmx looks at the page a moment after it is there itself, which is too late for who clicks at once: a dialog would
  // open and stay empty. So it looks now, before any key or click of ours is heard.
  window.htmx?.initialize();
  // When its extension for streams came even later than that moment, the work on the page would never be followed: what
  // was not asked for by then is looked at once more.
  document.addEventListener("htmx:before:request", (event) => {
    const source = event.detail.ctx.sourceElement;
    if (source?.matches?.("[data-work]")) source.dataset.work = "followed";
  });
  addEventListener("load", () => $$("[data-work='']").forEach((work) => work._htmx?.sse || htmx.process(work)));
  // A page that cannot be had just now is asked for again.
  for (const page of $$("[data-retries]")) setTimeout(() => location.reload(), Number(page.dataset.retries) * 1000);
  // The work that was listened to has ended: the page shows its result.
  document.addEventListener("ended", (event) => event.target.matches?.("[data-work]") && location.reload());

  window.plantops = { $, $$, say, sentences, formOf, clearErrors, markErrors, openDialog, renew, unpack };
})();
