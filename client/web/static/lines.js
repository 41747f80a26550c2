/* Typed text as a line of the protocol, and rows of a history as exchanges; pure.
 *
 * The same rules as in client/net/lines.py. docs/protocol.md describes the protocol. */

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

/** Return the exchanges in the rows of a 215 or 219, oldest first; skip invalid rows. */
export function parseHistory(rows) {
  const found = new Map();
  for (const [number, at, session, mark, who, text] of rows.filter((row) => row.length >= 6)) {
    const key = wholeNumber(number);
    const time = new Date(at);
    const isTakenBack = mark === TAKEN_BACK && who === "event";
    const isSaid = ["patient", "doctor"].includes(who);
    if (key === null || Number.isNaN(time.getTime()) || !(isTakenBack || isSaid)) continue;
    const entry = found.get(key) ?? { number: key, patient: "", doctor: "" };
    if (isSaid) entry[who] = text;
    found.set(key, { ...entry, at: time, session: wholeNumber(session) ?? 0, mark });
  }
  return [...found.values()].sort((one, other) => one.number - other.number);
}

/** Return rows of a history to be read: when, who, what. */
export function readableRows(entries) {
  return entries.flatMap((entry) => (entry.mark === TAKEN_BACK
    ? [[String(entry.number), entry.at.toLocaleString(), "taken back"]]
    : [
      [String(entry.number), entry.at.toLocaleString(), "you", entry.patient],
      ["", "", "doctor", entry.doctor],
    ]));
}
