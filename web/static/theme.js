// Runs before the first paint: the colours the person chose, else those of the device.
(() => {
  const chosen = document.cookie.match(/(?:^|; )theme=(light|dark)/);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const picked = document.cookie.match(/(?:^|; )theme=(light|dark)/);
    document.documentElement.dataset.bsTheme = picked ? picked[1] : dark.matches ? "dark" : "light";
  };
  if (!chosen) dark.addEventListener("change", apply);
  apply();
  document.documentElement.classList.add("js");
})();
