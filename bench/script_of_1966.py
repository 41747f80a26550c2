"""A script in the format of 1966 and of the size of the DOCTOR's, made for measuring.

The DOCTOR of 1966 has about 70 keywords and 200 reassembly rules. This one has as many, with
substitutions, tags, links, a memory rule and decompositions of the usual shapes; its words are
nobody's.
"""

from __future__ import annotations

_SUBJECTS = (
    *("ALWAYS", "ANGRY", "BECAUSE", "BODY", "BORED", "BOSS", "CHILD", "COMPUTER", "COULD", "DEATH"),
    *("DREAM", "EVERYONE", "FAMILY", "FEAR", "FRIEND", "HAPPY", "HATE", "HELLO", "HELP", "HOME"),
    *("HOPE", "IF", "ILL", "LIKE", "LONELY", "LOSE", "LOVE", "MARRIED", "MAYBE", "MONEY"),
    *("NAME", "NEED", "NEVER", "NIGHT", "NO", "NOBODY", "PAIN", "PERHAPS", "PROBLEM", "QUESTION"),
    *("REMEMBER", "SAD", "SCHOOL", "SLEEP", "SORRY", "SURE", "TALK", "THINK", "TIME", "TIRED"),
    *("WANT", "WHAT", "WHY", "WORK", "WORRY", "WRONG", "YES"),
)
_HEAD = """
(HELLO. WHAT SHALL WE TALK ABOUT.)
START
(DONT = DON'T)
(CANT = CAN'T)
(ME = YOU)
(MYSELF = YOURSELF)
(MOTHER DLIST(/FAMILY))
(FATHER DLIST(/FAMILY))
(SISTER DLIST(/FAMILY))
(BROTHER DLIST(/FAMILY))
(MY = YOUR 2
    ((0 YOUR 0 (/FAMILY) 0) (TELL ME ABOUT YOUR FAMILY) (WHO ELSE IS LIKE YOUR 4) (YOUR 4))
    ((0 YOUR 0) (YOUR 3) (WHY DO YOU SAY YOUR 3)))
(I = YOU
    ((0 YOU (* FEEL FELT) 0) (HOW LONG HAVE YOU FELT THAT) (DO YOU OFTEN FEEL 4))
    ((0 YOU ARE 0) (HOW LONG HAVE YOU BEEN 4) (IS IT HARD TO BE 4))
    ((0) (YOU SAY 1) (GO ON) (SAY MORE ABOUT THAT)))
(YOU = I
    ((0 I 0 YOU) (WHY DO YOU THINK I 3 YOU) (WOULD YOU LIKE ME TO 3 YOU))
    ((0) (WE TALK ABOUT YOU, NOT ABOUT ME) (WHY DO YOU SAY THAT)))
"""
_SUBJECT = """({word} {rank}
    ((0 YOU {word} 0) (WHAT IS IT ABOUT 4) (SINCE WHEN DO YOU {word} 4))
    ((0 {word} 0) (DOES {word} COME TO MIND OFTEN) (WHAT ELSE IS {word} FOR YOU)
        (TELL ME MORE ABOUT {word}) (=I)))
"""
_TAIL = """
(MEMORY MY
    (0 YOUR 0 = EARLIER YOU SPOKE OF YOUR 3)
    (0 YOUR 0 = LET US GO BACK TO YOUR 3)
    (0 YOUR 0 = DOES IT TOUCH YOUR 3)
    (0 YOUR 0 = BUT YOUR 3))
(NONE ((0) (GO ON) (I SEE) (WHAT DOES THAT TELL YOU) (SAY MORE)))
"""


def text() -> str:
    """Return the script."""
    subjects = [_SUBJECT.format(word=word, rank=at % 12) for at, word in enumerate(_SUBJECTS)]
    return _HEAD + "".join(subjects) + _TAIL
