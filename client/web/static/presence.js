/* Persons who read a visitor's conversation or answer in it: client/model/presence.py. */

import { T } from "./texts.js";

export class Presence {
  #greeted = [];
  #reading = new Set(); // in the order in which they came
  #answering = "";

  /** Forget everybody and note what a greeting says of who is there. */
  greet(sentences) {
    this.#greeted = [...sentences];
    this.#reading.clear();
    this.#answering = "";
  }

  /** Note what a person begins or ends to do. */
  change(what, name) {
    this.#greeted = this.#greeted.filter((each) => !each.startsWith(`${name} `));
    if (what === "LEFT") this.#reading.delete(name);
    else this.#reading.add(name);
    if (what === "TAKEN_OVER") this.#answering = name;
    else if (what === "RETURNED" || name === this.#answering) this.#answering = "";
  }

  /** Who is there, as a sentence; "" if nobody is. */
  get sentence() {
    const readers = [...this.#reading].filter((name) => name !== this.#answering);
    const parts = [...this.#greeted];
    if (this.#answering) parts.push(T.answersHere(this.#answering));
    if (readers.length) parts.push(T.readsHere(readers));
    return parts.join("; ");
  }
}
