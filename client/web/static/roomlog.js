/* Which exchanges of a room this page has, so that each is passed on once: client/net/room_log.py.
 *
 * What is said arrives as notices, in the answer to `/join`, and in answers to `/history`. The line
 * and the reply of an exchange are two parts, which arrive one after the other. `held` is what came
 * after a gap and waits until it is filled. */

/** Exchanges below the last one whose parts are remembered: their second parts may still come. */
const REMEMBERED = 64;
/** Lines that wait for what is missing before them; with more it is given up. */
const MOST_HELD = 10_000;

export class RoomLog {
  #base;
  #complete;
  #parts = new Map();
  #held = [];
  #filling = [];
  isHere = true;
  isFilling = false;
  fillTo = 0;
  /** Whether notices wait for the answer to a line, because one of them may be that line. */
  isPaused = false;
  isLeaving = false;

  constructor(last, begun) {
    this.begun = begun;
    /** Everything up to this number was passed on. */
    this.last = this.#base = this.#complete = last;
  }

  /** The highest number that is known to be given to an exchange. */
  get highest() {
    return Math.max(this.last, this.#held.at(-1)?.number ?? 0, ...this.#parts.keys());
  }

  differs(exchanges, begun) {
    return exchanges < this.highest || (this.begun !== "" && this.begun !== begun);
  }

  /** Forget what was not passed on: the next connection asks for it by number. */
  disconnect() {
    this.isHere = this.isFilling = this.isPaused = false;
    this.#held = [];
    this.#filling = [];
    this.last = Math.min(this.last, this.#complete);
  }

  /** Take what a notice tells; return what can be passed on now. */
  add(one) {
    if (one.number === 0) return [one];
    if (one.number <= this.#base) return [];
    this.#complete = Math.max(this.#complete, one.number - 1);
    if (one.number <= this.last && !this.isPaused) return this.#pass(one);
    this.#held.push(one);
    if (this.#held.length > MOST_HELD) {
      this.isPaused = false;
      return this.fill(Math.max(this.last, this.#held[0].number - 1));
    }
    return this.release();
  }

  /** Note that an own line has this number; it is not passed on. */
  noteOwn(number) {
    if (number <= this.#base) return;
    this.#partsOf(number).add("line");
    this.#advance();
  }

  /** Return what was held and can be passed on now. */
  release() {
    const passed = [];
    while (this.#held.length && !this.isPaused && this.#held[0].number <= this.last + 1) {
      const one = this.#held.shift();
      passed.push(...this.#pass(one));
      this.last = Math.max(this.last, one.number);
      this.#advance();
    }
    return passed;
  }

  /** The last number that is missing below what is held; null if none is to be asked for. */
  get gap() {
    if (this.isFilling || this.isPaused || !this.#held.length) return null;
    const last = this.#held[0].number - 1;
    return last > this.last ? last : null;
  }

  /** Keep what `/history` told, the newest part first; return its lowest number, or 0. */
  collect(found) {
    const more = found.filter((one) => one.number > this.last);
    this.#filling = [...more, ...this.#filling];
    return more.length ? Math.min(...more.map((one) => one.number)) : 0;
  }

  /** Pass on what was collected, up to this number, and what was held behind it. */
  fill(last) {
    const found = this.#filling.filter((one) => one.number > this.last && one.number <= last);
    this.#filling = [];
    this.isFilling = false;
    const passed = found.flatMap((one) => this.#pass(one));
    this.last = Math.max(this.last, last);
    this.#complete = Math.max(this.#complete, last);
    this.#advance();
    return [...passed, ...this.release()];
  }

  #partsOf(number) {
    if (!this.#parts.has(number)) this.#parts.set(number, new Set());
    return this.#parts.get(number);
  }

  #pass(one) {
    if (one.number <= this.#base) return [];
    const parts = this.#partsOf(one.number);
    const part = one.kind === "doctor" ? "reply" : "line";
    if (parts.has(part)) return [];
    parts.add(part);
    return [one];
  }

  #advance() {
    while (this.#parts.has(this.last + 1)) this.last += 1;
    if (this.#parts.size > 2 * REMEMBERED) {
      this.#base = Math.max(this.#base, this.last - REMEMBERED);
      for (const number of [...this.#parts.keys()]) {
        if (number <= this.#base) this.#parts.delete(number);
      }
    }
  }
}
