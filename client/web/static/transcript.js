/* The transcript: exchanges, days and notices as items of a list. What was said is only ever text.
 *
 * A page of earlier exchanges comes before what is shown; answers, notices and lines that wait for
 * their answer come at the end. */

import { CARE, PARAGRAPH, TAKEN_BACK } from "./lines.js";
import { region } from "./language.js";
import { T } from "./texts.js";

export const DAY = new Intl.DateTimeFormat(region, {
  weekday: "long", day: "numeric", month: "long", year: "numeric",
});
export const CLOCK = new Intl.DateTimeFormat(region, { hour: "2-digit", minute: "2-digit" });

/** Return an element with a class and children; a string becomes text, never markup. */
export function make(tag, className = "", ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** Return an element for what somebody said: no character in it changes the direction of other text. */
export function words(text, className = "") {
  const element = make("span", className, text.replaceAll(PARAGRAPH, "\n"));
  element.dir = "auto";
  return element;
}

/** Return an item with a notice and rows. */
export function noticeItem(text, rows = []) {
  const item = make("li", "note", make("p", "notice", words(text)));
  if (rows.length) {
    const body = make("tbody", "", ...rows.map(
      (row) => make("tr", "", ...row.map((cell) => make("td", "", words(cell)))),
    ));
    item.append(make("div", "rows", make("table", "", body)));
    if (!text) item.firstChild.remove();
  }
  return item;
}

/** What is scrolled: the area of the transcript, or the whole page in a low window. */
export function scrolledOf(scroller) {
  const whole = getComputedStyle(scroller).overflowY === "visible";
  return whole ? document.scrollingElement : scroller;
}

export class Transcript {
  #list;
  #scroller;
  #pending = new Map();
  /** The exchanges that are shown, by number. */
  entries = new Map();

  /** `takeBack(number)` is called when the visitor wants to take an exchange back, if it is there. */
  constructor(list, scroller, takeBack) {
    this.#list = list;
    this.#scroller = scroller;
    if (takeBack) list.addEventListener("click", (event) => {
      const item = event.target.closest("li.exchange[data-number]");
      if (event.target.matches(".take-back")) takeBack(Number(item.dataset.number));
      else if (item && !String(getSelection())) this.#offer(item);
    });
  }

  clear() {
    this.#list.replaceChildren();
    this.#pending.clear();
    this.entries.clear();
  }

  /** The words of the last reply, if there is one. */
  get lastReply() { return [...this.#list.querySelectorAll(".doctor > .words")].at(-1); }

  get first() { return Math.min(...this.entries.keys()); }

  /** Show earlier exchanges above the others; what is read now stays where it is. */
  prepend(entries) {
    const oldest = this.#list.querySelector(".exchange");
    const separator = oldest?.previousElementSibling;
    const made = [];
    let last = null;
    for (const entry of entries) {
      made.push(...this.#separators(last, entry), this.#exchange(entry));
      last = entry;
      this.entries.set(entry.number, entry);
    }
    if (separator?.matches(".day") && last && separator.textContent === DAY.format(last.at)) {
      separator.remove();
    }
    const scrolled = this.#scrolled;
    const height = scrolled.scrollHeight;
    this.#list.prepend(...made);
    scrolled.scrollTop += scrolled.scrollHeight - height;
  }

  /** Show a line that was not answered yet. */
  wait(ident, text) {
    const item = make("li", "exchange pending");
    item.append(this.#said("patient", "", text));
    item.lastChild.append(make("span", "state", T.pending));
    this.#pending.set(ident, item);
    this.#add(item, true);
  }

  /** Show an exchange: in the place of the line that waited for it, or before all that wait. */
  answer(ident, entry) {
    this.entries.set(entry.number, entry);
    const place = this.#pending.get(ident) ?? this.#pending.values().next().value ?? null;
    const before = this.#exchangeBefore(place);
    const items = [...this.#separators(before, entry), this.#exchange(entry)];
    if (this.#pending.has(ident)) {
      this.#replace(ident, items);
    } else {
      const follows = this.#atEnd();
      for (const item of items) this.#list.insertBefore(item, place);
      if (follows) this.scrollToEnd();
    }
  }

  /** Show at a waiting line that it was not recorded. */
  refuse(ident, text, why) {
    const item = make("li", "exchange refused", this.#said("patient", "", text));
    item.append(make("p", "notice warning", T.notRecorded(why)));
    this.#replace(ident, [item]);
  }

  /** Remove a line that was answered and not recorded, such as an empty one. */
  drop(ident) {
    this.#pending.get(ident)?.remove();
    this.#pending.delete(ident);
  }

  say(text, at = new Date()) {
    this.#add(make("li", "greeting", this.#said("doctor", CLOCK.format(at), text)));
  }

  notice(text, rows = []) { this.#add(noticeItem(text, rows)); }

  scrollToEnd() { this.#scrolled.scrollTop = this.#scrolled.scrollHeight; }

  get #scrolled() { return scrolledOf(this.#scroller); }

  #exchangeBefore(place) {
    let item = place ? place.previousElementSibling : this.#list.lastElementChild;
    while (item && !item.dataset.number) item = item.previousElementSibling;
    return item ? this.entries.get(Number(item.dataset.number)) ?? null : null;
  }

  #replace(ident, items) {
    const pending = this.#pending.get(ident);
    if (!pending) {
      for (const item of items) this.#add(item);
      return;
    }
    const follows = this.#atEnd();
    pending.replaceWith(...items);
    this.#pending.delete(ident);
    if (follows) this.scrollToEnd();
  }

  #add(item, always = false) {
    const follows = always || this.#atEnd();
    this.#list.append(item);
    if (follows) this.scrollToEnd();
  }

  #atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scrolled;
    return scrollHeight - scrollTop - clientHeight < 80;
  }

  #separators(last, entry) {
    if (!last || DAY.format(last.at) !== DAY.format(entry.at)) {
      return [make("li", "day", make("h3", "", DAY.format(entry.at)))];
    }
    if (last.session !== entry.session && entry.session) {
      const item = make("li", "pause", T.session);
      return [item];
    }
    return [];
  }

  #exchange(entry) {
    const item = make("li", "exchange");
    item.dataset.number = entry.number;
    const clock = CLOCK.format(entry.at);
    if (entry.mark === TAKEN_BACK) {
      item.className = "note";
      item.append(make("p", "notice", T.takenBack(entry.number)));
      return item;
    }
    if (entry.event) {
      item.className = "note";
      item.append(make("p", "notice", words(entry.event)));
      return item;
    }
    const isHeard = entry.patient || !entry.doctor;
    if (isHeard) item.append(this.#said("patient", clock, entry.patient, entry.speaker));
    if (entry.doctor) item.append(this.#said("doctor", clock, entry.doctor, entry.responder));
    if (entry.mark === CARE) {
      item.lastChild.classList.add("care");
      item.lastChild.firstChild.append(make("span", "clock", ` · ${T.care}`));
    }
    return item;
  }

  /** Show at one exchange what can be done with it. */
  #offer(item) {
    this.#list.querySelector(".offers")?.remove();
    const button = make("button", "take-back", T.takeBack);
    button.type = "button";
    item.append(make("p", "offers", button));
  }

  /** Show that an exchange was taken back. */
  takeBack(number) {
    const entry = this.entries.get(number);
    if (!entry) return;
    const gone = { ...entry, patient: "", doctor: "", mark: TAKEN_BACK };
    this.entries.set(number, gone);
    this.#list.querySelector(`[data-number="${number}"]`)?.replaceWith(this.#exchange(gone));
  }

  /** Show what a person said now. */
  hear({ number, at, name, mark, text }) {
    const entry = { number, at, session: 0, mark, patient: text, doctor: "", speaker: name };
    if (number) this.answer(0, entry);
    else this.#add(make("li", "exchange", this.#said("patient", CLOCK.format(at), text, name)));
  }

  #said(who, clock, text, person = "") {
    const label = make("span", "who", who === "patient" ? words(this.name) : T.doctor);
    if (person) label.replaceChildren(words(T.person(person)));
    if (clock) label.append(make("span", "clock", ` · ${clock}`));
    return make("p", person ? "patient other person" : who, label, words(text, "words"));
  }

  /** The visitor's name, as it is shown beside every line. */
  name = "";
}
