// Cells of a list that are changed where they stand: Enter, F2 or a click opens, Tab goes on, Escape leaves. Cards of a board.
(() => {
  "use strict";
  const { $, $$, say } = window.plantops;
  const kept = new WeakMap();
  const openForm = () => $("form.cell-form");
  const fieldOf = (form) => form.elements.value;
  const isChanged = (form) => {
    const field = fieldOf(form);
    if (field.tagName !== "SELECT") return field.value !== field.defaultValue;
    return !(field.selectedOptions[0]?.defaultSelected ?? true);
  };
  const buttonOf = (place) => place && $(`[data-cell="${CSS.escape(place.key)}"]`, document.getElementById(place.row) ?? document.createElement("tr"));
  const placeOf = (element) => ({ row: element.closest("tr").id, key: element.dataset.cell });
  let next = null;

  const leave = (form) => {
    const cell = form.closest("td,th");
    cell.replaceChildren(...kept.get(cell));
    return $("[data-cell]", cell);
  };
  const open = async (button) => {
    const list = button.closest("[data-cells]");
    const [cell, row] = [button.closest("td,th"), button.closest("tr")];
    button.setAttribute("aria-busy", "true");
    const url = `${list.dataset.cells}/${row.id.split("-r").pop()}/${button.dataset.cell}`;
    try {
      const answer = await fetch(url, { headers: { "HX-Request": "true", "HX-Request-Type": "partial" } });
      if (answer.status === 401) return location.reload();
      const text = await answer.text();
      if (!answer.ok) return say(new DOMParser().parseFromString(text.replace(/<\/?hx-partial[^>]*>/g, ""), "text/html").body.textContent.trim(), "bad");
      if (!button.isConnected) return;
      kept.set(cell, [...cell.childNodes]);
      cell.innerHTML = text;
      const form = $("form", cell);
      form.dataset.column = button.dataset.cell;
      window.htmx.process(cell);
      fieldOf(form).focus();
      fieldOf(form).select?.();
    } catch {
      say(list.dataset.unreachable, "bad");
    } finally {
      button.removeAttribute("aria-busy");
    }
  };
  // From the open cell to another: what was changed is saved first, and its row drawn again.
  const go = (place) => {
    const form = openForm();
    if (form && isChanged(form)) {
      next = place;
      return form.requestSubmit();
    }
    if (form) leave(form);
    const button = buttonOf(place);
    if (button) open(button);
  };
  const beside = (form, by) => {
    const list = form.closest("[data-cells]");
    const cells = $$("[data-cell], form.cell-form", list).filter((each) => each === form || each.offsetParent);
    return cells[cells.indexOf(form) + by];
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-cell]");
    if (button) go(placeOf(button));
    const closing = event.target.closest?.("[data-cell-closes]");
    if (closing) leave(closing.form).focus();
  });
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest?.("form.cell-form");
    if (!form && event.key === "F2") {
      const row = event.target.closest?.("tr[data-row]");
      const button = event.target.closest?.("[data-cell]") ?? (row && $("[data-cell]", row));
      if (!button) return;
      event.preventDefault();
      return go(placeOf(button));
    }
    if (!form || event.ctrlKey || event.metaKey || event.altKey || event.target !== fieldOf(form)) {
      if (form && event.key === "Escape") leave(form).focus();
      return;
    }
    if (event.key === "Escape") leave(form).focus();
    else if (event.key === "Enter" && event.target.tagName === "SELECT") form.requestSubmit();
    else if (event.key === "Tab" && !$("[data-compare] *", form)) {
      const other = beside(form, event.shiftKey ? -1 : 1);
      if (!other) return;
      go(placeOf(other));
    } else return;
    event.preventDefault();
  });
  // Saved: the row is drawn again by its page, for other cells may follow from this one.
  document.addEventListener("htmx:finally:request", async (event) => {
    const { ctx } = event.detail;
    const form = ctx.sourceElement;
    if (!form?.matches?.("form.cell-form")) return;
    const [after, place] = [next, { row: form.closest("tr")?.id, key: form.dataset.column }];
    next = null;
    if (!(ctx.response?.status < 400) || !form.isConnected) return;
    const list = form.closest("[data-cells]");
    const asked = new URLSearchParams({ row: place.row.split("-r").pop(), columns: list.dataset.columns });
    leave(form);
    if (ctx.response.headers.get("x-row-replaced")) return window.htmx.ajax("GET", list.dataset.here, { source: list, target: list, swap: "none" });
    await window.htmx.ajax("GET", `${location.pathname}?${asked}`, { source: list, target: `#${CSS.escape(place.row)}`, swap: "none" });
    const button = buttonOf(after ?? place);
    if (after && button) open(button);
    else button?.focus();
  });

  // A card was moved: the board is drawn as it is now, and the card keeps the focus.
  let moved = "";
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-moves]");
    if (button) moved = button.closest("[data-row]").id;
  });
  document.addEventListener("htmx:finally:request", async (event) => {
    const { ctx } = event.detail;
    const form = ctx.sourceElement;
    if (!form?.matches?.("[data-moves-dialog] form") || !(ctx.response?.status < 400)) return;
    const list = form.closest("[data-list]");
    form.closest("dialog").close();
    await window.htmx.ajax("GET", list.dataset.here, { source: list, target: list, swap: "none" });
    $("[data-moves]", document.getElementById(moved) ?? document.createElement("li"))?.focus();
  });
})();
