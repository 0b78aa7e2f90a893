// Runs before the first paint, so a chosen theme never flashes.
try {
  const chosen = localStorage.getItem("cascade-theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
} catch { /* storage may be off: the system's theme it is */ }
