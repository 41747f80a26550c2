/* The rooms that a session is in: the machine of client/net/rooms.py in the language of browsers.
 *
 * `at` is the conversation in which the server has this page, `wanted` the one that the visitor has
 * chosen. Each line and each command belongs to a conversation, and before it is sent the session
 * goes there. After a lost connection every room is joined again, and what was missed is requested
 * by number. A line carries the lowest number that it may have, the same however often it is sent,
 * so that the server records it once. */

import { field, normalized, parseLines, parseTime, sameName, wholeNumber } from "./lines.js";
import { historyRequest, isLine, MOST_ENDS, MOST_REFUSALS, numbered, PAGE } from "./queue.js";
import { RoomLog } from "./roomlog.js";
import { explainRefusal, notInRoom, REFUSED_NUMBER, UNANSWERED, unsureInRoom } from "./texts.js";

const C = {
  CLOSED: 156, HISTORY: 215, WELCOME: 230, JOINED: 231, LEFT_ROOM: 234, SAYS: 250, SAID: 251,
  WRONG_NUMBER: 455, NOT_NOW: 503,
};
/** Notices of a room whose `/join` is not answered yet; more are dropped. */
const MOST_EARLY = 1000;
/** How typed commands begin that change where lines are said. */
const LEADS_ELSEWHERE = /^\/(?:join |leave|private)/i;
/** Commands that are about no conversation. */
const ABOUT_NONE = new Set(["/help", "/helplines", "/rooms", "/quit"]);

export class Rooms {
  #name;
  #queue;
  #clock;
  #logs = new Map();
  #early = [];
  /** The last `TalksIn`: where the visitor sees that lines are said. */
  #shown = "";
  at = "";
  wanted = "";

  constructor(name, queue, clock) {
    this.#name = name;
    this.#queue = queue;
    this.#clock = clock;
  }

  get isAnywhere() { return this.#logs.size > 0; }

  /** Return the request of a command that the visitor typed in this conversation. */
  typedCommand(line, ident, room) {
    const [first, ...rest] = line.split(" ");
    const word = first.toLowerCase();
    const name = rest.join(" ").trim();
    const request = { text: line, purpose: "typed", about: ident, room: null };
    if (word === "/join" && name) {
      this.wanted = [...this.#logs.keys()].find((known) => sameName(known, name)) ?? name;
      return { ...request, joins: this.wanted };
    }
    if (word === "/private") {
      this.wanted = "";
      return request;
    }
    if (word === "/leave") {
      if (this.#logs.has(room)) this.#logs.get(room).isLeaving = true;
      if (this.wanted === room) this.wanted = "";
    }
    return { ...request, room: ABOUT_NONE.has(word) ? null : room };
  }

  // Connections.

  disconnect() {
    this.at = "";
    this.#early = [];
    for (const log of this.#logs.values()) log.disconnect();
  }

  /** Request to be in every room again that was not left, before anything else. */
  greet() {
    const events = [];
    for (const [room, log] of [...this.#logs]) {
      if (log.isLeaving) events.push(...this.drop(room, ""));
    }
    if (!this.#queue.waiting.some((item) => !isLine(item) && LEADS_ELSEWHERE.test(item.text))) {
      if (this.wanted && !this.#logs.has(this.wanted)) this.#goBack(this.wanted); // `/join` was lost
      if (this.wanted !== this.#shown) events.push(this.#show(""));
    }
    for (const room of [...this.#logs.keys()].reverse()) {
      this.#queue.putFirst({ text: `/join ${room}`, purpose: "rejoin", joins: room, room: null });
    }
    return events;
  }

  /** Return the command that leads to a conversation, null if the session is there. */
  wayTo(room) {
    if (room === null || room === undefined || room === this.at) return null;
    if (!room) return { text: "/private", purpose: "switch", room: null };
    return { text: `/join ${room}`, purpose: "switch", joins: room, room: null };
  }

  // Answers to commands.

  /** Take the answer to a command about rooms; return null for any other. */
  takeAnswer(asked, reply) {
    if (reply.code === C.JOINED) return this.#takeJoined(asked, reply);
    if (reply.code === C.LEFT_ROOM) return this.#takeLeft(asked, reply);
    if (asked.joins) return this.#takeRefusal(asked, reply);
    if (asked.purpose === "switch") {
      this.at = "";
      return [];
    }
    if (asked.purpose === "fill") return this.#takeMissed(asked, reply);
    if (asked.room && asked.purpose === "history") {
      return [{ kind: "RoomPage", room: asked.room, lines: parseLines(reply.rows), before: asked.about }];
    }
    return null;
  }

  #takeJoined(asked, reply) {
    const room = field(reply, "room") || asked.joins || "";
    this.#rename(asked.joins, room);
    this.at = room;
    const last = wholeNumber(field(reply, "exchanges")) ?? 0;
    const begun = field(reply, "begun");
    const told = parseLines(
      reply.rows.filter((row) => row[0] === "line").map((row) => row.slice(1)),
    );
    const members = reply.rows.filter((row) => row[0] === "member" && row.length > 1)
      .map((row) => row[1]);
    const log = this.#logs.get(room);
    const different = Boolean(log?.differs(last, begun));
    const joined = (lines) => ({
      kind: "Joined", room, members, lines, again: Boolean(log), different,
    });
    const events = [];
    if (!log || different) {
      this.#logs.set(room, new RoomLog(last, begun));
      events.push(joined(told));
      const sent = different && this.#queue.sentLine(room);
      if (sent) events.push(this.#giveBack(sent, unsureInRoom(room)));
    } else {
      if (!log.isHere) events.push(joined([]));
      Object.assign(log, { begun, isLeaving: false, isHere: true });
      events.push(...this.#catchUp(room, log, told, last));
    }
    const early = this.#early;
    this.#early = [];
    for (const notice of early) events.push(...this.takeNotice(notice));
    if (asked.purpose === "typed") events.push(this.#show(reply.text));
    return events;
  }

  /** Tell the visitor where what is typed is said. */
  #show(text) {
    this.#shown = this.wanted;
    return { kind: "TalksIn", room: this.wanted, text };
  }

  /** Let what is typed for a room that this page is not in be said where it was before. */
  #goBack(room) {
    if (this.wanted === room) this.wanted = this.#logs.has(this.#shown) ? this.#shown : "";
  }

  #rename(old, made) {
    if (!old || old === made) return;
    this.#queue.renameRoom(old, made);
    if (this.wanted === old) this.wanted = made;
    if (this.#shown === old) this.#shown = made;
    if (this.#logs.has(old)) {
      this.#logs.set(made, this.#logs.get(old));
      this.#logs.delete(old);
    }
  }

  #takeLeft(asked, reply) {
    const left = this.at ?? "";
    this.at = "";
    const events = asked.text.toLowerCase().startsWith("/leave") ? this.drop(left, "") : [];
    if (asked.purpose === "typed" && !events.some(({ kind }) => kind === "TalksIn")) {
      events.push(this.#show(events.length ? "" : reply.text));
    }
    return events;
  }

  #takeRefusal(asked, { code, text }) {
    const room = asked.joins;
    const why = explainRefusal(code, text);
    const events = this.#logs.has(room) ? this.drop(room, why) : this.#giveBackAll(room);
    if (asked.purpose === "typed") {
      events.push({ kind: "Replied", code, text: why, rows: [], locked: null });
    }
    return events;
  }

  // What was missed.

  #catchUp(room, log, told, last) {
    if (log.isFilling) return [];
    const first = log.collect(told) || last + 1;
    log.fillTo = last;
    if (first > log.last + 1) {
      this.#requestMissed(room, log, first - 1);
      return [];
    }
    return this.#passMissed(room, log);
  }

  #requestMissed(room, log, last) {
    log.isFilling = true;
    const count = Math.min(last - log.last, PAGE);
    this.#queue.putFirst(historyRequest(count, last + 1, "fill", room));
  }

  #takeMissed(asked, reply) {
    const log = this.#logs.get(asked.room);
    if (!log) return [];
    const last = asked.about - 1;
    const first = reply.code === C.HISTORY ? log.collect(parseLines(reply.rows)) : 0;
    if (first > log.last + 1 && first <= last) {
      this.#requestMissed(asked.room, log, first - 1); // the server limits how many it sends
      return [];
    }
    return this.#passMissed(asked.room, log);
  }

  /** Pass on what was collected; the line that waited for its answer may be among it. */
  #passMissed(room, log) {
    let sent = this.#queue.sentLine(room);
    const events = [];
    const found = [];
    for (const one of log.fill(log.fillTo)) {
      if (sent && this.#mayBe(sent, one)) {
        this.#queue.remove(sent);
        events.push(this.#answered(sent, one.number));
        sent = null;
      } else {
        found.push(one);
      }
    }
    if (sent && sent.ends >= MOST_ENDS) events.push(this.#giveBack(sent, UNANSWERED));
    this.#lookForGap(room, log);
    return [...heard(room, found, true), ...events];
  }

  #mayBe(line, one) {
    return one.kind === "patient" && sameName(one.name, this.#name)
      && one.number >= line.number && normalized(one.text) === normalized(line.said);
  }

  // Notices.

  /** Take a notice `{code, conversation, number, time, kind, name, mark, text}` of a room. */
  takeNotice(notice) {
    const { code, conversation: room, number, kind, name, mark, text } = notice;
    if (code === C.CLOSED) return this.drop(room, text, true);
    const at = parseTime(notice.time);
    if (!at) return [];
    const log = this.#logs.get(room);
    if (!log) {
      if (this.#early.length < MOST_EARLY) this.#early.push(notice);
      return [];
    }
    const one = { number, at, kind, name, mark, text };
    const { asked } = this.#queue;
    if (isLine(asked) && asked.room === room && this.#mayBe(asked, one)) log.isPaused = true;
    const found = log.add(one);
    this.#lookForGap(room, log);
    return heard(room, found);
  }

  #lookForGap(room, log) {
    const last = log.gap;
    if (last === null) return;
    log.fillTo = last;
    this.#requestMissed(room, log, last);
  }

  // Lines.

  /** Return a line as it is sent; its number stays the same however often it is sent. */
  wireLine(line) {
    return numbered(line, line.number || (this.#logs.get(line.room)?.highest ?? 0) + 1);
  }

  /** Take the answer to a line that was said in a room. */
  takeLineAnswer(line, reply) {
    const { code, text } = reply;
    const log = this.#logs.get(line.room);
    const events = [];
    if (code === C.WRONG_NUMBER && line.number && log) {
      events.push(...this.#takeOtherNumber(line, log, reply));
    } else if (code === C.SAID) {
      const number = wholeNumber(field(reply, "number")) ?? 0;
      if (log && number) log.noteOwn(number);
      events.push(this.#answered(line, number));
    } else if (code === C.SAYS) {
      events.push({ ...this.#answered(line, 0), entry: this.#entry(line, 0, text) });
    } else {
      const why = explainRefusal(code, text);
      events.push({ kind: "NotRecorded", line: line.ident, code, text: line.said, why });
      // The room is closed; a notice of it may come later.
      if (code === C.NOT_NOW) events.push(...this.drop(line.room, text, true));
    }
    if (log) {
      log.isPaused = false;
      events.push(...heard(line.room, log.release()));
      this.#lookForGap(line.room, log);
    }
    return events;
  }

  /** Number a line anew whose number is too old; return it where the room is another one. */
  #takeOtherNumber(line, log, reply) {
    const last = wholeNumber(field(reply, "exchanges")) ?? 0;
    line.refusals += 1;
    if (last < line.number || line.refusals >= MOST_REFUSALS) {
      const { ident, said } = line;
      return [{ kind: "NotRecorded", line: ident, code: reply.code, text: said, why: REFUSED_NUMBER }];
    }
    line.number = Math.max(last, log.highest) + 1;
    this.#queue.putFirst(line);
    return [];
  }

  #entry(line, number, doctor) {
    return { number, at: this.#clock(), session: 0, mark: "", patient: line.said, doctor };
  }

  #answered(line, number) {
    const entry = this.#entry(line, number, "");
    return { kind: "Answered", line: line.ident, entry, recorded: number > 0, room: line.room };
  }

  #giveBack(line, why) {
    this.#queue.remove(line);
    return { kind: "NotRecorded", line: line.ident, code: C.WELCOME, text: line.said, why };
  }

  /** Give back every line that waits for a room; what is typed next is said elsewhere. */
  #giveBackAll(room) {
    this.#goBack(room);
    return this.#queue.takeOut(room).map((line) => ({
      kind: "NotRecorded", line: line.ident, code: C.NOT_NOW, text: line.said,
      why: line.sent ? unsureInRoom(room) : notInRoom(room),
    }));
  }

  /** Be in a room no longer. */
  drop(room, text, closed = false) {
    if (!this.#logs.delete(room)) return [];
    if (this.at === room) this.at = null; // it must go somewhere first
    const events = [{ kind: "LeftRoom", room, text, closed }, ...this.#giveBackAll(room)];
    if (this.#shown === room) events.push(this.#show(""));
    return events;
  }
}

function heard(room, lines, missed = false) {
  return lines.length ? [{ kind: "Heard", room, lines, missed }] : [];
}
