"""What is said to a host besides what it is asked: thanks, goodbye, praise, a greeting.

They are tried on each sentence of a line, in this order.
"""

from __future__ import annotations

from typing import Final

from doctor.host.reading.pattern_table import PatternTable

_THANKS: Final = "(?:thanks|thank you|thx|ty|cheers)"
_AFTER: Final = (
    "(?: (?:so much|a lot|very much|for that|again|all|everyone|everybody|then|now|to you|"
    "you two|both|both of you|too))*"
)
#: What is said beside something that weighs more.
_COURTESIES: Final[dict[str, tuple[str, ...]]] = {
    "BYE": (
        (
            f"(?:bye|ciao|goodbye|good bye|good night|goodnight|see you|bye bye|night|sleep "
            f"well){_AFTER}"
            "(?: .{0,40})?"
        ),
        ".*\\b(?:good ?night|goodbye|bye bye|ciao|see you (?:tomorrow|soon|all))(?: .{0,20})?",
        "(?:i|we) (?:must|have to|need to|will|should) (?:go|leave)(?: now| soon| then| to bed)*",
        "(?:i am|i'm|we are) (?:leaving|off|going)(?: now| then| to bed)*",
    ),
    "THANKS": (
        f"(?:no |yes |ok )?{_THANKS}{_AFTER}",
        r"(?:\S+ ){0,4}thank(?:s| you)\b.{0,80}",
    ),
    "PRAISE": (
        (
            "(?:that|this|it)(?: was| is|'s)? (?:a |an |very |really |so |quite |actually )*"
            "(?:good|nice|kind|helpful|lovely|great|beautiful|wise|true|right|well said|better|"
            "fair|"
            "honest|funny)(?: .*)?"
        ),
        "(?:that|this|it) (?:really |actually )?(?:helped|helps)(?: .*)?",
        (
            "(?:well (?:said|done)|bravo|nice|great|lovely|wonderful|exactly|honest at least|fair|"
            "good (?:question|doctor|host|point|answer|one|idea|job)|not bad)(?: .{0,30})?"
        ),
        (
            "you (?:are|were)(?: very| so| really| quite)* "
            "(?:kind|nice|sweet|helpful|good|right|funny|wise|clever|patient|honest)(?: .*)?"
        ),
        "i (?:like|love) (?:you|that|this|it|your .*)(?: .*)?",
        "(?:you )?(?:can|could|may) stay(?: .*)?",
    ),
    "HELLO": (
        (
            "(?:hello|hi|hey|hiya|good (?:morning|evening|afternoon))"
            "(?: there| everyone| everybody| all| again| both)*"
        ),
        "(?:i'm|im|i am) (?:back|here)(?: again)?",
        "nice to meet you(?: .*)?",
    ),
    "NOTED": (
        (
            r"(?:please )?(?:don't|dont|do not|no need to) "
            r"(?:analy[sz]e|comment|ask|worry|explain)\b.*"
        ),
        "(?:i am |i'm |im |i was )?(?:just |only )?(?:joking|kidding)(?: .*)?",
        r"(?:that|this|it)(?: is| was|'s|s) (?:just |only )?(?:a joke|irony|sarcasm)\b.*",
        "(?:i was|that was|this was) not (?:for|talking to|meant for) you(?: .*)?",
        "(?:i am|i'm|im) (?:fine|ok|okay|safe|all right|good|well)(?: .*)?",
        "(?:i am |i'm )?(?:very |so )?sorry(?: .*)?|i apologi[sz]e(?: .*)?",
        "i (?:disagree|agree|see|know|understand|do not agree|don't agree)(?: with .*)?",
        r"you (?:can|may) (?:count|keep|note|frame|use|write down) (?:that|this|it)\b.*",
        "never mind|forget it|it does not matter|all good|no problem",
    ),
}

COURTESIES: Final = PatternTable(_COURTESIES)
