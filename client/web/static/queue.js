/* What waits in a session to be sent or answered, and the commands that a session makes itself.
 *
 * A line has `said`, a command has `purpose`. `room` is the conversation to which either belongs,
 * "" for the doctor alone; null at a command that is about none. */

import { asOneLine, byteLength, isBlank, MOST_BYTES } from "./lines.js";

/** After so many connections that ended behind a line, it is not sent again. */
export const MOST_ENDS = 3;
/** After so many refusals of its number, a line is not sent again. */
export const MOST_REFUSALS = 5;
/** Exchanges requested at a time. */
export const PAGE = 1000;

export const isLine = (item) => item?.said !== undefined;

export function newLine(ident, text, said, room) {
  return { ident, text, said, room, sent: false, number: 0, ends: 0, refusals: 0 };
}

/** Return a line as it is sent with the number that its exchange is to have. */
export function numbered(line, number) {
  const text = `/as ${number} ${line.said}`;
  // A blank line is not recorded; one that is too long with a number was allowed without.
  line.number = !isBlank(line.said) && byteLength(text) < MOST_BYTES ? number : 0;
  return line.number ? text : line.text;
}

export function historyRequest(count, before, purpose, room = "") {
  return { text: `/history ${count}${before ? ` ${before}` : ""}`, purpose, about: before, room };
}

/** Return the request that finds a text, below number `before` if it is not 0. */
export function searchRequest(wanted, before = 0, room = "") {
  const words = asOneLine(wanted);
  const text = before ? `/find-before ${before} ${words}` : `/find ${words}`;
  return { text, purpose: "find", about: 0, wanted: words, room };
}

export class LineQueue {
  waiting = [];
  asked = null;

  put(item) { this.waiting.push(item); }
  putFirst(item) { this.waiting.unshift(item); }

  remove(item) { this.waiting = this.waiting.filter((each) => each !== item); }

  /** The lines that are not answered yet, the one under way first. */
  get lines() { return [this.asked, ...this.waiting].filter(isLine); }

  /** Return the waiting line of a room that was sent on an earlier connection, or null. */
  sentLine(room) {
    return this.waiting.find((item) => isLine(item) && item.sent && item.room === room) ?? null;
  }

  /** Let the lines alone wait, also the one under way. */
  dropCommands() {
    this.waiting = this.lines;
    this.asked = null;
  }

  renameRoom(old, made) {
    for (const item of this.waiting) if (item.room === old) item.room = made;
  }

  /** Remove everything that waits for a room; return the lines of it. */
  takeOut(room) {
    const gone = this.waiting.filter((item) => item.room === room);
    this.waiting = this.waiting.filter((item) => item.room !== room);
    return gone.filter(isLine);
  }
}
