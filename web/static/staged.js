// Rows that wait to be imported: what is wrong is gone through by keyboard, one cell after the other.
(() => {
  "use strict";
  const { $, $$ } = window.plantops;
  const wrong = () => $$("[data-wrong]", $("[data-staged]") ?? document.createElement("p"));
  let place = -1;
  document.addEventListener("htmx:before:request", (event) => {
    const form = event.detail.ctx.sourceElement?.closest?.("[data-fix]");
    if (form) place = wrong().indexOf($("[data-wrong]", form));
  });
  // What was right is gone from the line of wrong cells, so the next one stands at its place.
  document.addEventListener("htmx:after:swap", (event) => {
    const row = document.activeElement?.closest?.("[data-staged] tr");
    if (place < 0 || (row && document.activeElement.matches("[data-wrong]"))) return;
    wrong()[Math.min(place, wrong().length - 1)]?.focus();
    place = -1;
  });
  document.addEventListener("focusin", (event) => event.target.matches("input[data-wrong]") && event.target.select());
  document.addEventListener("keydown", (event) => {
    if (event.key !== "F2") return;
    const row = event.target.closest?.("[data-staged] tr");
    $("[data-edit-row]", row ?? document.createElement("p"))?.click();
  });
})();
