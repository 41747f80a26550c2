/* The language of the page's own texts: the catalogue that the page's server hands out.
 *
 * The server chooses by what the browser prefers, or by `?lang=de` in the page's address. A text in
 * the code is an English sentence, and the name of its own translation. What the doctor says and
 * what a server says in words of its own is shown as it is. */

const ENGLISH = { language: "en", texts: {} };

async function load() {
  if (!globalThis.document) return ENGLISH;
  const url = new URL("language.json", document.baseURI);
  const asked = new URLSearchParams(location.search).get("lang");
  if (asked) url.searchParams.set("lang", asked);
  try {
    const answer = await fetch(url);
    return answer.ok ? await answer.json() : ENGLISH;
  } catch {
    return ENGLISH; // the page works all the same
  }
}

const catalogue = await load();
const rule = new Intl.PluralRules(catalogue.language);

/** The code of the language in use. */
export const language = catalogue.language;
/** What dates and numbers are written in. */
export const region = language === "en" ? "en-GB" : language;

function fill(text, values) {
  return text.replace(/\{(\w+)(?::,)?\}/g, (whole, name) => (Object.hasOwn(values, name) ? values[name] : whole));
}

function find(text) {
  return Object.hasOwn(catalogue.texts, text) ? catalogue.texts[text] : null;
}

/** Return a text in the language in use, with values in its named places. */
export function tr(text, values = {}) {
  return fill(find(text) ?? text, values);
}

/** Return the form of a text that fits a number. */
export function plural(one, many, count, values = {}) {
  const forms = find(`${one}\0${many}`)?.split("\0") ?? [one, many];
  return fill(forms[rule.select(count) === "one" ? 0 : 1] ?? many, { number: count, ...values });
}

/** Translate what index.html has: its texts, and the attributes that are read out. */
export function translatePage() {
  document.documentElement.lang = language;
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const text = node.nodeValue.trim().replace(/\s+/g, " ");
    const found = text && find(text);
    if (found) node.nodeValue = node.nodeValue.replace(/\S[\s\S]*\S|\S/, () => found);
  }
  for (const name of ["aria-label", "placeholder", "title"]) {
    for (const element of document.querySelectorAll(`[${name}]`)) {
      element.setAttribute(name, tr(element.getAttribute(name)));
    }
  }
}
