/* A published dialogue, replayed while nobody is at an exhibit; nothing is connected meanwhile.
 *
 * The lines are those that the window replays (client/model/dialogue.py); the page's server hands
 * them out. Where less motion is wanted the whole dialogue stands there and stays. Screen readers
 * find the text and the button, and are told nothing while it is replayed. */

import { make, words } from "./transcript.js";

const $ = (id) => document.getElementById(id);

/** Milliseconds between two exchanges, and before the dialogue begins again. */
export const PAUSES = { between: 3500, end: 15_000 };

export class AttractPage {
  #teletype;
  #dialogue = [];
  #timer = 0;
  #at = 0;
  isOn = false;

  constructor(teletype) { this.#teletype = teletype; }

  /** Load the dialogue; without it the page shows its heading alone. */
  async load() {
    try {
      const answer = await fetch(new URL("dialogue.json", document.baseURI));
      if (answer.ok) this.#dialogue = await answer.json();
    } catch {
      // The page's server is away; the visitors' conversations need it too.
    }
  }

  start() {
    this.isOn = true;
    $("attract").hidden = false;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      $("dialogue").replaceChildren(...this.#dialogue.map(exchange));
    } else {
      this.#begin();
    }
  }

  stop() {
    this.isOn = false;
    clearTimeout(this.#timer);
    this.#teletype.stop();
    $("attract").hidden = true;
    $("dialogue").replaceChildren();
  }

  #begin() {
    this.#at = 0;
    $("dialogue").replaceChildren();
    if (this.#dialogue.length) this.#wait(PAUSES.between, () => this.#say());
  }

  #say() {
    const item = exchange(this.#dialogue[this.#at]);
    this.#at += 1;
    $("dialogue").append(item);
    $("replay").scrollTop = $("replay").scrollHeight;
    this.#teletype.print(item.querySelector(".doctor .words"), () => this.#goOn(), true);
  }

  #goOn() {
    if (!this.isOn) return;
    if (this.#at < this.#dialogue.length) this.#wait(PAUSES.between, () => this.#say());
    else this.#wait(PAUSES.end, () => this.#begin());
  }

  #wait(milliseconds, then) { this.#timer = setTimeout(then, milliseconds); }
}

function exchange([patient, doctor]) {
  return make("li", "exchange", make("p", "patient", words(patient, "words")),
    make("p", "doctor", words(doctor, "words")));
}
