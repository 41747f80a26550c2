/* What the page says about the replies of the server and the state of the connection.
 *
 * Nearly all sentences that a visitor reads and that are not in index.html are in this file. */

import { plural, tr } from "./language.js";

/** Return what is shown of a person who attends a conversation. */
export const person = (name) => tr("{name} (a person)", { name });

function listed(names) {
  if (names.length < 2) return names.join("");
  return tr("{names} and {last}", { names: names.slice(0, -1).join(", "), last: names.at(-1) });
}

/** What each refusal means for the visitor; the server's own text follows. */
const REFUSALS = {
  421: tr("The server ended this connection."),
  452: tr("This line could not be saved, so it was not recorded. Your text is still here: send it again later."),
  500: tr("This line was too long, or it contained bytes that are not text. It was not recorded: send it in shorter parts."),
  501: tr("That command cannot be used this way."),
  502: tr("There is no such command. /help lists the commands; begin with // to send a line that starts with /."),
  503: tr("This is possible only while a conversation is open."),
  530: tr("That is not this history's passphrase."),
  532: tr("This history's lock is damaged, so it opens for nobody. The person who runs the server can reset it."),
  553: tr("This name cannot be used."),
};
/** Refusals whose text from the server adds nothing to the sentence. */
const COMPLETE = new Set([452, 502, 530]);

/** Return what a refusal means, with the server's own text if that adds something. */
export function explainRefusal(code, text) {
  const plain = REFUSALS[code] ?? "";
  if (COMPLETE.has(code) || !text) return plain || text;
  return plain ? `${plain} (${text})` : text;
}

export const UNSURE =
  tr("It is not known whether this line was recorded: the server has a different history under this name. It was not sent again.");
export const UNANSWERED =
  tr("The connection ended three times while this line waited for its answer. It was not recorded, and it is not sent again.");
export const notInRoom = (room) => tr("You are not in the room {room}, so this line was not said.", { room });
export const unsureInRoom = (room) => tr("It is not known whether this line was recorded: the room {room} was closed, erased or begun anew meanwhile. It was not sent again.", { room });
export const REFUSED_NUMBER =
  tr("The server did not take this line as the next one of this history. It was not recorded.");
export const NOT_A_DOCTOR = tr("Another program answers there; it is not a doctor.");
export const UNASKED = tr("The server sends replies that nobody asked for.");
export const SILENT = tr("The server sent no answer in time.");
export const GATEWAY_LOST = tr("The connection to this page's server was lost.");

export const PASSPHRASES = {
  331: [tr("This history is locked"), tr("Its passphrase opens it.")],
  332: [tr("New passphrase"), tr("Type the passphrase that this history is to have. Leave it empty to have none.")],
  333: [tr("New passphrase"), tr("Type it once more.")],
  530: [tr("This history is locked"), tr("That is not this history's passphrase. Try again.")],
};

export const T = {
  away: tr("The doctor is not here now, and will be back soon."),
  answersHere: (name) => tr("{person} answers in the doctor's place", { person: person(name) }),
  anywhere: tr("Said on another connection"),
  care: tr("people who can help"),
  changed: (pairs) => pairs.map(([old, made]) => `${old} → ${made}`).join(", "),
  confirm: (name) => tr("Everything that you and the doctor said is erased for good. Type the name {name} to erase it.", { name }),
  confirmTakeBack: (number) => tr("What you said as number {number}, the answer to it, and what the doctor remembers of it are gone for good. Type {number} to take it back.", { number }),
  connecting: tr("Connecting…"),
  doctor: tr("Doctor"),
  doctorToYou: tr("Doctor, to you alone"),
  doctorAlone: tr("The doctor alone"),
  found: (number) => plural("{number} found", "{number} found", number),
  missed: tr("Said while the connection was lost:"),
  lost: (why, seconds) => tr("{why} Trying again in {seconds} s.", { why, seconds }),
  notSaved: tr("Not saved yet"),
  notRecorded: (why) => tr("Not recorded. {why}", { why }),
  notOpen: tr("This is possible only while a conversation is open."),
  made: tr("F1: how was this answer made?"),
  number: (number) => tr("number {number}", { number }),
  open: tr("Connected"),
  pending: tr("Not answered yet"),
  person,
  readsHere: (names) => plural("{persons} reads along", "{persons} read along", names.length,
    { persons: listed(names.map(person)) }),
  roomAgain: (others) => (others.length ? tr("In the room again, with {names}.", { names: others.join(", ") }) : tr("In the room again; nobody else is here now.")),
  roomClosed: (room, why) => tr("The room {room} is closed for you: {why}", { room, why }),
  roomIsNew: (room) => tr("The room {room} was erased and begun anew; what was said before is gone.", { room }),
  roomLeft: (room) => tr("You have left {room}.", { room }),
  roomLocked: (room) => tr("The room {room} is locked", { room }),
  reconnected: tr("Connected again; the conversation continues."),
  different:
    tr("Connected again, but the server has a different history under this name. The person who runs it may have renamed or erased yours. What you say now is saved in the other history."),
  saidIn: (room) => tr("What was said in {room}", { room }),
  saved: tr("The conversation was saved."),
  saving: (done, all) => tr("Loading the earlier part of your history: {done} of {all}.", { done, all }),
  savingFailed: tr("The earlier part of the history could not be loaded; nothing was saved."),
  searching: (number) => tr("Searching… {number} found so far", { number }),
  session: tr("A later session"),
  speaker: (kind, name, isOwn) => {
    if (kind === "person") return person(name);
    return isOwn ? tr("{name} (you)", { name }) : name;
  },
  suspended: (why) => tr("{why} The conversation continues with the next line.", { why }),
  takeBack: tr("Take back…"),
  takenBack: (number) => tr("Number {number} was taken back", { number }),
  talksIn: (room) => (room ? tr("You talk in {room} now.", { room }) : tr("You talk with the doctor alone now.")),
  thinking: tr("The doctor is thinking…"),
  tooLong: (excess) => tr("This line is {excess} bytes too long. Send it in shorter parts.", { excess }),
  unread: (number) => plural("{number} new", "{number} new", number),
  you: tr("You"),
  withoutTrace: tr("Say something first; then this shows how the doctor's reply is made."),
};
