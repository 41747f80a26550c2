/* The client's side of the protocol as a state machine: replies in, lines and events out.
 *
 * It is the machine of client/net/session.py in the language of browsers, and the same tests run
 * against both. It uses no web socket and no page. A line is sent only after the reply to the line
 * before it has arrived. What the visitor types while the server waits for a passphrase stays in
 * the queue, so that it is never taken for the answer.
 *
 * Every line is recorded exactly once, whatever becomes of the connection: ownhistory.js for the
 * conversation with the doctor alone, rooms.js for those of several people. */

import {
  asOneLine, escaped, field, flat, isBlank, parseHistory, parseTime, readableRows, wholeNumber,
} from "./lines.js";
import { OwnHistory } from "./ownhistory.js";
import { isLine, LineQueue, newLine, searchRequest } from "./queue.js";
import { Rooms } from "./rooms.js";
import { plural, region, tr } from "./language.js";
import { explainRefusal, NOT_A_DOCTOR } from "./texts.js";

export { searchRequest };

const BANNER = "doctor/1";
/** Replies with smaller codes answer nothing. */
const FIRST_REPLY = 200;
const C = {
  HISTORY: 215, WHY: 216, ROOMS: 217, WHO: 218, FOUND: 219, READY: 220, GOODBYE: 221,
  HELPLINES: 222, WELCOME: 230, CHANGED: 235, FORGOTTEN: 236, TAKEN_BACK: 238, SAYS: 250,
  CONFIRM: 336, CLOSING: 421, BAD_LINE: 500, WRONG_PASSPHRASE: 530, LOCK_UNREADABLE: 532,
  BAD_NAME: 553,
};
/** Notices of the visitor's own conversation about what a person does, and the last code of all. */
const ACTIVITIES = { 152: "LEFT", 153: "READING", 154: "TAKEN_OVER", 155: "RETURNED" };
const NOTICES = [150, 156];
const SECRET_NEXT = new Set([331, 332, 333, 530]);
const FINAL = new Set([C.BAD_NAME, C.LOCK_UNREADABLE]);
const IDLE = new Set(["idle", "slow", "name-timeout"]);

export class Session {
  #next = null;
  #leaving = false;
  #queue = new LineQueue();
  #answer = null;
  #locks = false;
  #own;
  #rooms;
  #reason = "";

  constructor(name, { explain = false, clock = () => new Date() } = {}) {
    this.name = name;
    this.explain = explain;
    this.#own = new OwnHistory(this.#queue, clock);
    this.#rooms = new Rooms(name, this.#queue, clock);
    this.phase = "OFFLINE";
    this.ended = false;
    this.greeted = false;
    this.progressed = false;
    this.closingCode = 0;
    this.closingText = "";
  }

  // Requests of the visitor.

  get wasOpen() { return this.#own.wasOpen; }
  get closedAsIdle() { return IDLE.has(this.#reason); }
  get closedAsErased() { return this.#reason === "erased"; }
  get hasLines() { return this.#queue.lines.length > 0; }
  get isInRooms() { return this.#rooms.isAnywhere; }

  /** Queue what the visitor typed, for a conversation; null: for the one that was chosen last. */
  say(ident, text, room = null) {
    const line = asOneLine(text);
    const where = room ?? this.#rooms.wanted;
    if (line.startsWith("/") && !line.startsWith("//")) {
      this.#queue.put(this.#rooms.typedCommand(line, ident, where));
    } else {
      this.#queue.put(newLine(ident, line, line.startsWith("//") ? line.slice(1) : line, where));
    }
  }

  /** Queue any other request; `searchRequest` makes one. */
  ask(request) { this.#queue.put(request); }

  /** Answer what the server waits for; it is not stored. A passphrase is sent unchanged. */
  answer(text) {
    if (this.phase === "SECRET" || this.phase === "CONFIRM") {
      this.#answer = escaped(this.phase === "SECRET" ? flat(text) : asOneLine(text));
      this.#locks = this.#answer !== "";
    }
  }

  /** Send `/quit` next if nothing waits for a reply; drop all lines that wait. */
  quit() {
    this.#queue.waiting = [];
    this.#leaving = true;
    if (this.phase !== "OPEN" || this.#queue.asked) this.phase = "OVER";
    else this.#next = "/quit";
  }

  // Events of the connection.

  begin() {
    this.phase = "GREETING";
    this.greeted = this.progressed = false;
    this.closingCode = 0;
    this.closingText = "";
    this.#reason = "";
  }

  /** End the connection: unanswered lines wait for the next one, commands are dropped. */
  disconnect() {
    const { asked } = this.#queue;
    if (isLine(asked)) asked.ends += 1;
    this.#queue.dropCommands();
    this.#own.disconnect(asked);
    this.#rooms.disconnect();
    this.#answer = this.#next = null;
    if (this.phase !== "OVER") this.phase = "OFFLINE";
  }

  /** Return the line to send now, or null; each line is returned once per connection. */
  nextLine() {
    if (this.#next !== null) {
      const line = this.#next;
      this.#next = null;
      return line;
    }
    if (this.phase === "SECRET" || this.phase === "CONFIRM") {
      const answer = this.#answer;
      this.#answer = null;
      return answer;
    }
    const queue = this.#queue;
    if (this.phase !== "OPEN" || queue.asked || !queue.waiting.length) return null;
    const way = this.#rooms.wayTo(queue.waiting[0].room);
    const asked = queue.asked = way ?? queue.waiting.shift();
    if (!isLine(asked)) return asked.text;
    asked.sent = true;
    return (asked.room ? this.#rooms : this.#own).wireLine(asked);
  }

  /** Return true if the server has not yet replied to what was sent. */
  awaitsReply() {
    return this.#queue.asked !== null || this.phase === "GREETING" || this.phase === "NAMING";
  }

  // Replies of the server.

  /** Take one reply `{code, text, rows}`; return the events that it causes. */
  take(reply) {
    const { code, text } = reply;
    if (code < FIRST_REPLY) return this.#takeNotice(reply);
    if (this.phase === "GREETING" && code !== C.CLOSING) return this.#takeBanner(reply);
    if (SECRET_NEXT.has(code)) {
      this.phase = "SECRET";
      return [{ kind: "SecretWanted", code, text, room: this.#roomToOpen }];
    }
    if (code === C.CONFIRM) {
      this.phase = "CONFIRM";
      return [{ kind: "ConfirmWanted", text, number: wholeNumber(field(reply, "number")) ?? 0 }];
    }
    if (code === C.WELCOME) return this.#takeGreeting(reply);
    if (code === C.CLOSING) {
      this.closingCode = code;
      this.closingText = text;
      this.#reason = field(reply, "reason");
      return [];
    }
    if (code === C.GOODBYE) {
      const farewell = this.#leaving ? [] : [notice(code, text)];
      return [...farewell, ...this.#end({ kind: "Closed" })];
    }
    if (this.phase === "SECRET" && code === C.BAD_LINE) {
      return [{ kind: "SecretWanted", code: C.WRONG_PASSPHRASE, text, room: this.#roomToOpen }];
    }
    if (this.phase === "NAMING" || (FINAL.has(code) && !this.#queue.asked)) {
      return this.#end({ kind: "Failed", why: explainRefusal(code, text), code });
    }
    return this.#takeReply(reply);
  }

  #takeBanner({ code, text }) {
    if (code !== C.READY || !text.startsWith(BANNER)) {
      return this.#end({ kind: "Failed", why: NOT_A_DOCTOR, code });
    }
    this.phase = "NAMING";
    this.#next = escaped(this.name);
    return [];
  }

  #end(event) {
    this.phase = "OVER";
    this.ended = true;
    return [event];
  }

  #takeGreeting(reply) {
    this.phase = "OPEN";
    this.greeted = true;
    return [...this.#rooms.greet(), ...this.#own.greet(reply)];
  }

  /** The room whose passphrase the server asks for, "" for the visitor's own history. */
  get #roomToOpen() {
    const { asked } = this.#queue;
    return isLine(asked) ? "" : asked?.joins || asked?.room || "";
  }

  /** Take what others did; a notice that is not known is skipped. */
  #takeNotice({ code, rows }) {
    const row = rows[0] ?? [];
    const number = wholeNumber(row[1]);
    const isKnown = code >= NOTICES[0] && code <= NOTICES[1];
    if (!isKnown || row.length < 7 || number === null || !this.greeted) return [];
    const [conversation, , time, kind, name, mark, text] = row;
    if (conversation) {
      const notice = { code, conversation, number, time, kind, name, mark, text };
      return this.#rooms.takeNotice(notice);
    }
    const at = parseTime(time);
    if (!at) return [];
    const isNew = this.#own.takeNotice(number);
    const line = { number, at, kind, name, mark, text };
    if (ACTIVITIES[code]) return [{ kind: "Attended", what: ACTIVITIES[code], name, line }];
    return isNew ? [{ kind: "Heard", room: "", lines: [line], missed: false }] : [];
  }

  #takeReply(reply) {
    const { code, text } = reply;
    const { asked } = this.#queue;
    this.#queue.asked = null;
    if (this.phase === "SECRET" || this.phase === "CONFIRM") this.phase = "OPEN";
    if (isLine(asked)) return this.#takeAnswer(asked, reply);
    if (asked?.purpose === "typed") this.progressed = true;
    const events = asked
      && (this.#rooms.takeAnswer(asked, reply) ?? this.#takeRequested(asked, reply));
    if (events) return events;
    // The notice that closes a room may come before the answer to what erased it.
    const room = asked?.room ?? this.#rooms.at;
    if (room) {
      const told = notice(code, explainRefusal(code, text), readable(reply));
      if (code !== C.FORGOTTEN) return [told];
      const left = this.#rooms.drop(room, text, true);
      this.#rooms.at = ""; // who erased it has left it by that
      return [told, ...left];
    }
    if (code === C.TAKEN_BACK) {
      this.#own.takeBack();
      return [{ kind: "TakenBack", number: wholeNumber(field(reply, "number")) ?? 0 }];
    }
    if (code === C.FORGOTTEN) this.#own.forget();
    const locked = { [C.FORGOTTEN]: false, [C.CHANGED]: this.#locks }[code] ?? null;
    return [notice(code, explainRefusal(code, text), readable(reply), locked)];
  }

  /** Take the answer to a command that shows something; return null for any other. */
  #takeRequested(asked, reply) {
    const { code, text, rows } = reply;
    if (code === C.HISTORY) {
      const found = parseHistory(rows);
      return asked.room ? [notice(code, "", readableRows(found, true))]
        : this.#own.takeHistory(asked, found);
    }
    if (asked.purpose === "why" && code === C.WHY) {
      return [{ kind: "TraceFound", line: asked.about, rows, text }];
    }
    const further = asked.purpose === "typed" ? furtherSearch(asked, reply) : null;
    if (further) {
      this.#queue.putFirst(further);
      return [];
    }
    if (asked.purpose === "rooms") {
      const rooms = rows.filter((row) => row.length > 1)
        .map((row) => [row[0], wholeNumber(row[1]) ?? 0, row.slice(2).includes("passphrase")]);
      return [{ kind: "RoomsFound", rooms }];
    }
    if (asked.purpose === "helplines") {
      return [{ kind: "HelplinesFound", rows: code === C.HELPLINES ? rows : [] }];
    }
    if (asked.purpose === "find") {
      // A server that knows no `/find` has searched nothing, and nothing more is to be asked.
      const entries = code === C.FOUND ? parseHistory(rows).reverse() : [];
      const searched = wholeNumber(field(reply, "searched")) ?? 0;
      return [{ kind: "Found", entries, searched, wanted: asked.wanted }];
    }
    return null;
  }

  /** Take the answer to a line, which may be sent again. */
  #takeAnswer(line, reply) {
    let events;
    if (line.room) {
      events = this.#rooms.takeLineAnswer(line, reply);
    } else {
      events = this.#own.takeAnswer(line, reply);
      if (reply.code === C.SAYS && !isBlank(line.said) && this.explain) {
        this.#queue.putFirst({ text: "/why", purpose: "why", about: line.ident, room: "" });
      }
    }
    if (!this.#queue.waiting.includes(line)) this.progressed = true;
    return events;
  }
}

/** Return the rows of a reply as people read them. */
function readable({ code, rows }) {
  if (code === C.FOUND) return readableRows(parseHistory(rows));
  const clock = (at) => (at ? at.toLocaleTimeString(region, { hour: "2-digit", minute: "2-digit" }) : "");
  if (code === C.WHO) {
    return rows.map((row) => [row[0], tr("since {time}", { time: clock(parseTime(row[1])) }), ...row.slice(2)]);
  }
  if (code === C.ROOMS) {
    return rows.map(([room, number, ...rest]) => (
      [room, plural("{number:,} member", "{number:,} members", Number(number), { number }), ...rest]));
  }
  return rows;
}

/** Return the request that goes on with a typed search which found nothing so far, or null. */
function furtherSearch(asked, reply) {
  const wanted = /^\/find-before \d+ (.*)$/.exec(asked.text) ?? /^\/find (.*)$/.exec(asked.text);
  const before = wholeNumber(field(reply, "searched")) ?? 0;
  if (!wanted || reply.code !== C.FOUND || reply.rows.length > 1 || before <= 1) return null;
  return { ...searchRequest(wanted[1], before, asked.room), purpose: "typed", about: asked.about };
}

function notice(code, text, rows = [], locked = null) {
  return { kind: "Replied", code, text, rows, locked };
}
