/* What this page stores in the browser: the name and how the page looks, nothing that was said. */

const root = document.documentElement;
const list = document.getElementById("palette");

export function store(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // This browser stores nothing; the page works without.
  }
}

export function stored(key) {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}

/** Show the page in a palette; one that there is not is the system's. */
function setPalette(palette) {
  const known = [...list.options].some((option) => option.value === palette);
  root.dataset.palette = known ? palette : "system";
  list.value = root.dataset.palette;
}

export function followPalette() {
  setPalette(stored("palette"));
  list.addEventListener("change", () => {
    setPalette(list.value);
    store("palette", list.value);
  });
}
