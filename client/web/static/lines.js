/* Typed text as a line of the protocol, and rows of a history as exchanges; pure.
 *
 * The same rules as in client/net/lines.py. docs/protocol.md describes the protocol. */

import { tr } from "./language.js";
import { person, T } from "./texts.js";

/** Bytes of a line with its ending. */
export const MOST_BYTES = 4096;
/** Marks of an exchange: the doctor answered with care; the patient took it back. */
export const CARE = "care";
export const TAKEN_BACK = "taken-back";
/** What is between two paragraphs of a line. */
export const PARAGRAPH = "\u2029";
const encoder = new TextEncoder();

/** Return text for one field: TAB and line ends become spaces, other controls U+FFFD. */
export function flat(text) {
  return (text.toWellFormed?.() ?? text)
    .replace(/[\t\n\r]/g, " ")
    .replace(/[\u0000-\u001f\u007f-\u009f]/g, "\ufffd");
}

/** Return text as one line of the protocol: each line of it becomes a paragraph. */
export function asOneLine(text) {
  return flat(text.replace(/\r\n?|\n/g, PARAGRAPH)).replace(/^[^\S\ufeff]+|[^\S\ufeff]+$/g, "");
}

/** Return a line that the server takes as said: a slash at its beginning is doubled. */
export function escaped(line) {
  return line.startsWith("/") ? `/${line}` : line;
}

export function isBlank(text) {
  return !/[\S\ufeff]/.test(text);
}

export function byteLength(text) {
  return encoder.encode(text).length;
}

/** Return by how many bytes a text exceeds one line of the protocol, 0 if it fits. */
export function excessBytes(text) {
  return Math.max(0, byteLength(asOneLine(text)) + 1 - MOST_BYTES);
}

/** Return a text in one spelling, so that equal lines compare equal. */
export function normalized(text) {
  return flat(text).normalize("NFC").split(/[^\S\ufeff]+/).filter(Boolean).join(" ");
}

/** Return a whole number that a server sent, or null for any other text. */
export function wholeNumber(text) {
  return typeof text === "string" && /^[0-9]{1,15}$/.test(text) ? Number(text) : null;
}

/** Return the second field of the first row that begins with a name, or "". */
export function field(reply, name) {
  return reply.rows.find((row) => row[0] === name && row.length > 1)?.[1] ?? "";
}

/** Return true if two names are of the same patient or room: capitals make no difference. */
export function sameName(one, other) {
  const key = (name) => name.normalize("NFC").toLowerCase().normalize("NFC");
  return key(one) === key(other);
}

/** Return a time that a server sent, or null where it is none. */
export function parseTime(text) {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? null : at;
}

const KINDS = new Set(["patient", "doctor", "person", "event"]);

/** Return what the rows of a 215 or 219 say, in their order; skip invalid rows. */
export function parseLines(rows) {
  const found = [];
  for (const row of rows.filter((each) => each.length >= 6)) {
    const number = wholeNumber(row[0]);
    const at = parseTime(row[1]);
    if (number === null || !at || !KINDS.has(row[4])) continue;
    found.push({ number, at, kind: row[4], name: row[6] ?? "", mark: row[3], text: row[5] });
  }
  return found;
}

/** Return the exchanges in the rows of a 215 or 219, oldest first; skip invalid rows. */
export function parseHistory(rows) {
  const found = new Map();
  const sessions = new Map(
    rows.filter((row) => row.length >= 6).map((row) => [wholeNumber(row[0]), wholeNumber(row[2])]),
  );
  for (const { number, at, kind, name, mark, text } of parseLines(rows)) {
    const isFirst = !found.has(number);
    const entry = found.get(number) ?? {
      number, at, session: sessions.get(number) ?? 0, mark, patient: "", doctor: "",
    };
    if (kind === "event") {
      Object.assign(entry, { event: mark === TAKEN_BACK ? "" : text, speaker: name });
    } else if (kind === "doctor") {
      entry.doctor = text;
    } else if (kind === "person" && !isFirst) {
      Object.assign(entry, { doctor: text, responder: name });
    } else {
      Object.assign(entry, { patient: text, speaker: name });
    }
    found.set(number, entry);
  }
  return [...found.values()].sort((one, other) => one.number - other.number);
}

/** Return the notice of a greeting, and its sentences about people who may read, and who reads. */
export function parseNotices(rows, again) {
  const notices = rows.filter((row) => row[0] === "notice" && row.length > 1);
  const about = again ? ["reading"] : ["watching", "reading"];
  return {
    notice: notices.find((row) => !row[2])?.[1] ?? "",
    reading: notices.filter((row) => row[2] === "reading").map((row) => row[1]),
    watched: notices.filter((row) => about.includes(row[2])).map((row) => row[1]),
  };
}

/** Return what was said in an exchange: `patient` or `doctor`, who, text; `name` is the patient's. */
export function partsOf(entry, name) {
  if (remarkOf(entry)) return [];
  return [
    ["patient", entry.speaker ? person(entry.speaker) : name, entry.patient],
    ["doctor", entry.responder ? person(entry.responder) : T.doctor, entry.doctor],
  ].filter((part) => part[2]);
}

/** Return what is shown where nothing was said: the event, or that it was taken back. */
export function remarkOf(entry) {
  return entry.mark === TAKEN_BACK ? tr("taken back") : entry.event ?? "";
}

/** Return rows of a history to be read: number, when, who, what. */
export function readableRows(entries, inRoom = false) {
  return entries.flatMap((entry) => {
    const speaker = inRoom ? entry.speaker : person(entry.speaker);
    const rows = [];
    if (entry.mark === TAKEN_BACK) rows.push([tr("taken back")]);
    if (entry.event) rows.push([entry.event]);
    if (entry.patient) rows.push([entry.speaker ? speaker : tr("you"), entry.patient]);
    if (entry.doctor) {
      rows.push([entry.responder ? person(entry.responder) : tr("doctor"), entry.doctor]);
    }
    const head = [String(entry.number), entry.at.toLocaleString(region)];
    return rows.map((row, index) => [...(index ? ["", ""] : head), ...row]);
  });
}
