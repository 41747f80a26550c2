/* The look of a teletype: capitals, ten characters a second, a bell.
 *
 *     auto      for the scripts of 1966, which the server's greeting names; on paper
 *     paper     ink on paper, whatever answers
 *     screen    green letters on a dark screen
 *     off       never
 *
 * Colours, capitals and typeface are in page.css, by `data-look`. A reply is in the page at once and
 * as it was said, so that it can be read out, found, copied and saved; what is not printed yet has a
 * highlight without a colour. Any key or tap prints the rest. A speed of 0 prints at once, and so do
 * a system that asks for less motion or for its own colours, and a browser without such highlights.
 *
 * The menu has the choices, which are stored; the page's address has them for an exhibit
 * (`?look=green`, `?print=0`, `?bell=off`). */

import { store, stored } from "./preferences.js";

/** The names of the looks in the page's address. */
const LOOKS = {
  auto: "auto", teletype: "paper", paper: "paper", green: "screen", screen: "screen", plain: "off",
  off: "off",
};
const SPEEDS = ["10", "30", "0"];
const BELL = ["on", "off"];
const UNPRINTED = "unprinted";
/** The bell: its pitch in hertz, how loud it is at most, and the seconds for which it sounds. */
const PITCH = 1900;
const LOUDNESS = 0.08;
const SOUNDS = 0.4;
const root = document.documentElement;
const $ = (id) => document.getElementById(id);
const nothing = () => {};

function wants(feature) { return matchMedia(feature).matches; }

export class Teletype {
  #choice = "auto";
  #speed = 10;
  #rings = true;
  #audio = null;
  #timer = 0;
  #then = nothing;
  /** What the greeting says of a script of 1966: title, year, place, maker; else nothing. */
  #script = [];
  /** The look that is shown: "paper", "screen", or "" for none. */
  look = "";

  constructor(search) {
    const asked = new URLSearchParams(search);
    const look = LOOKS[asked.get("look")] ?? stored("look");
    this.#follow("look", look, Object.values(LOOKS), "auto", (value) => {
      this.#choice = value;
      this.apply();
    });
    this.#follow("print", asked.get("print") ?? stored("print"), SPEEDS, "10", (value) => {
      this.#speed = Number(value);
      this.finish();
    });
    this.#follow("bell", asked.get("bell") ?? stored("bell"), BELL, "on", (value) => {
      this.#rings = value === "on";
    });
    for (const kind of ["keydown", "pointerdown"]) {
      document.addEventListener(kind, () => this.finish(), { capture: true, passive: true });
    }
  }

  /** What a museum's label says of the script: title, year, place and maker. */
  get label() { return this.#script.filter(Boolean).join("  ·  "); }

  /** Use what a greeting says of the script. */
  take(script) {
    this.#script = script.slice(0, 4).map((text) => text.slice(0, 100));
    this.apply();
  }

  /** Show the look that is chosen. */
  apply() {
    const ofScript = this.#script.length ? "paper" : "";
    this.look = { auto: ofScript, off: "" }[this.#choice] ?? this.#choice;
    root.dataset.look = this.look;
    if (!this.look) this.finish();
  }

  /** Print the text of an element, then call `then`; `isQuiet` leaves the bell out. */
  print(element, then = nothing, isQuiet = false) {
    this.finish();
    this.#then = () => {
      if (this.look && !isQuiet) this.#ring();
      then();
    };
    const text = element?.firstChild;
    if (!this.#prints || !text?.length) {
      this.#end();
      return;
    }
    const hidden = new Range();
    hidden.selectNodeContents(text);
    CSS.highlights.set(UNPRINTED, new Highlight(hidden));
    const begun = performance.now();
    let printed = 0;
    this.#timer = setInterval(() => {
      const due = Math.floor((performance.now() - begun) * this.#speed / 1000);
      while (printed < due && hidden.startOffset < text.length) {
        const code = text.data.codePointAt(hidden.startOffset);
        hidden.setStart(text, hidden.startOffset + (code > 0xffff ? 2 : 1));
        printed += 1;
      }
      if (!text.isConnected || hidden.startOffset >= text.length) this.#end();
    }, 1000 / this.#speed);
  }

  /** Print the rest at once. */
  finish() { if (this.#timer) this.#end(); }

  /** Print nothing more, and call nobody. */
  stop() {
    this.#then = nothing;
    this.#end();
  }

  get #prints() {
    return this.look && this.#speed && globalThis.CSS?.highlights
      && !wants("(prefers-reduced-motion: reduce)") && !wants("(forced-colors: active)");
  }

  #end() {
    clearInterval(this.#timer);
    this.#timer = 0;
    globalThis.CSS?.highlights?.delete(UNPRINTED);
    const then = this.#then;
    this.#then = nothing;
    then();
  }

  /** Ring, if the visitor has used the page before: browsers allow no sound earlier. */
  #ring() {
    if (!this.#rings || !navigator.userActivation?.hasBeenActive) return;
    this.#audio ??= new AudioContext();
    const audio = this.#audio;
    const tone = new OscillatorNode(audio, { frequency: PITCH });
    const volume = new GainNode(audio, { gain: LOUDNESS });
    volume.gain.exponentialRampToValueAtTime(LOUDNESS / 1000, audio.currentTime + SOUNDS);
    tone.connect(volume).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + SOUNDS);
  }

  /** Use a value now, and what is chosen in the menu from then on; another value is the usual one. */
  #follow(key, value, known, usual, use) {
    const list = $(key);
    list.value = known.includes(value) ? value : usual;
    use(list.value);
    list.addEventListener("change", () => {
      use(list.value);
      store(key, list.value);
    });
  }
}
