"""What the host is asked or told about a member: patterns of a whole sentence.

They are in lower case and without marks, and are tried in order. The group `who` names the member.
"""

from __future__ import annotations

from typing import Final

from doctor.host.reading.pattern_table import CAN_YOU, PatternTable

_WHO: Final = "(?P<who>.+?)"

#: What is asked about a member, whom the group `who` names.
_ABOUT: Final[dict[str, tuple[str, ...]]] = {
    "APOLOGISE": (rf"{CAN_YOU}(?:say sorry|apologi[sz]e)(?: to {_WHO})?(?: and .*| please| now)?",),
    "PRIVATE": (
        (
            rf"what (?:did|does|has|do|have) {_WHO} (?:ever )?"
            r"(?:say|said|tell|told|talk|write|written)\b.* "
            r"(?:alone|in private|privately|in secret|secretly)"
        ),
        rf"what (?:do|else do) you know about {_WHO}",
    ),
    "LEAVE-BE": (
        (
            rf"{CAN_YOU}(?:don't|dont|do not|never|stop|no more) (?:keep )?(?:send|sending|refer|"
            rf"referring|pass|passing|hand|handing|push|pushing) (?:me |it |us |this |everything )?"
            rf"(?:on |over |back )*to {_WHO}(?: again| any more| anymore| please| all the time)*"
            rf"(?: he| she| they| because .*| he's .*| she's .*| they're .*)?(?: \w+)?"
        ),
        (
            rf"{CAN_YOU}(?:don't|dont|do not|never|stop|no more) (?:keep )?(?:ask|asking|call|"
            rf"calling|bother|bothering|call on|calling on|pick on|picking on) (?:on )?{_WHO}"
            rf"(?: again| any more| anymore| please| anything| now| tonight| today| all the time|"
            rf" about .*| he's .*| she's .*| to .*| if .*)*"
        ),
        (rf"{CAN_YOU}leave {_WHO} (?:alone|in peace|be|out of (?:it|this))(?: .*)?"),
        rf"{CAN_YOU}let {_WHO} (?:be|rest|sleep)(?: .*)?",
    ),
    "SAY-TO": (
        (
            rf"what (?:would|do|can|could|will|should|might) you (?:say|tell|answer|write) (?:to )?"
            rf"{_WHO}(?: about .*| now| then| if .*)?"
        ),
        (
            rf"{CAN_YOU}(?:comfort|console|encourage|cheer up|be nice to|be kind to|congratulate|"
            rf"help|(?:say )?(?:(?:something|a word|one word) "
            rf"(?:nice |kind |good |warm |friendly )?|(?:a |one |some )?(?:more )?"
            rf"(?:nice |kind |good |warm |friendly )+words? )"
            rf"(?:to|for|about)) {_WHO}"
            rf"(?: up| please| too| now| would you| will you| could you| can you)*"
            rf"(?: (?:about|on|for) (?P<matter>.+)| before .*| to take .*)?"
        ),
        (
            rf"{CAN_YOU}(?:tell|give|write|send) {_WHO} (?:something|some|a) (?:\w+ )?"
            r"(?:nice|kind|good|sweet|warm|friendly|comforting|encouraging|beautiful|lovely)"
            "(?: .*)?"
        ),
        (
            rf"(?:you (?:may|can|could|should)|(?:can|could|would) you) (?:also |now |please )*say "
            rf"(?:something|a word)(?: too| now| as well| please)*(?: to {_WHO})?"
        ),
        (
            rf"(?:have you|do you have) (?:(?:a|any|some) (?:kind |good |nice )?words?|something "
            rf"(?:kind|nice|good|warm)) for {_WHO}(?: for .*| on .*| before .*)?"
        ),
    ),
    "SAID": (
        (
            rf"what (?:else |more )?(?:did|does|has|was it that|was it|is it that) {_WHO} "
            r"(?:just |last |even )?(?:say|says|said|tell|told|write|wrote|written|mean|saying)"
            r"(?: us| me| you| before| earlier| just now| again| last| here| so far| first|"
            r" tonight| today| at the beginning| at first)*"
            r"(?: (?:about|of|on|by|with) (?P<matter>.+))?"
        ),
        (
            rf"(?:do|did|have|can) you (?:still |even |also |really )*(?:remember|know|recall|hear|"
            rf"heard|read|see|seen|notice|tell us|repeat) what {_WHO} "
            r"(?:just |has |have )*(?:said|told us|wrote|told|say|says)"
            r"(?: here| before| earlier| to us| us| me)*(?: (?:about|of|on) (?P<matter>.+))?"
        ),
        (
            rf"(?:has|have|did) {_WHO} (?:ever |already |even |also )*(?:said|say|told us|tell us|"
            r"written|write|spoken|speak|talked|answered|answer) ?(?:anything|something|a word|"
            r"at all|yet|here|so far|to us|already| )*(?:(?:about|of|on|if|whether|that|when|"
            r"where|how|why) (?P<matter>(?!yet\b).+?))?"
            r"(?: or (?:have|did) (?:i|we) .*)?"
        ),
        rf"what was {_WHO} (?:saying|talking about|telling us|telling)(?: .*)?",
        (
            r"(?:then |only |just |please |can you |could you |now )*(?:tell|remind|show) "
            rf"(?:me|us) (?:again |once more )*what {_WHO} (?:said|told us|wrote|has said)"
            r"(?: (?:about|of|on) (?P<matter>.+))?"
        ),
        rf"what did {_WHO} (?:say|tell us|write) (?:that |it was that )(?P<matter>.+)",
        rf"(?:can you |could you |please )*(?:repeat|say again) what {_WHO} (?:said|told us|wrote)",
        rf"what (?:did|does) {_WHO} (?!miss|do\b|need\b|want\b)(?P<matter>\S+)(?: last)?",
    ),
    "PRESENT": (
        (
            rf"(?:is|are) {_WHO} (?:still |even |back )?(?:here|there|around|online|back|gone|"
            r"in here|in the room|with us|present|left)(?: now| yet| again| still| too)*"
        ),
        (
            rf"(?:is|are|will|does) {_WHO} (?:still |also |not )*(?:coming|come|join|joining)"
            r"(?: back| in| too| tonight| today| later| again| now| us| soon| at all)*"
        ),
        rf"(?:has|did) {_WHO} (?:left|leave|gone|go|come|come back|come in)(?: .*)?",
        rf"where is {_WHO}",
    ),
    "TELL": (
        rf"{CAN_YOU}(?:tell|greet) {_WHO}(?: (?:that |to |from me )?(?P<matter>.+))?",
        rf"{CAN_YOU}ask {_WHO}(?: (?P<matter>.+))?",
        rf"{CAN_YOU}say .+ to {_WHO}(?: from me)?",
    ),
    "JUDGE": (
        rf"what(?: is|'s|s) (?:wrong|the matter|up) with {_WHO}",
        (
            rf"(?:is|does|do you think) {_WHO} (?:is |have |has )?"
            r"(?:really |just |being |so |a bit |a |an )*"
            r"(?:depressed|crazy|mad|sick|ill|lying|insane|normal|bipolar|autistic|psycho|"
            r"psychopath|"
            r"narcissist|mental|stupid|disorder|depression|adhd|ptsd|a case)\b.*"
        ),
    ),
}

ABOUT_MEMBERS: Final = PatternTable(_ABOUT)
