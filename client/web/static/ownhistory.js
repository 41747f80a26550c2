/* What a session knows of the visitor's own history: the machine of client/net/own_history.py.
 *
 * Exactly once over a lost connection. Each line is sent with the number that its exchange is to
 * have (`/as N TEXT`), so the server records it once, however often it arrives. After a new
 * greeting every exchange that is not known is requested and compared: the lines that were answered
 * come first, in order; then the line that waited for its reply, if it was recorded; any other
 * exchange came from another connection of the same patient, or from a person. If the server has a
 * different history now, the waiting line is given back and not sent. A server without `/as` gets
 * lines without numbers. A line behind which three connections ended is given back. */

import { field, isBlank, normalized, parseNotices, readableRows, TAKEN_BACK, wholeNumber } from "./lines.js";
import { historyRequest, MOST_ENDS, MOST_REFUSALS, numbered, PAGE } from "./queue.js";
import { explainRefusal, REFUSED_NUMBER, UNANSWERED, UNSURE } from "./texts.js";

const C = { HISTORY: 215, WELCOME: 230, SAYS: 250, SAID: 251, WRONG_NUMBER: 455, NO_COMMAND: 502 };

/** Return what a greeting says of a script of 1966, a field each; nothing of any other. */
function scriptOf(reply) {
  return reply.rows.find((row) => row[0] === "script")?.slice(1) ?? [];
}

export class OwnHistory {
  #queue;
  #clock;
  #confirmed = null;
  #begun = "";
  #answered = [];
  #missed = [];
  #failedRecoveries = 0;
  /** Notices up to this number tell nothing new: it is requested as history. */
  #recovered = 0;
  #isRecovering = false;
  #noticed = 0;
  #takesNumbers = true;

  constructor(queue, clock) {
    this.#queue = queue;
    this.#clock = clock;
  }

  get wasOpen() { return this.#confirmed !== null; }
  get last() { return (this.#confirmed ?? 0) + this.#answered.length; }

  disconnect(asked) {
    if (asked?.purpose === "recover") this.#failedRecoveries += 1;
    this.#missed = [];
    this.#isRecovering = false;
    this.#takesNumbers = true;
  }

  /** Take a greeting; request what is not known. */
  greet(reply) {
    const last = wholeNumber(field(reply, "exchanges")) ?? 0;
    const begun = field(reply, "begun");
    const reconnected = this.wasOpen;
    // The name may belong to a different history now; no line can be looked for in it.
    const different = reconnected
      && (last < this.last || (this.#begun !== "" && this.#begun !== begun));
    this.#begun = begun;
    this.#recovered = last;
    const events = [{
      kind: "Welcomed", greeting: reply.text, exchanges: last, reconnected, different,
      ...parseNotices(reply.rows, reconnected), script: scriptOf(reply),
    }];
    const fresh = last - (this.#confirmed ?? 0);
    const lostTrack = fresh > 0 && this.#failedRecoveries >= MOST_ENDS;
    const sent = this.#queue.sentLine("");
    if (!reconnected || different || lostTrack) {
      this.#restart(last);
      this.#failedRecoveries = 0;
    } else if (fresh > 0) {
      this.#recover(fresh);
    }
    if (sent && (different || lostTrack)) events.push(this.#giveBack(sent, UNSURE));
    else if (sent && sent.ends >= MOST_ENDS && !this.#isRecovering) {
      events.push(this.#giveBack(sent, UNANSWERED));
    }
    return events;
  }

  #restart(last) {
    this.#confirmed = last;
    this.#answered = [];
  }

  #recover(count, before = 0) {
    this.#isRecovering = true;
    this.#queue.putFirst(historyRequest(Math.min(count, PAGE), before, "recover"));
  }

  #giveBack(line, why) {
    this.#queue.remove(line);
    return { kind: "NotRecorded", line: line.ident, code: C.WELCOME, text: line.said, why };
  }

  wireLine(line) {
    return this.#takesNumbers ? numbered(line, this.last + 1) : line.text;
  }

  /** Take the answer to a line; return nothing if the line is to be sent again. */
  takeAnswer(line, reply) {
    const { code, text } = reply;
    if (line.number && code === C.NO_COMMAND) {
      this.#takesNumbers = false;
      return this.#sendAgain(line);
    }
    if (line.number && code === C.WRONG_NUMBER) return this.#takeOtherNumber(line, reply);
    if (code !== C.SAYS && code !== C.SAID) {
      const why = explainRefusal(code, text);
      return [{ kind: "NotRecorded", line: line.ident, code, text: line.said, why }];
    }
    const recorded = !isBlank(line.said);
    const number = recorded ? line.number || this.last + 1 : this.last;
    if (recorded && number > this.last) this.#answered.push(line.said);
    const entry = {
      number, at: this.#clock(), session: 0, mark: field(reply, "mark"),
      patient: line.said, doctor: code === C.SAYS ? text : "",
    };
    return [{ kind: "Answered", line: line.ident, entry, recorded, room: "" }];
  }

  /** Number a refused line anew; first request the exchanges that this page never saw. */
  #takeOtherNumber(line, reply) {
    const last = wholeNumber(field(reply, "exchanges"));
    line.refusals += 1;
    if (last === null || last < line.number || line.refusals >= MOST_REFUSALS) {
      const { ident, said } = line;
      return [{ kind: "NotRecorded", line: ident, code: reply.code, text: said, why: REFUSED_NUMBER }];
    }
    this.#sendAgain(line);
    const missing = last - (this.#confirmed ?? 0);
    if (missing > 0) {
      this.#recovered = Math.max(this.#recovered, last);
      this.#recover(missing);
    }
    return [];
  }

  #sendAgain(line) {
    line.number = 0;
    this.#queue.putFirst(line);
    return [];
  }

  /** Count what a notice tells; return false if it is known already. */
  takeNotice(number) {
    if (number > 0 && number <= this.#recovered) return false;
    if (this.#isRecovering) this.#noticed = Math.max(this.#noticed, number);
    else if (number > this.last) this.#restart(number);
    return true;
  }

  /** Take exchanges that were requested. */
  takeHistory(asked, found) {
    if (asked.purpose === "typed") {
      return [{ kind: "Replied", code: C.HISTORY, text: "", rows: readableRows(found), locked: null }];
    }
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
    const waiting = this.#queue.sentLine("");
    const left = this.#answered.map(normalized);
    const wanted = waiting ? normalized(waiting.said) : "";
    const missed = [];
    let own = null;
    let takenBack = 0;
    for (const entry of this.#missed) {
      const words = normalized(entry.patient);
      if (entry.speaker || entry.event) {
        missed.push(entry);
        continue;
      }
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
      this.#queue.remove(waiting);
      events.push({ kind: "Answered", line: waiting.ident, entry: own, recorded: true, room: "" });
    } else if (waiting && left.length > takenBack) {
      events.push(this.#giveBack(waiting, UNSURE));
    } else if (waiting && waiting.ends >= MOST_ENDS) {
      events.push(this.#giveBack(waiting, UNANSWERED));
    }
    const last = this.#missed.at(-1)?.number ?? this.#confirmed ?? 0;
    this.#restart(Math.max(last, this.#noticed));
    this.#missed = [];
    this.#isRecovering = false;
    this.#noticed = 0;
    this.#failedRecoveries = 0;
    return events;
  }

  /** Count anew: the history was erased. */
  forget() {
    this.#restart(0);
    this.#begun = "";
    this.#recovered = 0;
  }

  /** Note that an exchange was taken back: one of the answered lines may be gone. */
  takeBack() { this.#restart(this.last); }
}
