"""Words that say nothing of what a line is about, for the subjects of statistics."""

from __future__ import annotations

from typing import Final

#: Words that carry no subject, apostrophes left out ("dont", "im").
EMPTY_WORDS: Final = frozenset(
    """
    a able about above absolutely across actually afraid after again against ago aint all almost
    along already also although always am among an and angry another any anybody anymore anyone
    anything anyway apart are arent argue argued around as aside ask asked asking at ate away awful
    back bad be beautiful became because become becomes been before began begin behind being believe
    below beside besides best better between beyond big bit blame blamed blames both bought break
    breaking bring broke broken brought busy but buy by bye call called came can cannot cant care
    cared cares certain changed changes changing close closed cold come comes coming completely
    constantly could couldnt crazy cried cries cruel cry crying day days definitely did didnt die
    died dies different difficult do doctor does doesnt doing done dont down drank dumb during dying
    each early easy eat eaten eight either eliza else empty enough especially etc even ever every
    everybody everyone everything exactly fail failed fall fallen falling false far fast feel
    feeling feels fell felt few fighting finally find fine first five follow followed for forever
    forget forgot forgotten fought found four free from full gave get gets getting give given gives
    giving glad go goes going gone gonna good goodbye got gotta gotten great guess guessed had hadnt
    happen happened happens happy hard hardly has hasnt hate hated hates hating have havent having
    he hear heard hearing held hello help helped helping helps her here hers herself hes hey hi high
    him himself his hit hits hitting hold honestly hope hoped hoping horrible hot how however hows
    huge hundred hurt hurting hurts i id if ignore ignored ignores ignoring im important in indeed
    inside instead into is isnt it its itself ive just keep keeps kept kind knew know known knows
    large last late lately later laugh laughed laughing least leave leaves leaving left less let
    lets like liked likes listen listened listening little live lived lives living long look looked
    looking looks lose losing lost lot lots loved loves loving low mad made make makes making many
    matter may maybe me mean means meet met might mine miss missed misses missing more most mostly
    move moved moving much must my myself nasty near nearly need needed needs neither never new next
    nice nine no nobody none nor not nothing now nowhere of off often oh ok okay old on once one
    ones only onto open opened or other others otherwise our ours ourselves out outside over own
    paid part pay people perhaps person place play played playing please point poor pretty put quite
    ran rather read reading ready real really reason recently remember remembered remembers rich
    right rude run running sad said same sat saw say saying says scared scream screamed second see
    seem seemed seems seen sell send sent seven several shall she shes short should shouldnt shout
    shouted shouting show showed shown shows silly simply since sit sitting six sleeping slept slow
    small so sold some somebody somehow someone something sometimes somewhere soon sort speak
    speaking spoke spoken stand start started starting starts stay stayed staying stays still stood
    stop stopped strange strong stuff stupid such suddenly suppose sure take taken takes taking talk
    talked talking tall tell telling ten terrible than thank thanks that thatd thatll thats the
    their theirs them themselves then there therefore theres these they theyd theyll theyre theyve
    thing things think thinking thinks third this those though thought three through time times
    tired to today together told tomorrow tonight too took totally toward towards treat treated
    treats tried true truly try trying turn turned turning turns two ugly under understand
    understood unhappy until up upon upset us use used using usually very wait waited waiting wake
    walk walked walking wanna want wanted wanting wants warm was wasnt watch watched watching way
    ways we weak wed week weeks weird well went were werent weve what whatever whats when whenever
    where wherever whether which while who whoever whole whom whos whose why will win wish with
    within without woke won wonder wondered wonderful wondering wont word words worked working
    worried worries worry worrying would wouldnt write written wrong wrote yeah year years yell
    yelled yelling yes yesterday yet you youd youll young your youre yours yourself youve
    """.split()  # noqa: SIM905 - words are easiest to read and sort as words
)
