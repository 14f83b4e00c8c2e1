// Runs before the first paint, so that a dark page never flashes white. A file of its own because the
// content security policy allows no inline scripts.
(() => {
  try {
    const saved = JSON.parse(localStorage.getItem("trivium:settings") || "{}");
    if (saved.theme === "dark" || saved.theme === "light")
      document.documentElement.dataset.theme = saved.theme;
    if (saved.motion === "off") document.documentElement.dataset.motion = "off";
  } catch {
    // A private window without storage: follow the system's setting.
  }
})();
