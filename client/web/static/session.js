/* The client's side of the protocol as a state machine: replies in, lines and events out.
 *
 * It is the machine of client/net/session.py in the language of browsers, and the same tests run
 * against both. It uses no web socket and no page. A line is sent only after the reply to the line
 * before it has arrived. What the visitor types while the server waits for a passphrase stays in
 * the queue, so that it is never taken for the answer.
 *
 * Exactly once over a lost connection. Each line is sent with the number that its exchange is to
 * have (`/as N TEXT`), so the server records it once, however often it arrives. After a new
 * greeting the session requests every exchange that it does not know and compares: the lines that
 * were answered come first, in order; then the line that waited for its reply, if it was recorded;
 * any other exchange came from another connection of the same patient. If the server has a
 * different history now, the waiting line is given back and not sent. A server without `/as` gets
 * lines without numbers. A line behind which three connections ended is given back. */

import {
  asOneLine, byteLength, escaped, field, flat, isBlank, MOST_BYTES, normalized, parseHistory,
  readableRows, TAKEN_BACK, wholeNumber,
} from "./lines.js";
import { explainRefusal, NOT_A_DOCTOR, REFUSED_NUMBER, UNANSWERED, UNSURE } from "./texts.js";

const BANNER = "doctor/1";
const C = {
  HELP: 214, HISTORY: 215, WHY: 216, READY: 220, GOODBYE: 221, WELCOME: 230, CHANGED: 235,
  FOUND: 219, HELPLINES: 222, FORGOTTEN: 236, TAKEN_BACK: 238, SAYS: 250, CONFIRM: 336,
  CLOSING: 421, WRONG_NUMBER: 455, BAD_LINE: 500,
  NO_COMMAND: 502, WRONG_PASSPHRASE: 530, LOCK_UNREADABLE: 532, BAD_NAME: 553,
};
const SECRET_NEXT = new Set([331, 332, 333, 530]);
const FINAL = new Set([C.BAD_NAME, C.LOCK_UNREADABLE]);
const IDLE = new Set(["idle", "slow", "name-timeout"]);
/** After so many connections that ended behind a line, it is not sent again. */
const MOST_ENDS = 3;
/** After so many refusals of its number, a line is not sent again. */
const MOST_REFUSALS = 5;
/** Exchanges requested at a time. */
const PAGE = 1000;

export class Session {
  #next = null;
  #leaving = false;
  #waiting = [];
  #asked = null;
  #answer = null;
  #locks = false;
  #confirmed = null;
  #begun = "";
  #answered = [];
  #missed = [];
  #numbers = true;
  #failedRecoveries = 0;
  #reason = "";

  constructor(name, { explain = false, clock = () => new Date() } = {}) {
    this.name = name;
    this.explain = explain;
    this.clock = clock;
    this.phase = "OFFLINE";
    this.ended = false;
    this.greeted = false;
    this.progressed = false;
    this.closingCode = 0;
    this.closingText = "";
  }

  // Requests of the visitor.

  get wasOpen() { return this.#confirmed !== null; }
  get closedAsIdle() { return IDLE.has(this.#reason); }
  get closedAsErased() { return this.#reason === "erased"; }
  get hasLines() { return [...this.#waiting, this.#asked].some((item) => item?.said !== undefined); }
  get last() { return (this.#confirmed ?? 0) + this.#answered.length; }

  /** Queue what the visitor typed: a line, or a command if it starts with `/`. */
  say(ident, text) {
    const line = asOneLine(text);
    if (line.startsWith("/") && !line.startsWith("//")) {
      this.#waiting.push({ text: line, purpose: "typed", about: ident });
    } else {
      const said = line.startsWith("//") ? line.slice(1) : line;
      this.#waiting.push({ ident, text: line, said, sent: false, number: 0, ends: 0, refusals: 0 });
    }
  }

  /** Queue a request for the last `count` exchanges, those below `before` if it is not 0. */
  askHistory(count, before = 0) {
    this.#waiting.push(historyRequest(count, before, "history"));
  }

  /** Queue any other request; `searchRequest` makes one. */
  ask(request) { this.#waiting.push(request); }

  /** Answer what the server waits for; it is not stored. A passphrase is sent unchanged. */
  answer(text) {
    if (this.phase === "SECRET" || this.phase === "CONFIRM") {
      this.#answer = escaped(this.phase === "SECRET" ? flat(text) : asOneLine(text));
      this.#locks = this.#answer !== "";
    }
  }

  /** Send `/quit` next if nothing waits for a reply; drop all lines that wait. */
  quit() {
    this.#waiting = [];
    this.#leaving = true;
    if (this.phase !== "OPEN" || this.#asked) this.phase = "OVER";
    else this.#next = "/quit";
  }

  // Events of the connection.

  begin() {
    this.phase = "GREETING";
    this.greeted = this.progressed = false;
    this.closingCode = 0;
    this.closingText = "";
    this.#reason = "";
    this.#numbers = true;
  }

  /** End the connection: unanswered lines wait for the next one, commands are dropped. */
  disconnect() {
    const asked = this.#asked;
    if (asked?.said !== undefined) asked.ends += 1;
    else if (asked?.purpose === "recover") this.#failedRecoveries += 1;
    this.#waiting = [asked, ...this.#waiting].filter((item) => item?.said !== undefined);
    this.#asked = this.#answer = this.#next = null;
    this.#missed = [];
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
    if (this.phase !== "OPEN" || this.#asked || !this.#waiting.length) return null;
    const asked = this.#asked = this.#waiting.shift();
    if (asked.said === undefined) return asked.text;
    asked.sent = true;
    // A blank line is not recorded; one that is too long with a number was allowed without.
    const numbered = `/as ${this.last + 1} ${asked.said}`;
    const fits = !isBlank(asked.said) && byteLength(numbered) < MOST_BYTES;
    asked.number = this.#numbers && fits ? this.last + 1 : 0;
    return asked.number ? numbered : asked.text;
  }

  /** Return true if the server has not yet replied to what was sent. */
  awaitsReply() {
    return this.#asked !== null || this.phase === "GREETING" || this.phase === "NAMING";
  }

  // Replies of the server.

  /** Take one reply `{code, text, rows}`; return the events that it causes. */
  take(reply) {
    const { code, text } = reply;
    if (code < C.HELP) return []; // 1xx: it answers nothing
    if (this.phase === "GREETING" && code !== C.CLOSING) return this.#takeBanner(reply);
    if (SECRET_NEXT.has(code)) {
      this.phase = "SECRET";
      return [{ kind: "SecretWanted", code, text }];
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
      return [{ kind: "SecretWanted", code: C.WRONG_PASSPHRASE, text }];
    }
    if (this.phase === "NAMING" || (FINAL.has(code) && !this.#asked)) {
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
    const last = wholeNumber(field(reply, "exchanges")) ?? 0;
    const begun = field(reply, "begun");
    const reconnected = this.wasOpen;
    // The name may belong to a different history now; no line can be looked for in it.
    const different = reconnected
      && (last < this.last || (this.#begun !== "" && this.#begun !== begun));
    this.#begun = begun;
    const notices = reply.rows.filter((row) => row[0] === "notice" && row.length > 1);
    const about = reconnected ? ["reading"] : ["watching", "reading"];
    const events = [{
      kind: "Welcomed", greeting: reply.text, exchanges: last, reconnected, different,
      notice: notices.find((row) => !row[2])?.[1] ?? "",
      watched: notices.filter((row) => about.includes(row[2])).map((row) => row[1]),
    }];
    const fresh = last - (this.#confirmed ?? 0);
    const lostTrack = fresh > 0 && this.#failedRecoveries >= MOST_ENDS;
    if (!reconnected || different || lostTrack) {
      this.#restart(last);
      this.#failedRecoveries = 0;
    } else if (fresh > 0) {
      this.#recover(fresh);
    }
    const first = this.#waiting[0];
    if (first?.sent) {
      if (different || lostTrack) events.push(this.#giveBack(first, reply.code, UNSURE));
      else if (first.ends >= MOST_ENDS) events.push(this.#giveBack(first, reply.code, UNANSWERED));
    }
    return events;
  }

  #restart(last) {
    this.#confirmed = last;
    this.#answered = [];
  }

  #recover(count, before = 0) {
    this.#waiting.unshift(historyRequest(Math.min(count, PAGE), before, "recover"));
  }

  #giveBack(line, code, why) {
    this.#waiting.shift();
    return { kind: "NotRecorded", line: line.ident, code, text: line.said, why };
  }

  #takeReply(reply) {
    const { code, text, rows } = reply;
    const asked = this.#asked;
    this.#asked = null;
    if (this.phase === "SECRET" || this.phase === "CONFIRM") this.phase = "OPEN";
    if (asked?.said !== undefined) return this.#takeAnswer(asked, reply);
    if (asked?.purpose === "typed") this.progressed = true;
    if (asked && code === C.HISTORY) return this.#takeHistory(asked, parseHistory(rows));
    if (asked?.purpose === "why" && code === C.WHY) {
      return [{ kind: "TraceFound", line: asked.about, rows, text }];
    }
    const further = asked?.purpose === "typed" ? furtherSearch(asked, reply) : null;
    if (further) {
      this.#waiting.unshift(further);
      return [];
    }
    if (asked?.purpose === "helplines") {
      return [{ kind: "HelplinesFound", rows: code === C.HELPLINES ? rows : [] }];
    }
    if (asked?.purpose === "find") {
      // A server that knows no `/find` has searched nothing, and nothing more is to be asked.
      const entries = code === C.FOUND ? parseHistory(rows).reverse() : [];
      const searched = wholeNumber(field(reply, "searched")) ?? 0;
      return [{ kind: "Found", entries, searched, wanted: asked.wanted }];
    }
    if (code === C.TAKEN_BACK) {
      this.#restart(this.last); // one of the answered lines may be gone
      return [{ kind: "TakenBack", number: wholeNumber(field(reply, "number")) ?? 0 }];
    }
    let locked = null;
    if (code === C.FORGOTTEN) {
      this.#restart(0);
      this.#begun = "";
      locked = false;
    } else if (code === C.CHANGED) {
      locked = this.#locks;
    }
    const shown = code === C.FOUND ? readableRows(parseHistory(rows)) : rows;
    return [notice(code, explainRefusal(code, text), shown, locked)];
  }

  #takeAnswer(line, reply) {
    if (line.number && reply.code === C.NO_COMMAND) {
      this.#numbers = false;
      return this.#sendAgain(line);
    }
    if (line.number && reply.code === C.WRONG_NUMBER) return this.#takeOtherNumber(line, reply);
    this.progressed = true;
    if (reply.code !== C.SAYS) {
      const why = explainRefusal(reply.code, reply.text);
      return [{ kind: "NotRecorded", line: line.ident, code: reply.code, text: line.said, why }];
    }
    const recorded = !isBlank(line.said);
    if (recorded) {
      this.#answered.push(line.said);
      if (this.explain) this.#waiting.unshift({ text: "/why", purpose: "why", about: line.ident });
    }
    const entry = {
      number: this.last, at: this.clock(), session: 0, mark: field(reply, "mark"),
      patient: line.said, doctor: reply.text,
    };
    return [{ kind: "Answered", line: line.ident, entry, recorded }];
  }

  /** Number a refused line anew; first request the exchanges that this page never saw. */
  #takeOtherNumber(line, reply) {
    const last = wholeNumber(field(reply, "exchanges"));
    const known = line.number - 1;
    line.refusals += 1;
    if (last === null || last <= known || line.refusals >= MOST_REFUSALS) {
      this.progressed = true;
      const { ident, said } = line;
      return [{ kind: "NotRecorded", line: ident, code: reply.code, text: said, why: REFUSED_NUMBER }];
    }
    this.#sendAgain(line);
    this.#recover(last - (this.#confirmed ?? 0));
    return [];
  }

  #sendAgain(line) {
    line.number = 0;
    this.#waiting.unshift(line);
    return [];
  }

  #takeHistory(asked, found) {
    if (asked.purpose === "typed") return [notice(C.HISTORY, "", readableRows(found))];
    if (asked.purpose !== "recover") {
      // Every line answered so far is included in these numbers.
      if (!asked.about) this.#restart(found.at(-1)?.number ?? 0);
      return [{ kind: "HistoryPage", entries: found, before: asked.about }];
    }
    const confirmed = this.#confirmed ?? 0;
    this.#missed = [...found.filter((entry) => entry.number > confirmed), ...this.#missed];
    const first = found[0]?.number ?? 0;
    if (confirmed + 1 < first && first < (asked.about || first + 1)) {
      // The server limits how many it sends at a time: request the ones before these.
      this.#recover(first - confirmed - 1, first);
      return [];
    }
    return this.#reconcile();
  }

  /** Find this page's own lines among the exchanges that it did not know. */
  #reconcile() {
    const waiting = this.#waiting[0]?.sent ? this.#waiting[0] : null;
    const left = this.#answered.map(normalized);
    const wanted = waiting ? normalized(waiting.said) : "";
    const missed = [];
    let own = null;
    let takenBack = 0;
    for (const entry of this.#missed) {
      const words = normalized(entry.patient);
      if (entry.mark === TAKEN_BACK) {
        takenBack += 1; // it may have been any of the answered lines
        missed.push(entry);
        continue;
      }
      while (takenBack && left.length && left[0] !== words && left.includes(words)) {
        left.shift();
        takenBack -= 1;
      }
      if (left.length && left[0] === words) left.shift();
      else if (waiting && !own && left.length <= takenBack && wanted === words) own = entry;
      else missed.push(entry);
    }
    const events = missed.length ? [{ kind: "Missed", entries: missed }] : [];
    if (own) {
      this.#waiting.shift();
      events.push({ kind: "Answered", line: waiting.ident, entry: own, recorded: true });
    } else if (waiting && left.length > takenBack) {
      events.push(this.#giveBack(waiting, C.WELCOME, UNSURE));
    } else if (waiting && waiting.ends >= MOST_ENDS) {
      events.push(this.#giveBack(waiting, C.WELCOME, UNANSWERED));
    }
    this.#restart(this.#missed.at(-1)?.number ?? this.#confirmed);
    this.#missed = [];
    this.#failedRecoveries = 0;
    return events;
  }
}

function historyRequest(count, before, purpose) {
  return { text: `/history ${count}${before ? ` ${before}` : ""}`, purpose, about: before };
}

/** Return the request that finds a text, below number `before` if it is not 0. */
export function searchRequest(wanted, before = 0) {
  const words = asOneLine(wanted);
  const text = before ? `/find-before ${before} ${words}` : `/find ${words}`;
  return { text, purpose: "find", about: 0, wanted: words };
}

/** Return the request that goes on with a typed search which found nothing so far, or null. */
function furtherSearch(asked, reply) {
  const wanted = /^\/find-before \d+ (.*)$/.exec(asked.text) ?? /^\/find (.*)$/.exec(asked.text);
  const before = wholeNumber(field(reply, "searched")) ?? 0;
  if (!wanted || reply.code !== C.FOUND || reply.rows.length > 1 || before <= 1) return null;
  return { ...searchRequest(wanted[1], before), purpose: "typed", about: asked.about };
}

function notice(code, text, rows = [], locked = null) {
  return { kind: "Replied", code, text, rows, locked };
}
