/* Rooms on the page: the list of them with what is unread, and which one is shown.
 *
 * The conversation with the doctor alone is the first of the list and has no name. What is typed is
 * said in the conversation that is shown. */

import { asOneLine, sameName } from "./lines.js";
import { RoomView } from "./roomview.js";
import { T } from "./texts.js";
import { make, scrolledOf, words } from "./transcript.js";

const $ = (id) => document.getElementById(id);
/** Lines requested at a time. */
const MORE = 50;

/** Return a line as a screen reader speaks it. */
function spoken({ number, kind, name, text }) {
  if (kind === "event") return text;
  const doctor = number ? T.doctor : T.doctorToYou;
  return `${kind === "doctor" ? doctor : T.speaker(kind, name)}: ${text}`;
}

export class Groups {
  #views = new Map();
  #unread = new Map();
  #buttons = new Map();
  #use;
  #name = "";
  #loading = "";
  shown = "";

  /** `use` has `say(text, room)`, `ask(request)`, `speak(text)`, `tell(text)`, `showEarlier(first)`. */
  constructor(use) {
    this.#use = use;
    $("join").addEventListener("submit", (event) => {
      event.preventDefault();
      const room = asOneLine($("join-name").value);
      if (!room) return;
      $("join-name").value = "";
      $("menu").close();
      use.say(`/join ${room}`);
    });
    $("leave-room").addEventListener("click", () => {
      $("menu").close();
      if (this.shown) use.say("/leave", this.shown);
    });
    $("who").addEventListener("click", () => {
      $("menu").close();
      use.say("/who", this.shown);
    });
  }

  /** Forget all rooms; `name` is the visitor's own. */
  restart(name) {
    for (const view of this.#views.values()) view.remove();
    this.#views.clear();
    this.#unread.clear();
    this.#name = name;
    this.#loading = "";
    this.show("");
  }

  get view() { return this.#views.get(this.shown) ?? null; }

  viewOf(room) { return this.#views.get(room) ?? null; }

  /** Show a conversation: everything in it is read. */
  show(room) {
    const isThere = room === "" || this.#views.has(room);
    this.shown = isThere ? room : "";
    this.#unread.delete(this.shown);
    $("transcript").hidden = this.shown !== "";
    for (const [name, view] of this.#views) view.list.hidden = name !== this.shown;
    $("of-room").hidden = !this.shown;
    const scrolled = scrolledOf($("scroller"));
    scrolled.scrollTop = scrolled.scrollHeight;
    this.#use.showEarlier(this.shown ? this.view.first : null);
    this.#draw();
  }

  /** Load what was said before the first line that is shown. */
  loadEarlier() {
    if (this.#loading || !this.view) return;
    this.#loading = this.shown;
    const text = `/history ${MORE} ${this.view.first}`;
    this.#use.ask({ text, purpose: "history", about: this.view.first, room: this.shown });
  }

  /** Count what was said in a conversation that is not shown, the own one too. */
  count(room, lines) {
    if (room === this.shown) return;
    const more = lines.filter((one) => one.kind !== "event" && !sameName(one.name, this.#name));
    if (more.length) this.#unread.set(room, (this.#unread.get(room) ?? 0) + more.length);
    this.#draw();
  }

  /** Take an event about rooms; return true if it is one. */
  take(event) {
    const handler = this[`on${event.kind}`];
    handler?.call(this, event);
    return Boolean(handler);
  }

  interrupt() { this.#loading = ""; }

  onJoined({ room, members, lines, again, different }) {
    if (different) this.#views.get(room)?.remove();
    if (!this.#views.has(room) || different) {
      this.#views.set(room, new RoomView(room, this.#name, $("scroller")));
    }
    const view = this.#views.get(room);
    view.add(lines);
    if (different) view.notice(T.roomIsNew(room));
    else if (again) view.notice(T.roomAgain(members.filter((one) => !sameName(one, this.#name))));
    this.#draw();
  }

  onTalksIn({ room, text }) {
    this.show(room);
    if (text && this.view) this.view.notice(text);
    this.#use.speak(text || T.talksIn(room));
  }

  onHeard({ room, lines, missed }) {
    const view = this.#views.get(room);
    if (!view) return;
    if (missed) view.notice(T.missed);
    view.add(lines);
    if (room === this.shown) for (const line of lines) this.#use.speak(spoken(line));
    this.count(room, lines);
  }

  onLeftRoom({ room, text, closed }) {
    this.#views.get(room)?.remove();
    this.#views.delete(room);
    this.#unread.delete(room);
    if (this.shown === room) this.show("");
    this.#use.tell(closed || text ? T.roomClosed(room, text) : T.roomLeft(room));
    this.#draw();
  }

  onRoomPage({ room, lines }) {
    this.#loading = "";
    const view = this.#views.get(room);
    if (!view) return;
    if (lines.length) view.prepend(lines);
    if (room === this.shown) this.#use.showEarlier(lines.length ? view.first : 1);
  }

  /** Show the list as it is now. Buttons stay where they are: one may just be pressed. */
  #draw() {
    const names = ["", ...this.#views.keys()];
    $("rooms").hidden = names.length === 1;
    for (const [name, button] of this.#buttons) {
      if (names.includes(name)) continue;
      button.parentElement.remove();
      this.#buttons.delete(name);
    }
    for (const name of names) {
      if (!this.#buttons.has(name)) this.#addButton(name);
      const button = this.#buttons.get(name);
      if (name === this.shown) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
      const unread = this.#unread.get(name) ?? 0;
      button.querySelector(".unread").textContent = unread ? ` ${T.unread(unread)}` : "";
    }
  }

  #addButton(name) {
    const button = make("button", "", words(name || T.doctorAlone), make("span", "unread"));
    button.type = "button";
    button.dataset.room = name;
    button.addEventListener("click", () => {
      this.show(name);
      $("line").focus();
    });
    this.#buttons.set(name, button);
    $("rooms-list").append(make("li", "", button));
  }
}
