/* A conversation as text, JSON or a page, made here: nothing is sent anywhere.
 *
 * The files are those that client/model/saving.py writes. Control and direction characters are
 * written as escapes, and nothing that was said acts as markup. */

import { language, region, tr } from "./language.js";
import { PARAGRAPH, partsOf, remarkOf, TAKEN_BACK } from "./lines.js";

/** What the JSON has of an exchange where there is something to say. */
const NAMES = ["speaker", "responder", "event"];

/** What begins the next paragraph in a text. */
const INDENTED = "\n       ";
const ACTIVE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const JOINERS = new Set(["\u200c", "\u200d"]); // emoji and Persian need them
const WEEKDAY = new Intl.DateTimeFormat(region, { weekday: "long" });
const MONTH = new Intl.DateTimeFormat(region, { month: "long" });

const hex = (code, digits) => code.toString(16).padStart(digits, "0");

function escapedCharacter(character) {
  if (JOINERS.has(character)) return character;
  const code = character.codePointAt(0);
  if (code < 0x100) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

/** Return a text with control and direction characters as escapes. */
export function escape(text) {
  return text.replace(ACTIVE, escapedCharacter);
}

const MARKUP = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;" };

export function escapeHtml(text) {
  return escape(text).replace(/[&<>"']/g, (character) => MARKUP[character]);
}

/** Return the paragraphs of what was said, escaped, with a separator between them. */
function joined(text, escaping, separator) {
  return text.split(PARAGRAPH).map(escaping).join(separator);
}

function day(at) {
  return tr("{weekday}, {day} {month} {year}", {
    weekday: WEEKDAY.format(at), day: at.getDate(), month: MONTH.format(at), year: at.getFullYear(),
  });
}

const two = (number) => String(number).padStart(2, "0");
const clock = (at) => `${two(at.getHours())}:${two(at.getMinutes())}`;

function days(entries) {
  const found = [];
  for (const entry of entries) {
    const name = day(entry.at);
    if (found.at(-1)?.[0] !== name) found.push([name, []]);
    found.at(-1)[1].push(entry);
  }
  return found;
}

function toText(name, entries) {
  const lines = [];
  for (const [title, said] of days(entries)) {
    lines.push(title, "");
    for (const entry of said) {
      const when = clock(entry.at);
      if (remarkOf(entry)) {
        lines.push(`${when}  ${escape(remarkOf(entry))}`, "");
        continue;
      }
      for (const [, who, text] of partsOf(entry, name)) {
        lines.push(`${when}  ${escape(who)}: ${joined(text, escape, INDENTED)}`);
      }
      lines.push("");
    }
  }
  return lines.join("\n");
}

function toJson(name, entries) {
  const exchanges = entries.map((entry) => ({
    number: entry.number,
    at: entry.at.toISOString().replace("Z", "+00:00"),
    patient: entry.patient,
    doctor: entry.doctor,
    ...(entry.mark === TAKEN_BACK ? { taken_back: true } : {}),
    ...Object.fromEntries(NAMES.filter((key) => entry[key]).map((key) => [key, entry[key]])),
  }));
  const units = (character) => Array.from({ length: character.length },
    (_, index) => `\\u${hex(character.charCodeAt(index), 4)}`).join("");
  const text = JSON.stringify({ patient: name, exchanges }, null, 2);
  const safe = text.replace(ACTIVE, (character) => (
    character < "\x7f" || JOINERS.has(character) ? character : units(character)));
  return `${safe}\n`;
}

const STYLE = `
:root { color-scheme: light dark; --band: #eff3f2; --muted: #666b70; --accent: #1d5c66 }
@media (prefers-color-scheme: dark) { :root { --band: #242a2d; --muted: #9ba1a6;
  --accent: #7cc3cd } }
body { font: 1rem/1.55 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto;
  padding: 0 1rem }
h2 { font-size: .85rem; font-weight: normal; color: var(--muted); text-align: center;
  margin: 2.5rem 0 1rem }
p { margin: 0; padding: .5rem .75rem; overflow-wrap: anywhere }
p b { display: block; font-size: .8rem; font-weight: normal; color: var(--muted) }
.patient { background: var(--band) }
.doctor { font-family: Charter, Georgia, serif }
.doctor b { font-family: system-ui, sans-serif; color: var(--accent) }
`;

function localTime(at) {
  const minutes = -at.getTimezoneOffset();
  const away = Math.abs(minutes);
  const zone = `${minutes < 0 ? "-" : "+"}${two(Math.floor(away / 60))}:${two(away % 60)}`;
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date}T${clock(at)}:${two(at.getSeconds())}${zone}`;
}

function toHtml(name, entries) {
  const parts = [];
  for (const [title, said] of days(entries)) {
    parts.push(`<h2>${title}</h2>`);
    for (const entry of said) {
      const when = `<time datetime="${localTime(entry.at)}">${clock(entry.at)}</time>`;
      if (remarkOf(entry)) {
        parts.push(`<p class="patient"><b>${when}</b>${escapeHtml(remarkOf(entry))}</p>`);
        continue;
      }
      for (const [kind, who, text] of partsOf(entry, name)) {
        const head = `<b>${escapeHtml(who)} \u00b7 ${when}</b>`;
        parts.push(`<p class="${kind}">${head}${joined(text, escapeHtml, "<br>")}</p>`);
      }
    }
  }
  const title = escapeHtml(tr("{name} and the doctor", { name }));
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style></head><body>
<h1>${title}</h1>
${parts.join("\n")}
</body></html>
`;
}

/** The writers by the ending of the file, with the media type of what they write. */
export const WRITERS = {
  txt: ["text/plain", toText],
  json: ["application/json", toJson],
  html: ["text/html", toHtml],
};

/** Give a file with the exchanges, oldest first, to the visitor's downloads. */
export function save(kind, name, entries) {
  const [media, write] = WRITERS[kind];
  const content = new Blob([write(name, entries)], { type: `${media};charset=utf-8` });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = `doctor-${name.replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 40)}.${kind}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
