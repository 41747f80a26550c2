/* What the page says about the replies of the server and the state of the connection.
 *
 * All sentences that a visitor reads and that are not in index.html are in this file. */

/** What each refusal means for the visitor; the server's own text follows. */
const REFUSALS = {
  421: "The server ended this connection.",
  452: "This line could not be saved, so it was not recorded. Your text is still here: send it again later.",
  500: "This line was too long, or it contained bytes that are not text. It was not recorded: send it in shorter parts.",
  501: "That command cannot be used this way.",
  502: "There is no such command. /help lists the commands; begin with // to send a line that starts with /.",
  503: "This is possible only while a conversation is open.",
  530: "That is not this history's passphrase.",
  532: "This history's lock is damaged, so it opens for nobody. The person who runs the server can reset it.",
  553: "This name cannot be used.",
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
  "It is not known whether this line was recorded: the server has a different history under this name. It was not sent again.";
export const UNANSWERED =
  "The connection ended three times while this line waited for its answer. It was not recorded, and it is not sent again.";
export const notInRoom = (room) => `You are not in the room ${room}, so this line was not said.`;
export const unsureInRoom = (room) => `It is not known whether this line was recorded: the room ${room} was closed, erased or begun anew meanwhile. It was not sent again.`;
export const REFUSED_NUMBER =
  "The server did not take this line as the next one of this history. It was not recorded.";
export const NOT_A_DOCTOR = "Another program answers there; it is not a doctor.";
export const UNASKED = "The server sends replies that nobody asked for.";
export const SILENT = "The server sent no answer in time.";
export const GATEWAY_LOST = "The connection to this page's server was lost.";

export const PASSPHRASES = {
  331: ["This history is locked", "Its passphrase opens it."],
  332: ["New passphrase", "Type the passphrase that this history is to have. Leave it empty to have none."],
  333: ["New passphrase", "Type it once more."],
  530: ["This history is locked", "That is not this history's passphrase. Try again."],
};

export const T = {
  away: "The doctor is not here now, and will be back soon.",
  answersHere: (name) => `${name} (a person) answers in the doctor's place`,
  anywhere: "Said on another connection",
  care: "people who can help",
  changed: (pairs) => pairs.map(([old, made]) => `${old} → ${made}`).join(", "),
  confirm: (name) => `Everything that you and the doctor said is erased for good. Type the name ${name} to erase it.`,
  confirmTakeBack: (number) => `What you said as number ${number}, the answer to it, and what the doctor remembers of it are gone for good. Type ${number} to take it back.`,
  connecting: "Connecting…",
  doctor: "Doctor",
  doctorToYou: "Doctor, to you alone",
  doctorAlone: "The doctor alone",
  found: (number) => (number === 1 ? "1 found" : `${number} found`),
  missed: "Said while the connection was lost:",
  lost: (why, seconds) => `${why} Trying again in ${seconds} s.`,
  notSaved: "Not saved yet",
  notRecorded: (why) => `Not recorded. ${why}`,
  notOpen: "This is possible only while a conversation is open.",
  number: (number) => `number ${number}`,
  open: "Connected",
  pending: "Not answered yet",
  person: (name) => `${name} (a person)`,
  readsHere: (names) => `${names.map((name) => `${name} (a person)`).join(" and ")} ${names.length > 1 ? "read" : "reads"} along`,
  roomAgain: (others) => (others.length ? `In the room again, with ${others.join(", ")}.` : "In the room again; nobody else is here now."),
  roomClosed: (room, why) => `The room ${room} is closed for you: ${why}`,
  roomIsNew: (room) => `The room ${room} was erased and begun anew; what was said before is gone.`,
  roomLeft: (room) => `You have left ${room}.`,
  roomLocked: (room) => `The room ${room} is locked`,
  reconnected: "Connected again; the conversation continues.",
  different:
    "Connected again, but the server has a different history under this name. The person who runs it may have renamed or erased yours. What you say now is saved in the other history.",
  saidIn: (room) => `What was said in ${room}`,
  saved: "The conversation was saved.",
  saving: (done, all) => `Loading the earlier part of your history: ${done} of ${all}.`,
  savingFailed: "The earlier part of the history could not be loaded; nothing was saved.",
  searching: (number) => `Searching… ${number} found so far`,
  session: "A later session",
  speaker: (kind, name, isOwn) => {
    if (kind === "person") return `${name} (a person)`;
    return isOwn ? `${name} (you)` : name;
  },
  suspended: (why) => `${why} The conversation continues with the next line.`,
  takeBack: "Take back…",
  takenBack: (number) => `Number ${number} was taken back`,
  talksIn: (room) => (room ? `You talk in ${room} now.` : "You talk with the doctor alone now."),
  thinking: "The doctor is thinking…",
  tooLong: (bytes) => `This line is ${bytes} bytes too long. Send it in shorter parts.`,
  unread: (number) => `${number} new`,
  you: "You",
  withoutTrace: "Say something first; then this shows how the doctor's reply is made.",
};
