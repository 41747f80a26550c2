/* A conversation that survives lost connections: web sockets and timers around a Session.
 *
 * If the first connection fails, the conversation ends, so that the visitor can correct the name.
 * Once a session was open, a lost connection is made again until `close`, after pauses that grow
 * until a line is answered or a connection lasts. A passphrase is never stored: after a lost
 * connection the visitor is asked for it again.
 *
 * A message to the gateway is one line; a message from it is one reply as JSON. It closes a web
 * socket with a code from 4000 on and a sentence where it knows more than that the connection
 * ended. */

import { historyRequest } from "./queue.js";
import { Session } from "./session.js";
import { tr } from "./language.js";
import { explainRefusal, GATEWAY_LOST, SILENT, UNASKED } from "./texts.js";

/** Seconds before each attempt to reconnect; the last one is repeated. */
const PAUSES = [0.5, 1, 2, 4, 8, 15, 30];
/** Seconds to wait for the first reply, and for every other one. */
const BANNER_LIMIT = 15;
const REPLY_LIMIT = 60;
/** Seconds after which a connection counts as one that works, though no line was answered. */
const STABLE = 60;
const GOODBYE_LIMIT = 0.5;
/** Replies that nobody asked for, after which the connection is given up. */
const MOST_UNASKED = 100;
/** Replies with smaller codes answer nothing. */
const FIRST_ANSWER = 200;
const CLOSING = 421;

export class Conversation {
  #session;
  #report;
  #url;
  #socket = null;
  #timer = 0;
  #idents = 0;
  #failures = 0;
  #openedAt = 0;
  #owed = 0;
  #unasked = 0;
  #closing = false;
  #over = false;
  #idle = false;
  #why = "";

  /** `report` is called with one event after the other; the last one is `Failed` or `Closed`. */
  constructor(url, name, report) {
    this.#url = url;
    this.#report = report;
    this.#session = new Session(name);
  }

  get isOpen() { return this.#session.phase === "OPEN"; }
  get isOver() { return this.#over; }
  get hasLines() { return this.#session.hasLines; }
  set explain(wanted) { this.#session.explain = wanted; }

  start() { this.#connect(); }

  /** Send a line as soon as possible; return the id that its answer will carry. */
  say(text, room = null) {
    this.#idents += 1;
    this.#session.say(this.#idents, text, room);
    if (this.#idle) this.retry();
    this.#pump();
    return this.#idents;
  }

  answer(text) {
    this.#session.answer(text);
    this.#pump();
  }

  askHistory(count, before = 0) {
    this.ask(historyRequest(count, before, "history"));
  }

  /** Send any other request. */
  ask(request) {
    this.#session.ask(request);
    this.#pump();
  }

  askWhy(room = "") {
    this.ask({ text: "/why", purpose: "why", about: 0, room });
  }

  /** Connect now instead of at the end of the pause. */
  retry() {
    if (!this.#socket && !this.#over) this.#connect();
  }

  /** End this connection, and with it a question of the server; then make it again. */
  reconnect() {
    this.#end("");
  }

  /** End the conversation. */
  close() {
    this.#closing = true;
    if (!this.#socket) {
      this.#finish({ kind: "Closed" });
      return;
    }
    this.#session.quit();
    this.#pump();
    if (this.#socket) this.#arm(GOODBYE_LIMIT, "");
  }

  // One connection.

  #connect() {
    clearTimeout(this.#timer);
    this.#idle = false;
    this.#why = "";
    this.#owed = 1; // each line gets one reply; the first one is for connecting
    this.#unasked = 0;
    this.#session.begin();
    this.#openedAt = performance.now();
    this.#report({ kind: "Connecting", attempt: this.#failures + 1 });
    const socket = this.#socket = new WebSocket(this.#url);
    socket.onmessage = (event) => socket === this.#socket && this.#receive(event.data);
    socket.onclose = (event) => {
      if (socket === this.#socket) this.#end(event.code >= 4000 ? tr(event.reason) : GATEWAY_LOST);
    };
    this.#arm(BANNER_LIMIT, SILENT);
  }

  #arm(seconds, why) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(why), seconds * 1000);
  }

  #receive(data) {
    const reply = JSON.parse(data);
    if (reply.code >= FIRST_ANSWER && reply.code !== CLOSING) this.#owed -= 1;
    if (this.#owed < 0) {
      this.#owed = 0;
      this.#unasked += 1;
      if (this.#unasked > MOST_UNASKED) this.#end(UNASKED);
      return;
    }
    for (const event of this.#session.take(reply)) this.#report(event);
    this.#pump();
  }

  /** Send what may be sent now; end the connection if the session wants no more of it. */
  #pump() {
    const session = this.#session;
    if (!this.#socket) return;
    if (session.closingCode || session.phase === "OVER") {
      this.#end("");
      return;
    }
    for (let line = session.nextLine(); line !== null; line = session.nextLine()) {
      this.#socket.send(line);
      this.#owed += 1;
      this.#arm(REPLY_LIMIT, SILENT);
    }
    if (!session.awaitsReply() && !this.#closing) clearTimeout(this.#timer);
  }

  #end(why) {
    clearTimeout(this.#timer);
    const session = this.#session;
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = null;
    socket.close();
    this.#why = session.closingCode
      ? explainRefusal(session.closingCode, session.closingText) : why;
    const lasted = session.greeted && performance.now() - this.#openedAt >= STABLE * 1000;
    this.#failures = session.progressed || lasted ? 0 : this.#failures + 1;
    session.disconnect();
    if (this.#closing) this.#finish({ kind: "Closed" });
    else if (session.ended) this.#over = true; // the last event was reported
    else if (!session.wasOpen || session.closedAsErased) {
      this.#finish({ kind: "Failed", why: this.#why, code: session.closingCode });
    } else this.#pause();
  }

  #pause() {
    const session = this.#session;
    if (session.closedAsIdle && !session.hasLines && !session.isInRooms) {
      this.#idle = true;
      this.#report({ kind: "Suspended", why: this.#why });
      return;
    }
    // The visitors of one gateway should not all reconnect at the same moment.
    const pause = PAUSES[Math.min(this.#failures, PAUSES.length - 1)] * (0.8 + 0.4 * Math.random());
    this.#timer = setTimeout(() => this.#connect(), pause * 1000);
    this.#report({ kind: "Lost", why: this.#why, pause });
  }

  #finish(event) {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#report(event);
  }
}
