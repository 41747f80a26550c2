"""The kind letter of each word, by which patterns see words and kinds at once.

The letters are told in `doctor.english.clauses`. `doctor.english.lexicon` says what a word can be;
here each word has the one kind that it has most often in a patient's line. What is in no list is
guessed by its ending and is otherwise a noun. Frozen at import.
"""

from __future__ import annotations

from typing import Final

from doctor.english import lexicon as english
from doctor.english.lexicon import KINDS, words

_SUBJECT: Final = words("i you he she it we they there who")
_OBJECT: Final = words("me him us them itself himself herself themselves myself yourself")
_DETERMINER: Final = words(
    "a an the my your his her its our their this these those some any no every each another "
    "one two three many several few both such last next other own"
)
NOUNS: Final = words(
    "bed family wedding building ceiling spring string king ring wing thing things something "
    "anything nothing everything sibling siblings belly red hundred shed weed seed ugly "
    "lonely silly friendly lovely elderly evening morning meeting feeling feelings being "
    "human time way day night week year home best well everyone everybody someone somebody "
    "nobody anyone anybody bully jelly july italy emily kelly holly sally molly billy willy "
    "lily people person kind sort reason word second minute moment question place stuff mind "
    "cause welcome tired scared bored worried depressed stressed excited embarrassed "
    "confused disabled disappointed exhausted frightened "
    "terrified ashamed jealous interesting boring annoying exciting amazing disgusting "
    "confusing depressing hungry ruined stuck lost broken hurt worn gone   "
    "  fault point change joke text study sense"
)
# Common nouns and adjectives, so that most words need no second look.
_COMMON_NOUNS: Final = words("""
able account address adult afternoon air alarm amount angry animal answer apartment apple area arm
army art aunt autumn baby back bad bag ball bank bar bath beach bear beautiful bedroom beer big
bike bill bird birthday black blood blue boat body book boring boss bottle bottom box boy
boyfriend brain bread breakfast bright broken brother brown bus business busy cake camera car card
career cat centre chair chance cheap cheese chest chicken child childhood children chocolate
church city class clean clear clever clock clothes cloud club coat coffee cold colleague college
colour computer cook corner country couple course cousin crazy cup cute dad danger dark date
daughter dead deal dear death debt decision deep dentist different difficult dinner dirty disease
doctor dog door double dream dress driver dry dust ear earth east easy education egg email emotion
empty energy engine english enough entire evil exam example exercise expensive expert eye eyes
face fact factory fair faith false famous far farm fast fat father favourite fear feet field film
final fine finger fire first fish flat flight floor flower food foot football foreign forest free
fresh fridge front fruit full fun funeral funny future game garden gas gift girl girlfriend glass
god gold good grandfather grandma grandmother grass great green grey ground group guilty guitar
gun guy guys hair half hall hand hands happy hard hat head health healthy heart heat heavy height
hell high hill history hobby hole holiday holy honest hospital hot hotel hour hours huge husband
ice idea idiot ill illness important inside instead job juice key kid kids kitchen knee knife lady
lake language large late laughter law lawyer lazy leg letter light line lip list little living
local loss lot loud low lucky lunch machine mad magazine main man manager map market marriage
maths meal meat medicine memory men mental mess message middle milk million mirror mistake modern
mom moment money moon mother mountain mouth movie mum museum music name narrow nature near neck
neighbour nerve nervous new news newspaper nice night noise normal north nose note number nurse
object ocean office old only open opinion orange order other own pain pair paper parent parents
park part partner party past pay peace pen perfect phone photo piano picture piece pig pink pizza
plane plant plate player pocket poem police polite poor position possible potato power pregnant
present president pretty price priest prison private prize problem professor proud public purple
quick quiet radio rain rare ready real reality red relationship religion rent report rest
restaurant rich ring river road rock role roof room rose rough round rude rule sad safe salt same
sand school science sea season seat secret self selfish sense serious sex shame shape sharp ship
shirt shoe shoes shop short shoulder shower shy sick side sign silence silver simple single sister
size skin sky slow small smart snow soft soldier son song soon sorry soul sound soup south space
special spring stage star state station stomach stone store storm story strange street stress
strong student stuff stupid subject success sudden sugar summer sun sure sweet table tall tea
teacher team tear tears teeth television terrible therapist thick thin third ticket tired tooth
top total town toy traffic train tree trip true truth tv ugly uncle unhappy university useful
useless usual vegetable video view village voice wall war warm water weak weather website wedding
weekend weight weird west wet white whole wide wife wild wind window wine winter wise woman women
wonderful wood word world worse worst wrong yellow young youth
""")
CONTRACTED: Final = words(
    "i'm i've i'd i'll you're you've you'd you'll he's he'd he'll she's she'd she'll it's it'd "
    "it'll we're we've we'd we'll they're they've they'd they'll that's what's there's who's "
    "here's let's"
)


def _marks() -> dict[str, str]:
    """Return the kind letter of every word that has a fixed one."""
    marks: dict[str, str] = {}
    for word, kinds in KINDS.items():
        if kinds & english.AUX:
            mark = "A"
        elif kinds & (english.PREPOSITION | english.EITHER):
            mark = "P"
        elif kinds & english.OPENER:
            mark = "C"
        elif kinds & english.ADVERB:
            mark = "R"
        elif kinds & (english.VERB | english.FINITE):
            mark = _verb_mark(word, kinds)
        else:
            mark = "N"
        marks[word] = mark
    for word in _COMMON_NOUNS:
        marks.setdefault(word, "N")
    closed = (("S", _SUBJECT), ("O", _OBJECT), ("D", _DETERMINER), ("N", NOUNS))
    for mark, listed in closed:
        marks.update(dict.fromkeys(listed, mark))
    marks.update(dict.fromkeys(CONTRACTED, "S"))
    marks.update(dict.fromkeys(words("and but or nor because cause cos cuz coz bc except"), "C"))
    marks.update(dict.fromkeys(words("is isn't has hasn't does doesn't wasn't was be been"), "A"))
    marks.update(dict.fromkeys(words("so too much pretty rather once far"), "R"))
    marks.update(dict.fromkeys(words("out up down away back again here home together alone"), "R"))
    return marks


def _verb_mark(word: str, kinds: int) -> str:
    if word.endswith("ing") and word not in _PLAIN_ING:
        return "G"
    plain = kinds & english.FINITE and not word.endswith("ed")
    return "B" if plain and word not in _PASTS else "V"


_PLAIN_ING: Final = words("sing bring ring swing cling sting")
_PASTS: Final = words(
    "was became began bit broke brought built bought caught chose came did drew drank drove "
    "ate fell fed fought flew got gave went grew had hid held kept laid led left lent lost "
    "made met paid rode rang ran sought sold sent shot showed sang sat slept spoke spent "
    "stood stole stuck struck sucked took taught threw woke wore won wrote felt found forgot "
    "heard knew meant said saw swore thought understood dreamt told am go be know think say "
    "tell ask seem become remain hate believe want"
)
MARKS: Final[dict[str, str]] = _marks()


def mark_of(word: str) -> str:
    """Return the kind letter of a word in lower case."""
    mark = MARKS.get(word)
    if mark is not None:
        return mark
    if len(word) > 4:
        if word.endswith("ing"):
            return "G"
        if word.endswith("ed"):
            return "V"
        if word.endswith("ly"):
            return "R"
    if word.endswith("n't"):
        return "A"
    return "N"
