// Search in the transcript, and the switch between light and dark. The page is whole without it.
"use strict";
(() => {
  const form = document.querySelector(".search");
  const root = document.documentElement;

  const toggle = document.querySelector(".switch");
  const dark = () => (root.dataset.theme
    ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches);
  const name = () => { toggle.textContent = dark() ? "Light" : "Dark"; };
  toggle.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    name();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", name);
  toggle.hidden = false;
  name();

  if (!form) { return; }
  const field = form.querySelector("[type=search]");
  const only = form.querySelector("[type=checkbox]");
  const count = form.querySelector("output");
  const plain = (text) => text.normalize("NFC").toLowerCase();
  const exchanges = Array.from(document.querySelectorAll(".exchange"), (element) => ({
    element,
    texts: Array.from(element.querySelectorAll(".said span"), (said) => said.firstChild)
      .filter((node) => node !== null),
  }));
  for (const each of exchanges) {
    each.plain = each.texts.map((node) => plain(node.data));
  }
  const holders = Array.from(document.querySelectorAll(".session, .patient-part")).reverse();
  const MOST_LIGHTS = 2000;

  function light(wanted) {
    if (!CSS.highlights) { return; }
    const ranges = [];
    for (const each of wanted ? exchanges : []) {
      if (ranges.length > MOST_LIGHTS) { break; }
      if (each.element.hidden) { continue; }
      each.texts.forEach((node, index) => {
        // Offsets hold only where lower case is as long as what was typed.
        if (each.plain[index].length !== node.data.length) { return; }
        let at = each.plain[index].indexOf(wanted);
        while (at >= 0) {
          const range = new Range();
          range.setStart(node, at);
          range.setEnd(node, at + wanted.length);
          ranges.push(range);
          at = each.plain[index].indexOf(wanted, at + wanted.length);
        }
      });
    }
    CSS.highlights.set("found", new Highlight(...ranges));
  }

  function search() {
    const wanted = plain(field.value.trim());
    let shown = 0;
    for (const each of exchanges) {
      const fits = (!only || !only.checked || each.element.classList.contains("marked"))
        && (!wanted || each.plain.some((text) => text.includes(wanted)));
      each.element.hidden = !fits;
      shown += fits;
    }
    for (const holder of holders) {
      holder.hidden = !holder.querySelector(".exchange:not([hidden])");
    }
    const all = exchanges.length;
    count.textContent = shown === all
      ? `${all.toLocaleString("en")} ${all === 1 ? "exchange" : "exchanges"}`
      : `${shown.toLocaleString("en")} of ${all.toLocaleString("en")}`;
    light(wanted);
  }

  let soon = 0;
  field.addEventListener("input", () => {
    clearTimeout(soon);
    soon = setTimeout(search, 100);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
  if (only) { only.addEventListener("change", search); }
  form.hidden = false;
  search();
})();
