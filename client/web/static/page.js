/* The page: what the visitor does becomes requests of a Conversation, and its events become text.
 *
 * Only the name and the look of the page are stored in the browser. No text becomes markup: the
 * page's Content-Security-Policy forbids it too. */

import { AttractPage } from "./attract.js";
import { Conversation } from "./conversation.js";
import { exhibitSeconds, randomName, watchUse } from "./exhibit.js";
import { Finder } from "./finding.js";
import { Groups } from "./groups.js";
import { tr, translatePage } from "./language.js";
import { asOneLine, escaped, excessBytes } from "./lines.js";
import { Presence } from "./presence.js";
import { followPalette, store, stored } from "./preferences.js";
import { Question } from "./question.js";
import { save } from "./saving.js";
import { Teletype } from "./teletype.js";
import { PASSPHRASES, T } from "./texts.js";
import { make, Transcript, words } from "./transcript.js";
import { explain } from "./why.js";

const $ = (id) => document.getElementById(id);
/** Exchanges shown at first, and loaded at a time to be shown or saved. */
const PAGE = 50;
const MORE = 250;
/** Milliseconds after which a wait is worth a word. */
const THINKING = 300;
const SPOKEN = 15_000;
const CHANGED_PASSPHRASE = 235;
const FORGOTTEN = 236;
/** Milliseconds until an exhibit tries again to reach the doctor. */
const RETRY = 5000;

/** Seconds after which an exhibit begins anew; 0 for every other page. */
const exhibit = exhibitSeconds(location.search);
const transcript = new Transcript($("transcript"), $("scroller"), exhibit ? null : (number) => {
  if (conversation?.isOpen) conversation.say(`/forget ${number}`);
});
const finder = new Finder((request) => {
  if (conversation?.isOpen) conversation.ask(request);
  return conversation?.isOpen;
});
const groups = new Groups({
  say: (text, room) => conversation?.say(text, room),
  ask: (request) => conversation?.isOpen && conversation.ask(request),
  speak,
  tell,
  showEarlier: (first) => {
    showEarlierButton(first ?? firstShown);
    showPresence();
  },
});
const presence = new Presence();
const teletype = new Teletype(location.search);
const attract = new AttractPage(teletype);
let conversation = null;
let name = "";
/** The first exchange of the own history that is shown. */
let firstShown = 0;
/** What the pages of the history that were requested are for: "show", or a saving. */
let requested = [];
let typed = [];
/** Where each line of this visit is shown. */
const places = new Map();
let recalled = 0;
let thinking = 0;

// --- saying something to the visitor ------------------------------------------------------------

function setStatus(text) { $("status").textContent = text; }

/** Let a screen reader speak a text; it is seen elsewhere. */
function speak(text) {
  const spoken = make("p", "", words(text));
  $("live").append(spoken);
  setTimeout(() => spoken.remove(), SPOKEN);
}

function show(id, text) {
  $(id).hidden = !text;
  if (text) $(id).textContent = text;
}

function tell(text, rows = []) {
  (groups.view ?? transcript).notice(text, rows);
  speak([text, ...rows.map((row) => row.filter(Boolean).join(": "))].filter(Boolean).join(". "));
}

function setTrouble(text) {
  $("trouble").hidden = !text;
  $("trouble-text").textContent = text;
}

function updateThinking() {
  clearTimeout(thinking);
  $("thinking").hidden = true;
  if (conversation?.isOpen && conversation.hasLines) {
    thinking = setTimeout(() => {
      $("thinking").hidden = false;
      speak(T.thinking);
    }, THINKING);
  }
}

// --- the conversation ---------------------------------------------------------------------------

function begin() {
  const wanted = exhibit ? randomName() : asOneLine($("name").value);
  if (!wanted || attract.isOn || (conversation && !conversation.isOver)) return;
  name = wanted;
  if (!exhibit) store("name", name);
  show("problem", "");
  clear();
  const url = new URL("talk", document.baseURI);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  conversation = new Conversation(url, name, (event) => {
    if (attract.isOn && event.kind !== "Closed" && event.kind !== "Failed") return;
    if (!groups.take(event)) HANDLERS[event.kind]?.(event);
    if (event.kind === "Heard" && !event.room) hearAlone(event);
  });
  conversation.explain = !$("why").hidden;
  conversation.start();
}

/** Forget everything that was said and typed here. */
function clear() {
  teletype.stop();
  transcript.clear();
  transcript.name = exhibit ? T.you : name;
  groups.restart(name);
  showPresence([]);
  requested = [];
  typed = [];
  recalled = 0;
  $("line").value = "";
  show("line-problem", "");
  $("live").replaceChildren();
  $("steps").replaceChildren();
}

function showConversation(open) {
  $("welcome").hidden = open || attract.isOn;
  $("conversation").hidden = !open;
  $("open-why").hidden = !open;
  $("of-conversation").hidden = !open;
  document.title = open ? tr("{name} and the doctor", { name }) : tr("Talk with the doctor");
  if (!open) setWhy(false);
}

/** Show the first form again, with what went wrong if something did. */
function leave(why) {
  setTrouble("");
  setStatus("");
  Question.close();
  $("menu").close();
  showConversation(false);
  updateThinking();
  if (exhibit) {
    if (!attract.isOn) clear();
    show("problem", why && T.away);
    setTimeout(begin, why ? RETRY : 0);
  } else {
    show("problem", why);
    $("name").focus();
  }
}

/** Forget the visitor of an exhibition, and show the published dialogue until somebody is there. */
function endVisit() {
  if (attract.isOn) return;
  attract.start();
  clear();
  setTrouble("");
  showConversation(false);
  $("begin-visit").focus();
  if (conversation && !conversation.isOver) conversation.close();
}

/** Make room for the next visitor of an exhibition, if nobody is there. */
function beginVisit() {
  if (!attract.isOn) return;
  attract.stop();
  showConversation(false);
  begin();
}

/** Print the last reply of the visitor's own conversation, if the page looks like a teletype. */
function printReply() {
  if (!groups.shown) teletype.print(transcript.lastReply);
}

const HANDLERS = {
  Connecting() { setStatus(T.connecting); },

  Welcomed(event) {
    setTrouble("");
    setStatus(T.open);
    Question.close();
    teletype.take(event.script);
    show("label", teletype.label);
    showPresence(event.reading);
    if (exhibit && event.exchanges && !event.reconnected) {
      conversation.close(); // somebody had this name before
    } else if (event.reconnected) {
      tell(event.different ? T.different : T.reconnected);
      for (const text of event.watched) tell(text);
      if (event.exchanges && !transcript.entries.size) requestPage(0);
    } else {
      showConversation(true);
      if (event.exchanges) requestPage(0);
      else showEarlierButton(0);
      if (event.notice && !exhibit) transcript.notice(event.notice);
      for (const text of event.watched) transcript.notice(text);
      transcript.say(event.greeting);
      speak([event.notice, ...event.watched, `${T.doctor}: ${event.greeting}`].filter(Boolean).join(" "));
      $("line").focus();
      printReply();
    }
    updateThinking();
  },

  HistoryPage({ entries, before }) {
    const purpose = requested.shift();
    if (purpose?.kind) {
      continueSaving(purpose, entries);
      return;
    }
    const isNew = before === 0 && !transcript.entries.size;
    transcript.prepend(entries.filter((entry) => !transcript.entries.has(entry.number)));
    firstShown = entries[0]?.number ?? 0;
    if (!groups.shown) showEarlierButton(firstShown);
    if (isNew) transcript.scrollToEnd();
  },

  Answered({ line, entry, recorded, room }) {
    const shown = room ? groups.viewOf(room) : transcript;
    if (recorded) shown?.answer(line, entry);
    else {
      shown?.drop(line);
      if (entry.doctor && !room) transcript.say(entry.doctor);
    }
    if (entry.doctor) speak(`${T.doctor}: ${entry.doctor}`);
    if (entry.doctor && !entry.responder && !room) printReply();
    updateThinking();
  },

  Attended({ what, name: person, line }) {
    presence.change(what, person);
    showPresence();
    transcript.notice(line.text);
    speak(line.text);
  },

  NotRecorded({ line, text, why }) {
    (places.get(line) ?? transcript).refuse(line, text, why);
    speak(T.notRecorded(why));
    if (!$("line").value) $("line").value = exhibit ? text : escaped(text);
    updateThinking();
  },

  Missed({ entries }) {
    tell(T.anywhere);
    for (const entry of entries) transcript.answer(0, entry);
    groups.count("", entries.filter((entry) => entry.speaker)
      .map((entry) => ({ kind: "person", name: entry.speaker })));
  },

  TraceFound({ rows, text }) {
    if (rows.length) explain($("steps"), rows);
    else $("steps").replaceChildren(make("p", "", text || T.withoutTrace));
  },

  Replied({ code, text, rows }) {
    if (code === FORGOTTEN && !groups.shown) {
      transcript.clear();
      showEarlierButton(0);
      $("steps").replaceChildren();
    }
    if (code === FORGOTTEN || code === CHANGED_PASSPHRASE) Question.close();
    tell(text, rows);
    updateThinking();
  },

  SecretWanted({ code, room }) {
    if (exhibit) {
      conversation.close();
      return;
    }
    const [title, text] = PASSPHRASES[code];
    ask(room && code !== 332 && code !== 333 ? T.roomLocked(room) : title, text, true);
  },

  ConfirmWanted({ number, text }) {
    if (groups.shown && !number) ask(tr("Erase this room"), text, false);
    else if (number) ask(T.takeBack, T.confirmTakeBack(number), false, tr("Take back"), tr("The number"));
    else ask(tr("Erase this history"), T.confirm(name), false);
  },

  TakenBack({ number }) {
    transcript.takeBack(number);
    $("steps").replaceChildren();
    speak(T.takenBack(number));
    updateThinking();
  },

  Found(event) { finder.take(event); },

  Lost({ why, pause }) {
    dropRequests();
    setStatus("");
    setTrouble(exhibit ? T.away : T.lost(why, Math.max(1, Math.round(pause))));
    speak(exhibit ? T.away : why);
    updateThinking();
  },

  Suspended({ why }) {
    dropRequests();
    setStatus("");
    tell(T.suspended(why));
  },

  Failed({ why }) { leave(why); },

  Closed() { leave(""); },
};

/** Show what a person says to the visitor alone. */
function hearAlone({ lines }) {
  for (const line of lines) {
    if (line.kind === "event") transcript.notice(line.text);
    else transcript.hear(line);
    speak(line.kind === "event" ? line.text : `${T.person(line.name)}: ${line.text}`);
  }
  groups.count("", lines);
}

/** Show who reads along; `sentences` are those of a greeting. */
function showPresence(sentences = null) {
  if (sentences) presence.greet(sentences);
  show("presence", groups.shown ? "" : presence.sentence);
}

// --- earlier exchanges, and saving them ---------------------------------------------------------

function requestPage(before) {
  if (requested.length) return;
  requested.push("show");
  conversation.askHistory(before ? MORE : PAGE, before);
}

function showEarlierButton(first) { $("earlier").hidden = first <= 1; }

function loadEarlier() {
  if (groups.shown) groups.loadEarlier();
  else requestPage(transcript.first);
}

function dropRequests() {
  groups.interrupt();
  if (requested.some((purpose) => purpose.kind)) tell(T.savingFailed);
  requested = [];
}

function startSaving(kind) {
  $("menu").close();
  if (!conversation.isOpen) {
    finishSaving(kind, [...transcript.entries.values()]);
  } else if (!requested.length) {
    requested.push({ kind, entries: [] });
    conversation.askHistory(MORE);
  }
}

function continueSaving(purpose, entries) {
  purpose.entries.unshift(...entries);
  const first = entries[0]?.number ?? 1;
  if (first <= 1) {
    finishSaving(purpose.kind, purpose.entries);
    return;
  }
  const all = purpose.entries.at(-1).number;
  setStatus(T.saving(purpose.entries.length, all));
  requested.push(purpose);
  conversation.askHistory(MORE, first);
}

function finishSaving(kind, entries) {
  save(kind, name, entries.sort((one, other) => one.number - other.number));
  setStatus(T.open);
  tell(T.saved);
}

// --- questions of the server --------------------------------------------------------------------

function ask(title, explanation, isSecret, button, label) {
  $("menu").close();
  Question.ask(title, explanation, isSecret, button, label);
}

function cancelQuestion(isSecret) {
  if ($("conversation").hidden) {
    conversation.close();
  } else if (isSecret) {
    conversation.reconnect(); // no line can cancel a question for a passphrase
    conversation.retry();
  } else {
    conversation.answer("");
  }
}

// --- the visitor's line -------------------------------------------------------------------------

function send() {
  const text = $("line").value;
  const line = asOneLine(text);
  if (!line) return;
  const excess = excessBytes(text);
  show("line-problem", excess ? T.tooLong(excess) : "");
  if (excess) return;
  $("line").value = "";
  typed.push(text);
  recalled = typed.length;
  if (exhibit) { // no commands
    transcript.wait(conversation.say(escaped(line)), line);
    updateThinking();
    return;
  }
  const ident = conversation.say(text, groups.shown);
  const place = groups.view ?? transcript;
  if (!line.startsWith("/") || line.startsWith("//")) {
    places.set(ident, place);
    place.wait(ident, line.startsWith("//") ? line.slice(1) : line);
  }
  updateThinking();
}

function recall(event) {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  const field = $("line");
  const isOurs = !field.value || field.value === typed[recalled];
  if (!step || !isOurs || !(recalled + step in typed)) return;
  event.preventDefault();
  recalled += step;
  field.value = typed[recalled];
}

// --- the explanation ----------------------------------------------------------------------------

function setWhy(open) {
  $("why").hidden = !open;
  document.body.classList.toggle("with-why", open);
  $("open-why").setAttribute("aria-expanded", String(open));
  if (!conversation) return;
  conversation.explain = open;
  if (open) {
    if (!$("steps").hasChildNodes()) $("steps").append(make("p", "", T.withoutTrace));
    conversation.askWhy(groups.shown);
    $("why").focus();
  }
}

function closeWhy() {
  const elsewhere = $("line").matches(":focus");
  setWhy(false);
  if (!elsewhere) $("open-why").focus();
}

function toggleWhy() {
  if ($("why").hidden) setWhy(true);
  else closeWhy();
}

// --- wiring -------------------------------------------------------------------------------------

translatePage();
followPalette();
if (exhibit) {
  document.body.classList.add("exhibit");
  $("open-why").textContent = T.made;
  $("open-why").setAttribute("aria-keyshortcuts", "F1");
  $("begin-visit").addEventListener("click", beginVisit);
  attract.load();
  watchUse(exhibit, beginVisit, endVisit);
  begin();
} else {
  $("name").value = stored("name");
}

$("connect").addEventListener("submit", (event) => {
  event.preventDefault();
  begin();
});
$("say").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
$("line").addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    send();
  } else {
    recall(event);
  }
});
$("open-menu").addEventListener("click", () => $("menu").showModal());
$("close-menu").addEventListener("click", () => $("menu").close());
$("open-why").addEventListener("click", toggleWhy);
$("close-why").addEventListener("click", closeWhy);
document.addEventListener("keydown", (event) => {
  const asks = $("menu").open || Question.isOpen;
  if (event.key === "Escape" && !$("why").hidden && !asks && !event.isComposing) closeWhy();
  if (event.key === "F1" && exhibit) {
    event.preventDefault();
    if (!$("open-why").hidden) toggleWhy();
  }
});
$("leave").addEventListener("click", () => conversation.close());
$("retry").addEventListener("click", () => conversation.retry());
$("earlier").addEventListener("click", loadEarlier);
$("scroller").addEventListener("scroll", () => {
  if ($("scroller").scrollTop < 100 && !$("earlier").hidden) loadEarlier();
});
Question.connect((text) => conversation.answer(text), cancelQuestion);
for (const button of document.querySelectorAll("[data-save]")) {
  button.addEventListener("click", () => startSaving(button.dataset.save));
}
$("take-back").addEventListener("click", () => {
  $("menu").close();
  const last = Math.max(...transcript.entries.keys());
  if (Number.isFinite(last)) conversation.say(`/forget ${last}`);
});
for (const button of document.querySelectorAll("[data-say]")) {
  button.addEventListener("click", () => {
    $("menu").close();
    conversation.say(button.dataset.say);
  });
}
window.addEventListener("online", () => conversation?.retry());
window.addEventListener("beforeunload", (event) => conversation?.hasLines && event.preventDefault());
