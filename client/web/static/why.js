/* How the last reply was made, step by step: the rows of a trace (docs/protocol.md) as a list.
 *
 * The same pieces of the visitor's line have the same number and colour wherever they appear. A row
 * of an unknown kind is shown unchanged: a newer server may send more. */

import { tr } from "./language.js";
import { make, words } from "./transcript.js";
import { T } from "./texts.js";

const REMARKS = {
  link: (row) => tr("A rule passed the line on to the keyword {1}.", row),
  newkey: () => tr("A rule gave up: the next keyword was tried."),
  pre: (row) => tr("The line was rewritten first: {1}", row),
  "memory-stored": (row) => tr("Stored in memory for later: {1}", row),
  "memory-recalled": (row) => tr("No keyword was found, so this came from memory: {1}", row),
  fallback: (row) => tr("No keyword led to a reply, so the fallback was used: {1}", row),
  rejected: (row) => tr("Rejected: {1} ({2})", { 1: row[1], 2: row[2] ?? "" }),
  note: (row) => row[1] ?? "",
};

/** Sort the rows of a trace into steps; never throws, whatever the rows hold. */
export function steps(rows) {
  const found = {
    line: "", reply: "", clauses: [], substituted: [], reflected: [], stack: [], attempts: [],
    remarks: [],
  };
  for (const row of rows.filter((each) => each.length)) {
    const [kind, first = "", second = ""] = row;
    if (kind === "line" || kind === "reply") found[kind] = first;
    else if (kind === "clause") found.clauses.push(first);
    else if (kind === "substituted" || kind === "reflected" || kind === "stack") {
      found[kind].push([first, second]);
    } else if (kind === "keyword") found.attempts.push({ keyword: first, pieces: [] });
    else if (["decomposition", "component", "reassembly", "source"].includes(kind)) {
      takeRule(found, row);
    } else found.remarks.push(Object.hasOwn(REMARKS, kind) ? REMARKS[kind](row) : row.join(" "));
  }
  return found;
}

function takeRule(found, [kind, first = "", text = "", start = "", end = ""]) {
  if (!found.attempts.length) found.attempts.push({ keyword: "", pieces: [] });
  let attempt = found.attempts.at(-1);
  if (kind !== "source" && kind !== "component" && attempt[kind]) {
    attempt = { keyword: attempt.keyword, pieces: [] }; // another rule under the same keyword
    found.attempts.push(attempt);
  }
  if (kind !== "component") attempt[kind] = first;
  else if (/^[0-9]{1,3}$/.test(first)) {
    const known = /^[0-9]{1,6}$/.test(start) && /^[0-9]{1,6}$/.test(end);
    attempt.pieces.push({
      number: Number(first), text, start: known ? Number(start) : -1, end: known ? Number(end) : -1,
    });
  }
}

/** Return a line as texts with 0 and pieces with their numbers; what is not found is left out. */
export function pieces(line, listed) {
  const letters = Array.from(line); // positions count characters, not UTF-16 units
  const parts = [];
  let at = 0;
  for (const piece of listed) {
    let { start, end } = piece;
    if (start < 0 && piece.text) {
      const rest = letters.slice(at).join("").toLowerCase();
      const hit = rest.indexOf(piece.text.toLowerCase());
      start = hit < 0 ? -1 : at + Array.from(rest.slice(0, hit)).length;
      end = start + Array.from(piece.text).length;
    }
    if (at <= start && start < end && end <= letters.length) {
      parts.push([letters.slice(at, start).join(""), 0]);
      parts.push([letters.slice(start, end).join(""), piece.number]);
      at = end;
    }
  }
  parts.push([letters.slice(at).join(""), 0]);
  return parts.filter(([text]) => text);
}

/** Return a rule as texts with 0 and slots with their numbers. */
export function slots(rule, listed) {
  const known = new Set(listed.map((piece) => piece.number));
  return rule.split(/\b(\d{1,3})\b/).filter(Boolean).map(
    (part) => [part, /^\d{1,3}$/.test(part) && known.has(Number(part)) ? Number(part) : 0],
  );
}

function coloured(parts) {
  return parts.map(([text, number]) => {
    if (!number) return words(text);
    const mark = make("mark", `piece piece${(number + 7) % 8}`, words(text));
    if (text !== String(number)) mark.append(make("sub", "", String(number)));
    return mark;
  });
}

/** Show a trace in `target`. */
export function explain(target, rows) {
  const found = steps(rows);
  const list = make("ol", "steps");
  const step = (heading, ...content) => {
    list.append(make("li", "", make("h3", "", heading), make("p", "", ...content)));
  };
  const used = found.attempts.at(-1);
  if (found.line) step(tr("You said"), ...coloured(pieces(found.line, used?.pieces ?? [])));
  const heard = found.clauses.some((clause) => !found.line.includes(clause.replace(/[.!?]+$/, "")));
  if (heard || (found.clauses[0]?.length ?? found.line.length) < found.line.length - 2) {
    step(heard ? tr("The machine heard") : tr("Clauses used"), words(found.clauses.join(" / ")));
  }
  if (found.substituted.length) step(tr("Words replaced first"), words(T.changed(found.substituted)));
  if (found.stack.length) {
    const items = found.stack.map(([word, rank]) => {
      const item = make("li", word === used?.keyword ? "winner" : "", words(word));
      item.append(` ${tr("rank {rank}", { rank: rank || 0 })}`);
      return item;
    });
    list.append(make("li", "", make("h3", "", tr("Keywords found, the strongest first")),
      make("ul", "", ...items)));
  }
  for (const attempt of found.attempts) explainAttempt(list, step, attempt);
  if (found.reflected.length) step(tr("Words changed"), words(T.changed(found.reflected)));
  if (found.reply) {
    step(tr("The reply"), words(found.reply, "voice"));
  }
  if (found.remarks.length) {
    list.append(make("li", "", make("h3", "", tr("And")),
      ...found.remarks.map((text) => make("p", "", words(text)))));
  }
  target.replaceChildren(list);
}

function explainAttempt(list, step, attempt) {
  if (attempt.decomposition) {
    const { keyword } = attempt;
    step(keyword ? tr("Matched by a pattern under {keyword}", { keyword }) : tr("Matched by a pattern"),
      make("code", "", words(attempt.decomposition)));
    const filled = attempt.pieces.filter((piece) => piece.text);
    if (filled.length) {
      list.lastChild.append(make("ul", "pieces", ...filled.map(
        (piece) => make("li", "", ...coloured([[piece.text, piece.number]])),
      )));
    }
  }
  if (attempt.reassembly) {
    const asks = attempt.reassembly.startsWith("ASK ");
    const alone = !attempt.keyword && !attempt.decomposition;
    step(asks ? tr("Then it asks, by the rule")
      : alone ? tr("First it repeats, by the rule") : tr("Made by the rule"),
      make("code", "", ...coloured(slots(attempt.reassembly, attempt.pieces))));
  }
  if (attempt.source) list.lastChild?.append(make("p", "source", words(attempt.source)));
}
