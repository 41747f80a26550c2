"""Words and marks of scripts that no line can have: each kind is told, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctor.scripts import check
from doctor.scripts.similar import Misprints, closest, is_misprint
from tests.support.machine_data import MINIMAL

CARE = "(CARE SELF (PHRASES (kill myself)) (ANSWERS (Are you safe? HELPLINES)))\n"
SOUND = "(Hello)\nSTART\n(STYLE MODERN)\n" + CARE + "(NONE ((0) (Go on.)))\n"

#: (what, what is added to a sound script on line 6, a part of the message, a part of the remedy)
PLANTED = [
    ("a bare choice", "(a 2 ((0 * b c 0) (X)))", "* matches nothing", "write (* b c)"),
    ("a bare choice of one", "(a 2 ((0 *b 0) (X)))", "*b matches nothing", "write (*b)"),
    ("a bare tag", "(a 2 ((0 /VERB 0) (X)))", "/VERB matches nothing", "write (/VERB)"),
    ("a bare choice in a form", "(MIRROR ((0 * b c) (1 2.)))", "* matches", "write (* b c)"),
    ("square brackets", "(a 2 ((0 [* b c] 0) (X)))", "[* matches nothing", "write (* b c)"),
    ("a word in brackets", "(a 2 ((0 {b} 0) (X)))", "{b} matches nothing", "write (* b)"),
    ("brackets in a form", "(REMEMBER ((my [b]) (your 2)))", "[b] matches", "write (* b)"),
    ("a rank behind", "(a ((0) (X)) 4)", "the rank 4 stands behind", "(a 4 ...)"),
    ("a rank in letters", "(a Five ((0) (X)))", "the rank Five is no number", "(a 5 ...)"),
    ("a keyword of three", "(a big day 4 ((0) (X)))", "big has no", "(day ((0 a big day 0)"),
    ("DLIST in small letters", "(a dlist(/X) ((0) (X)))", "dlist has no", "did you mean DLIST?"),
    ("a comment in a rule", "(a 4 # old\n ((0) (X)))", "# has no meaning", "semicolon: ; ..."),
    ("a comment of answers", "(a 4 ((0) //once (X)))", "//once is between", "; once"),
    ("a form in small letters", "(tag PET dog)", "tag is written in capitals", "(TAG ...)"),
    ("a form misspelt", "(MIROR (0))", "MIROR is no form", "did you mean MIRROR?"),
    ("a head in small letters", "(a ((0) (and/EVENT X)))", "and/EVENT is said", "AND/EVENT"),
    ("newkey in small letters", "(a ((0) (newkey)))", "newkey is said as it is", "(NEWKEY)"),
    ("an open quotation", '(a ((0 a) ("2, you say)))', 'of "2, is never closed', "both sides"),
    ("one in a form", '(ASKED ((0) (You ask: "1?)))', 'of "1? is never closed', "both sides"),
    ("commas in a tag", "(TAG T dog, cat, cow)", "the word dog, of TAG T", "(TAG T dog cat cow)"),
    ("a tag with a sign", "(TAG T = dog)", "the word = of TAG T", "(TAG T dog)"),
    ("a comma at a keyword", "(cow, 3 ((0) (X)))", "no line has the keyword cow,", "(cow ...)"),
    ("commas in spellings", "(SPELLING (thx, ty = thanks))", "word thx, of SPELLING", "spaces"),
    ("sides swapped", "(SPELLING (because = becuz))", "because by becuz", "(becuz = because)"),
    ("a contraction", "(SPELLING (i am = i'm))", "replaces i and am by i'm", "(i'm = i am)"),
    ("a chain", "(SPELLING (plz = pls) (pls = please))", "plz by pls, and pls", "(plz = please)"),
    ("a spelling undone", "(SPELLING (aa = bb) (bb = aa))", "aa by bb, and bb by aa", "only one"),
    ("accents", "(naïve 2 ((0 naive 0) (X)))", "naive is nowhere else", "did you mean naïve?"),
    ("a slip in a pattern", "(kangaroo ((0 kangarro 0) (X)))", "kangarro", "mean kangaroo?"),
    ("a slip in a tag", "(TAG T kagnaroo)(kangaroo (=none))", "kagnaroo in TAG T", "kangaroo?"),
    ("an unseen space", "(a ((0 a\u200bb 0) (X)))", "ab has an invisible", "type ab anew"),
    ("a soft hyphen", "(TAG T sea\u00adside)", "seaside has an invisible", "type seaside"),
    ("another alphabet", "(\u0430pple ((0) (X)))", "its \u0430 is a Cyrillic letter", "anew"),
    ("a tier in capitals", CARE.replace("SELF", "B (TIER Act)"), "Act is no tier", "write act"),
    ("a kind in small letters", "(ODD empty ((0) (X)))", "in the way empty", "these: EMPTY"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("added", "message", "remedy"), [row[1:] for row in PLANTED], ids=[row[0] for row in PLANTED]
)
def test_a_word_that_no_line_has_is_told(added: str, message: str, remedy: str) -> None:
    """Each is told at its line, with what to write instead, in one line of its own."""
    found = [fault for fault in check(SOUND + added) if message in fault.message]
    assert [fault.line for fault in found] == [6]
    assert remedy in found[0].remedy


SOUND_PIECES = [
    '(a ((0 a 0) ("1" and "3", you say.)))',
    "(SPELLING (i'm im = i am) (wanna = want to) (pls plz = please) (cos cuz = because))",
    "(SPELLING (mum mom = mother) (u = you) (mustve = must have))",
    "(TAG PET dog) (dog 4 ((0 my pet 0) (X))) (SPELLING (doggy cat = pet))",
    "(brother ((0 brothers 0) (X))) (brothers (=brother))",
    "(dream ((0 dreamed of 0) (X)) ((0 dreaming 0) (X)))",
    "(ask ((0) (Ask yourself: and then?) (And/or what?)))",
    "(SPELLING (w/ = with) (b4 = before) (&c = more))",
    "(caf\u00e9 2 ((0 caf\u00e9 0) (X)))",
    "(\u0434\u043e\u043c ((0) (\u041e\u043f\u0438\u0448\u0438\u0442\u0435 1.)))",
    "(\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 ((0) (\u0686\u0631\u0627 1?)))",
    "; caf\u200be, [old], // and (* here\n",
]


@pytest.mark.parametrize("added", SOUND_PIECES)
def test_what_is_right_is_not_told(added: str) -> None:
    """Quotations, synonyms, other forms of a word, other alphabets and comments have no fault."""
    assert check(SOUND + added) == []


@pytest.mark.parametrize("style", ["(STILE MODERN)", "(style Modern)", "(STYLE_ MODERN)"])
def test_a_misspelt_style_is_the_only_fault(style: str) -> None:
    """The script is read as a modern one all the same, so that nothing else is told."""
    (found,) = check(SOUND.replace("(STYLE MODERN)", style))
    assert (found.line, found.severity) == (3, "error")
    assert "write (STYLE MODERN)" in found.remedy


def test_words_outside_lists_are_told_once_a_line() -> None:
    """A comment of another language has one fault a line; START misspelt is asked about."""
    found = check(SOUND + "// one two three\n# four five\n")
    assert [(fault.line, fault.remedy.split(":")[0]) for fault in found] == [
        (6, "a comment begins with a semicolon"),
        (7, "a comment begins with a semicolon"),
    ]
    (found_start,) = check(SOUND.replace("START", "STRAT"))
    assert "did you mean START?" in found_start.remedy


@pytest.mark.parametrize("added", ["(DELIMITERS * /)\n(A ((0 * 0) (X)) ((0 / 0) (Y)))", ""])
def test_a_mark_alone_may_be_a_word_of_1966(added: str) -> None:
    """A script of 1966 may declare * and / as words, so they are not told there."""
    assert check(MINIMAL + added) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("PHRASES", "PHRASE", "CARE SELF has an unknown list: PHRASE"),
        ("ANSWERS", "answers", "CARE SELF has an unknown list: answers"),
        ("(NONE", "(coffee one two)\n(NONE", "one has no meaning here"),
        ("((0) (Go on.))", "(0) (Go on.)", "a decomposition rule begins with its pattern"),
        (
            "(NONE",
            "(coffee 2 (0 a 0) (Hm.))\n(tea (=coffee))\n(NONE",
            "a decomposition rule begins with its pattern",
        ),
        ("(NONE", "(SPELING (dont = do not))\n(NONE", "SPELING is no form"),
    ],
)
def test_what_follows_from_a_fault_is_not_told(old: str, new: str, message: str) -> None:
    """A misspelt list of CARE, and a rule that cannot be read, are one fault each."""
    assert [fault.message for fault in check(SOUND.replace(old, new))] == [message]


# --- misprints -----------------------------------------------------------------------------------

_WORDS = st.text("abcdefgh", min_size=3, max_size=9)


@given(_WORDS, st.integers(0, 8), st.sampled_from("xyz"))
def test_a_slip_is_found(word: str, at: int, letter: str) -> None:
    """A letter more, a letter less and two swapped are found in both directions; no others are."""
    at %= len(word) - 1
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    for slip in (word[:at] + letter + word[at:], word[:at] + word[at + 1 :], swapped):
        if slip != word:
            assert Misprints([word]).meant_by(slip) == [word]
            assert Misprints([slip]).meant_by(word) == [slip]
    changed = word[:at] + letter + word[at + 1 :]
    assert is_misprint(changed, word)
    assert Misprints([word]).meant_by(changed) == []
    assert Misprints([word]).meant_by(word) == []


def test_the_closest_name_has_its_own_case() -> None:
    """A name in another case is found, too."""
    assert closest("phrases", ["PHRASES", "ASKS"]) == "PHRASES"
    assert closest("PHRASE", ["PHRASES", "ASKS"]) == "PHRASES"
    assert closest("words", ["PHRASES", "ASKS"]) == ""


@pytest.mark.parametrize("before", ["\ufeff", "\r\n", "\x0c\n", "\u2028\n"])
def test_lines_are_counted_as_an_editor_does(before: str) -> None:
    """Only line ends count, and a byte order mark is no character of the first line."""
    text = before + SOUND + "(a ((0 a\u200bb 0) (X)))"
    (found,) = (fault for fault in check(text) if "invisible" in fault.message)
    assert (found.line, found.column) == (6 + before.count("\n"), 9)
