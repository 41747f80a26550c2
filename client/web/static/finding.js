/* Finding a text in the whole history: the server searches, a part at a time, the newest first.
 *
 * What is found is a list of its own, since it may be far above what is loaded. */

import { region } from "./language.js";
import { searchRequest } from "./session.js";
import { T } from "./texts.js";
import { make, words } from "./transcript.js";

const $ = (id) => document.getElementById(id);
const DAY = new Intl.DateTimeFormat(region, { dateStyle: "medium", timeStyle: "short" });
/** Hits after which the page waits until the visitor wants more. */
const MOST = 50;

export class Finder {
  #ask;
  #wanted = "";
  #next = 0;
  #count = 0;

  /** `ask(request)` sends a request if a session is open, and tells whether it is. */
  constructor(ask) {
    this.#ask = ask;
    $("find").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#begin($("find-text").value.trim());
    });
    $("find-more").addEventListener("click", () => this.#search());
    $("close-found").addEventListener("click", () => $("found").close());
  }

  #begin(wanted) {
    if (!wanted) return;
    $("menu").close();
    this.#wanted = wanted;
    this.#next = this.#count = 0;
    $("found-list").replaceChildren();
    $("found").showModal();
    this.#search();
  }

  #search() {
    $("find-more").hidden = true;
    $("found-count").textContent = this.#ask(searchRequest(this.#wanted, this.#next))
      ? T.searching(this.#count) : T.notOpen;
  }

  take({ entries, searched, wanted }) {
    if (!$("found").open || wanted !== searchRequest(this.#wanted).wanted) return;
    this.#count += entries.length;
    $("found-list").append(...entries.map((entry) => this.#item(entry)));
    this.#next = searched;
    if (searched > 1 && entries.length < MOST && this.#count < MOST) {
      this.#search();
      return;
    }
    $("found-count").textContent = T.found(this.#count);
    $("find-more").hidden = searched <= 1;
  }

  #item(entry) {
    const head = make("p", "who", `${DAY.format(entry.at)} · ${T.number(entry.number)}`);
    return make("li", "", head, make("p", "", words(entry.patient, "words")),
      make("p", "doctor", words(entry.doctor, "words")));
  }
}
