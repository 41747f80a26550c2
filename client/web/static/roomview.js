/* What was said in one room, as a list: who, when, what. What was said is only ever text.
 *
 * Speakers are told apart by their names and by the kind of the line beside what they say. */

import { CARE, sameName } from "./lines.js";
import { T } from "./texts.js";
import { CLOCK, DAY, make, noticeItem, scrolledOf, words } from "./transcript.js";

/** Kinds of lines beside what is said: page.css has one for each. */
const STYLES = 6;

export class RoomView {
  #scroller;
  #name;
  #pending = new Map();
  #speakers = new Map();
  #last = null;
  /** The lowest number that is shown, or 0. */
  first = 0;

  /** `name` is the visitor's own. */
  constructor(room, name, scroller) {
    this.#name = name;
    this.#scroller = scroller;
    this.list = make("ol", "transcript");
    this.list.setAttribute("role", "list");
    this.list.setAttribute("aria-label", T.saidIn(room));
    this.list.hidden = true;
    scroller.append(this.list);
  }

  remove() { this.list.remove(); }

  /** Show what was said, after everything else that was. */
  add(lines) {
    const follows = this.#follows();
    for (const line of lines) this.#insert(line, this.#pending.values().next().value ?? null);
    if (follows) this.scrollToEnd();
  }

  /** Show earlier lines above the others; what is read now stays where it is. */
  prepend(lines) {
    const scrolled = this.#scrolled;
    const height = scrolled.scrollHeight;
    const items = lines.map((line) => this.#item(line));
    this.list.prepend(...items);
    this.first = Math.min(...lines.map((line) => line.number), this.first || Infinity);
    scrolled.scrollTop += scrolled.scrollHeight - height;
  }

  /** Show a line of the visitor's that was not saved yet. */
  wait(ident, text) {
    const item = make("li", "exchange pending", this.#said("patient", this.#name, "", text));
    item.lastChild.append(make("span", "state", T.notSaved));
    this.#pending.set(ident, item);
    this.list.append(item);
    this.scrollToEnd();
  }

  /** Show that a line of the visitor's was said. */
  answer(ident, entry) {
    const { number, at, patient, mark } = entry;
    this.#take(ident)?.remove();
    this.add([{ number, at, kind: "patient", name: this.#name, mark, text: patient }]);
  }

  /** Show at a waiting line that it was not said. */
  refuse(ident, text, why) {
    const item = make("li", "exchange refused", this.#said("patient", this.#name, "", text));
    item.append(make("p", "notice warning", T.notRecorded(why)));
    const pending = this.#take(ident);
    if (pending) pending.replaceWith(item);
    else this.list.append(item);
  }

  drop(ident) { this.#take(ident)?.remove(); }

  notice(text, rows = []) {
    const follows = this.#follows();
    this.list.append(noticeItem(text, rows));
    if (follows) this.scrollToEnd();
  }

  scrollToEnd() { this.#scrolled.scrollTop = this.#scrolled.scrollHeight; }

  get #scrolled() { return scrolledOf(this.#scroller); }

  #take(ident) {
    const item = this.#pending.get(ident);
    this.#pending.delete(ident);
    return item;
  }

  #follows() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scrolled;
    return !this.list.hidden && scrollHeight - scrollTop - clientHeight < 80;
  }

  #insert(line, before) {
    if (!this.#last || DAY.format(this.#last) !== DAY.format(line.at)) {
      const day = make("li", "day", make("h3", "", DAY.format(line.at)));
      this.list.insertBefore(day, before);
    }
    this.#last = line.at;
    this.list.insertBefore(this.#item(line), before);
    if (line.number && !this.first) this.first = line.number;
  }

  #item({ number, at, kind, name, mark, text }) {
    const clock = CLOCK.format(at);
    if (kind === "event") {
      return make("li", "note", make("p", "notice", words(text), make("span", "clock", ` · ${clock}`)));
    }
    const isPrivate = kind === "doctor" && number === 0;
    const item = make("li", "exchange", this.#said(kind, name, clock, text, isPrivate));
    if (number) item.dataset.number = number; // a long list is laid out only where it is seen
    if (kind === "doctor" && mark === CARE) {
      item.lastChild.classList.add("care");
      item.lastChild.firstChild.append(make("span", "clock", ` · ${T.care}`));
    }
    return item;
  }

  #said(kind, name, clock, text, isPrivate = false) {
    const isOwn = kind === "patient" && sameName(name, this.#name);
    const doctor = isPrivate ? T.doctorToYou : T.doctor;
    const who = kind === "doctor" ? doctor : T.speaker(kind, name, isOwn);
    const label = make("span", "who", words(who));
    if (clock) label.append(make("span", "clock", ` · ${clock}`));
    const style = isOwn || kind === "doctor" ? "" : ` other other${this.#styleOf(who)}`;
    const className = kind === "doctor" ? "doctor" : `patient${style}`;
    return make("p", className, label, words(text, "words"));
  }

  #styleOf(who) {
    if (!this.#speakers.has(who)) this.#speakers.set(who, this.#speakers.size % STYLES);
    return this.#speakers.get(who);
  }
}
