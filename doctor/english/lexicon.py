"""Closed lists of English words and their kinds, for reflection and for choosing a reply.

A word's kinds are bits of one integer, so that a question about a word is one dictionary look-up
and one `and`. English is not decided by lists alone (any verb is some day a noun); the lists hold
what is common in talk between two people, and `doctor.english.reflection` decides by a word's
neighbours.

All words are lower case with straight apostrophes. Everything here is frozen at import and may be
read from any thread.
"""

from __future__ import annotations

from typing import Final


def words(text: str) -> frozenset[str]:
    """Return the words of a list written as running text."""
    return frozenset(text.split())


#: A finite auxiliary: a "you" right before it is its subject.
AUX: Final = 1
#: A plain form or a past form of a verb: a "you" right before it may be its subject.
FINITE: Final = 2
#: A verb that takes a clause ("I think you ..."), in any form.
CLAUSE: Final = 4
#: Any form of a verb that takes an object ("I hate you").
VERB: Final = 8
#: A word that may be between a subject and its verb.
ADVERB: Final = 16
#: A preposition that is never a conjunction.
PREPOSITION: Final = 32
#: A preposition that may also begin a clause ("before you came").
EITHER: Final = 64
#: A word that begins a clause and leaves its subject to come.
OPENER: Final = 128
#: A subject pronoun; what follows it is a verb.
SUBJECT: Final = 256
#: Articles and other words that begin a noun phrase.
DETERMINER: Final = 512
#: A verb of seeing or hearing in the past ("I saw you leave").
PERCEPTION: Final = 1024
#: A clause verb that has no person as its object ("I think you ...").
SAYING: Final = 2048
#: A noun after which "you ..." is a relative clause ("the way you look").
ANTECEDENT: Final = 4096
#: A noun for which "like you" compares ("people like you").
KIND: Final = 8192

_AUXILIARIES: Final = """
am are were have had do did can could will would shall should may might must ought
aren't weren't haven't hadn't don't didn't can't cannot couldn't won't wouldn't shan't shouldn't
mayn't mightn't mustn't needn't ain't gotta gonna wanna used
"""
# Regular verbs by their plain form; their other forms are made below.
_REGULAR: Final = """
abuse attempt cheat commit disappear drown exist grab kidnap molest overdose poison rob scratch
shove slap stab suffocate swallow threaten whip smack smash smother throttle tie track pump force
hoard stockpile stash survive carve slash grope bang
accept accuse achieve act add admire adore advise
affect allow amaze amuse anger annoy answer appear apologise apologize approach argue ask attack
attend avoid bark beg behave belong blame bless block borrow bother bully call care cause
challenge change charge chase cheat check cheer chat choke claim clean close collect comfort
compare complain confuse consider contact continue contradict control convince cook copy correct
count cover crash criticise criticize cry cure damage damn dance deceive delete deny depend
deserve despise destroy die disappear disappoint disgust dislike distract disturb doubt drop earn
email embarrass encourage end enjoy escape exist expect explain express face fail fancy finish
fire fix follow fool forgive frighten frustrate guide handle happen harass harm hassle hate heal
help hire hug hunt hurry hurt ignore impress improve infuriate injure insist inspire insult intend
interest interrupt introduce invite involve irritate join joke judge jump kick kill kiss laugh
learn let lie like list listen live load lock look love lower manage marry matter mention mind
miss mistreat mock move murder nag need notice obey offend offer open order owe own panic pass pay
perform persuade phone pick pity plan play please point praise prefer press pressure pretend
program protect prove provoke pull punch punish push question rape react recall recognise
recognize recommend refuse reject relate relax rely remain remind repeat replace replicate reply
report rescue resemble resent respect respond return ridicule ruin save scare scold scream seem
serve share shock shout smell smile solve sound spoil stalk stare start starve stay stop strangle
stress study suffer suggest suit support surprise switch talk teach tease terrify test text thank
threaten tire touch train trap treat tolerate trick trouble trust try turn type unplug upset use
value visit wait walk want warn waste watch welcome wonder work worry worship wound yell
"""
# Irregular verbs: plain form, past form, participle where it differs.
_IRREGULAR: Final = """
be was been, beat beat beaten, become became, begin began begun, bite bit bitten, break broke
broken, bring brought, build built, buy bought, catch caught, choose chose chosen, come came, cut
cut, do did done, draw drew drawn, drink drank drunk, drive drove driven, eat ate eaten, fall fell
fallen, feed fed, fight fought, fly flew flown, forbid forbade forbidden, get got gotten, give
gave given, go went gone, grow grew grown, have had, hide hid hidden, hang hung hanged, bleed
bled, burn burned burnt, slit slit, hit hit, hold held, hurt hurt, keep kept, lay laid, lead led,
leave left, lend lent, let let, lose lost, make made, meet met, put put, read read, ride rode
ridden, ring rang rung, run ran, seek sought, sell sold, send sent, set set, shoot shot, show
showed shown, shut shut, sing sang sung, sit sat, sleep slept, speak spoke spoken, spend spent,
stand stood, steal stole stolen, stick stuck, strike struck, suck sucked, take took taken, teach
taught, throw threw thrown, wake woke woken, wear wore worn, win won, write wrote written
"""
_CLAUSE_REGULAR: Final = """
admit agree assume believe decide discover dream explain fear figure guess hope imagine insist
learn mention notice pray pretend promise prove realise realize reckon remember sense suppose
suspect swear wish worry doubt bet
"""
_CLAUSE_IRREGULAR: Final = """
feel felt, find found, forget forgot forgotten, hear heard, know knew known, mean meant, say said,
see saw seen, swear swore sworn, think thought, understand understood, dream dreamt
"""
_SAYING: Final = """
think thinks thought thinking say says said saying hope hopes hoped hoping wish wishes wished
wishing guess suppose supposed reckon bet figure assume pretend swear agree
"""
_ADVERBS: Final = """
not never always ever just only really still also even often sometimes usually probably maybe
perhaps actually certainly clearly obviously simply already almost hardly barely rarely seldom
soon now then too truly honestly definitely totally completely literally kind sort constantly
suddenly finally once again today tomorrow yesterday quite all both somehow apparently seriously
basically supposedly surely kinda secretly currently recently deeply mostly well better best
very pretty extremely absolutely
incredibly fairly rather somewhat utterly terribly awfully
"""
_PREPOSITIONS: Final = """
to at of with from about without by on in into onto against between behind toward towards around
near beside besides beneath under over upon for through despite within among beyond past off
concerning regarding inside outside opposite
"""
_EITHER: Final = "like than as before after since until till except but and or nor plus"
_OPENERS: Final = """
that if because cause when while what who whom how why where which whose unless although though
whether whenever wherever whatever whoever however so cos cuz coz bc lest once whereas
"""
_SUBJECTS: Final = "i you he she it we they who that this these those there u"
_DETERMINERS: Final = """
a an the my your his her its our their this that these those some any no every each another more
less much many few enough all both something anything nothing everything me him them us it one
two three
"""
_ANTECEDENTS: Final = """
way time moment minute second day night week month year morning evening thing things everything
anything something nothing stuff all reason reasons word words person people one ones place first
last only question questions
"""
_KINDS: Final = """
people someone somebody anyone anybody nobody everyone everybody person man men woman women machine
machines doctor doctors program programs programme friend friends therapist therapists computer
computers bot bots robot robots something anything nothing things thing idiot idiots shrink
"""


def _forms(plain: str) -> tuple[str, str, str]:
    """Return the third person, the past and the -ing form of a regular verb."""
    if plain.endswith("ie"):
        return plain + "s", plain + "d", plain[:-2] + "ying"
    if plain.endswith("e"):
        return plain + "s", plain + "d", plain[:-1] + "ing"
    if plain.endswith("y") and plain[-2] not in "aeiou":
        return plain[:-1] + "ies", plain[:-1] + "ied", plain + "ing"
    if plain.endswith(("s", "sh", "ch", "x", "z")):
        return plain + "es", plain + "ed", plain + "ing"
    doubles = len(plain) <= 4 and plain[-1] in "bdgmnpt" and plain[-2] in "aiou"
    if doubles and (len(plain) < 3 or plain[-3] not in "aeiou"):
        return plain + "s", plain + plain[-1] + "ed", plain + plain[-1] + "ing"
    return plain + "s", plain + "ed", plain + "ing"


def _verb(kinds: dict[str, int], plain: str, pasts: list[str], extra: int) -> None:
    """Enter every form of one verb; `pasts` empty means a regular one."""
    third, past, ing = _forms(plain)
    if plain not in _AUXILIARY_VERBS:
        for form in (third, ing, *(pasts or [past])):
            PLAIN.setdefault(form, plain)
    finite = [plain, *(pasts[:1] or [past])]
    for form in finite:
        kinds[form] = kinds.get(form, 0) | FINITE
    for form in {third, ing, *finite, *pasts}:
        kinds[form] = kinds.get(form, 0) | VERB | extra


#: Form of a verb -> its plain form ("killed" -> "kill"), for those that are no auxiliaries.
PLAIN: Final[dict[str, str]] = {}
_AUXILIARY_VERBS: Final = words("be have do let")


def _table() -> dict[str, int]:
    """Return the kinds of every word listed above."""
    kinds: dict[str, int] = {}
    for text, extra in ((_REGULAR, 0), (_CLAUSE_REGULAR, CLAUSE)):
        for plain in text.split():
            _verb(kinds, plain, [], extra)
    for text, extra in ((_IRREGULAR, 0), (_CLAUSE_IRREGULAR, CLAUSE)):
        for row in text.split(","):
            plain, *pasts = row.split()
            _verb(kinds, plain, pasts, extra)
    for text, kind in (
        (_AUXILIARIES, AUX),
        (_SAYING, SAYING | CLAUSE),
        (_ADVERBS, ADVERB),
        (_PREPOSITIONS, PREPOSITION),
        (_EITHER, EITHER),
        (_OPENERS, OPENER),
        (_SUBJECTS, SUBJECT),
        (_DETERMINERS, DETERMINER),
        (_ANTECEDENTS, ANTECEDENT),
        (_KINDS, KIND),
        ("saw heard watched caught noticed", PERCEPTION),
    ):
        for word in text.split():
            kinds[word] = kinds.get(word, 0) | kind
    # Never verbs where they matter: "like you" compares, "past you" is a place.
    for word in ("like", "past", "cause", "welcome", "mind", "that", "well"):
        kinds[word] = kinds.get(word, 0) & ~VERB
    return kinds


#: Word -> its kinds; a word that is not here is most often a noun, a name or an adjective.
KINDS: Final[dict[str, int]] = _table()

#: A plain form -> the other forms of that verb.
FORMS: Final[dict[str, tuple[str, ...]]] = {}
for _form, _plain_form in PLAIN.items():
    FORMS[_plain_form] = (*FORMS.get(_plain_form, ()), _form)

#: Open-class words of very many lines, which therefore tell little.
COMMON: Final[frozenset[str]] = words("""
want wanted wants keep keeps going go goes gone get got gets getting feel feels felt feeling like
make makes made making think thinks thought thinking know knows knew tell tells told say says said
see saw come came coming take took give gave need needed needs just here there now today tonight
tomorrow night day days time life people friend friends home work really never always anything
nothing everything something way good bad better long little much many more most last hit hits
really sometimes anymore again right left home talk love loves loved hate thing things find found
""")
_RESTORABLE: Final = """
don't doesn't didn't can't won't wouldn't couldn't shouldn't isn't aren't wasn't weren't haven't
hasn't hadn't mustn't mightn't needn't ain't i'm i've you're you've you'll you'd they're they've
they'll that's what's there's he's she's we've who's could've should've would've
"""
#: What people type without its apostrophe, where nothing else can be meant.
RESTORED: Final[dict[str, str]] = {
    **{word.replace("'", ""): word for word in words(_RESTORABLE)},
    "u": "you",
    "ur": "your",
    "urself": "yourself",
    "yr": "your",
}
