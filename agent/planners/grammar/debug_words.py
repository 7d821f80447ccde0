"""The closed lists of words in a prompt that asks why a metric moved."""

from __future__ import annotations

from typing import Literal

Direction = Literal["drop", "rise", "change"]

_DROP = frozenset(
    "abandon abandoned abandoning abandonment tumble tumbled tumbling stall stalled stalling "
    "drop dropped drops dropping fall fell falling falls fallen decline declined declines "
    "declining decrease decreased decreases decreasing dip dipped dips dipping down lower "
    "lowest low worse worst worsen worsened worsening bad badly poor poorly poorer tank "
    "tanked tanking plunge plunged plunges plunging slump slumped slumping slumps lose losing "
    "lost loss losses fewer less plummet plummeted plummeting plummets crater cratered "
    "cratering crash crashed crashing slid slide slides sliding slip slipped slipping sink "
    "sinking sank sunk collapse collapsed collapsing weaker weak weaken weakened weakening "
    "shrink shrank shrinking shrunk soften softened softening soft behind lag lags lagging "
    "lagged underperform underperforming underperforms underperformed deteriorate "
    "deteriorated deteriorating deterioration erode eroded eroding erosion nosedive nosedived "
    "sag sagged sagging suffer suffered suffering hurt hurting dent dented reduced reduction "
    "halve halved halving downturn downward downwards leak leaking leaks leaked leakage broke "
    "broken break breaks bleed bleeding trail trails trailing dive dived "
    "dove diving dropoff degrade degraded degrading degradation regress regressed regression "
    "dwindle dwindled dwindling wane waned diminish diminished diminishing subside subsided cool "
    "cooled slowed slowing slower slowdown flop flopped freefall disappointing contract contracted "
    "contracting contraction retreat retreated setback shortfall subpar".split()
)
_RISE = frozenset(
    "good great well healthier rally rallied rallying shoot shooting "
    "rise rises rose risen rising increase increased increases increasing jump jumped jumps "
    "jumping spike spiked spikes spiking up upward upwards uptick upturn upswing uplift grow "
    "grew grown grows growing growth improve improved improves improving improvement gain "
    "gained gains gaining higher highest high better best surge surged surges surging climb "
    "climbed climbs climbing soar soared soaring soars skyrocket skyrocketed skyrocketing "
    "boost boosted recover recovered recovering recovery rebound rebounded rebounding strong "
    "stronger outperform outperforms outperforming outperformed double doubled doubling "
    "triple tripled more peak peaked exceed exceeded exceeds accelerate accelerated ahead "
    "lead leads leading advance advanced advancing expand expanded strengthen strengthened "
    "strengthening popped leap leapt leaped ballooned escalated elevated rocketed rocketing boom "
    "boomed booming uptrend lifted bump bumped".split()
)
_CHANGE = frozenset(
    "change changed changes changing differ differs differed different differently move moved "
    "moves moving movement shift shifted shifts swing swung swings fluctuate fluctuated gap "
    "anomaly anomalies weird odd strange unusual difference differences discrepancy".split()
)
UNSURE = frozenset(
    "abandon abandoned abandoning abandonment more less fewer low high highest lowest best worst "
    "good great well lead leads leading ahead behind soft weak strong bad badly poor poorly lost "
    "lose losing up double gap different broken break breaks broke hurt upward downward move moves "
    "change changes changed shift stronger weaker trail trails trailing boost boosted peak".split()
)
"""These say as much of people or things as of a metric."""
DIRECTIONS: tuple[tuple[frozenset[str], Direction], ...] = (
    (_DROP, "drop"),
    (_RISE, "rise"),
    (_CHANGE, "change"),
)
DIRECTION_PHRASES: tuple[tuple[tuple[str, ...], Direction], ...] = (
    (("fell", "off", "a", "cliff"), "drop"), (("falling", "off", "a", "cliff"), "drop"),
    (("fallen", "off", "a", "cliff"), "drop"), (("fall", "off", "a", "cliff"), "drop"),
    (("off", "a", "cliff"), "drop"), (("off", "the", "cliff"), "drop"),
    (("looks", "off"), "change"), (("look", "off"), "change"), (("is", "off"), "change"),
    (("are", "off"), "change"), (("took", "a", "hit"), "drop"), (("take", "a", "hit"), "drop"),
    (("taken", "a", "hit"), "drop"), (("taking", "a", "hit"), "drop"),
    (("took", "a", "dive"), "drop"), (("took", "a", "nosedive"), "drop"),
    (("took", "a", "tumble"), "drop"), (("nose", "dive"), "drop"),
    (("nose", "dived"), "drop"), (("went", "south"), "drop"), (("going", "south"), "drop"),
    (("gone", "south"), "drop"), (("dried", "up"), "drop"), (("drop", "off"), "drop"),
    (("dropped", "off"), "drop"), (("fall", "off"), "drop"), (("fell", "off"), "drop"),
    (("falling", "off"), "drop"), (("through", "the", "floor"), "drop"),
    (("through", "the", "roof"), "rise"), (("shot", "up"), "rise"), (("took", "off"), "rise"),
    (("bounce", "back"), "rise"), (("bounced", "back"), "rise"), (("picked", "up"), "rise"),
)  # fmt: skip

COMPARATORS: tuple[tuple[str, ...], ...] = tuple(sorted((
    ("compared", "with"), ("compared", "to"), ("compared", "against"), ("compare", "with"),
    ("compare", "to"), ("compare", "against"), ("compare", "it", "with"), ("compare", "it", "to"),
    ("compare", "it", "against"), ("compare", "them", "with"), ("compare", "that", "with"),
    ("compare", "that", "to"), ("compare", "this", "with"), ("compare", "this", "to"),
    ("compare", "against"), ("comparing", "with"), ("comparing", "to"), ("comparing", "it", "with"),
    ("comparing", "it", "to"), ("when", "compared", "with"), ("when", "compared", "to"),
    ("relative", "to"), ("versus",), ("vs",), ("v",), ("against",), ("than",),
    ("as", "opposed", "to"), ("rather", "than"), ("unlike",), ("but", "not"), ("and", "not"),
    ("not",), ("in", "comparison", "to"), ("in", "comparison", "with"), ("in", "contrast", "to"),
    ("by", "comparison", "with"), ("next", "to"), ("benchmark",), ("baseline",), ("control",),
    ("control", "group"), ("benchmarked", "against"), ("measured", "against"), ("instead", "of"),
    ("down", "from"), ("up", "from"),
    ("behind",), ("ahead", "of"),
), key=len, reverse=True))  # fmt: skip
"""After these stands what is compared with."""
OTHERS: tuple[tuple[str, ...], ...] = (
    ("the", "rest"), ("everyone", "else"), ("everybody", "else"), ("all", "others"), ("others",),
    ("the", "others"), ("elsewhere",), ("anywhere", "else"), ("everywhere", "else"),
    ("all", "the", "others"), ("all", "other"), ("the", "other"), ("other",), ("any", "other"),
    ("all", "the", "other"),
)  # fmt: skip
"""What it is compared with, where nobody says which value that is."""
AS_CONTROL = frozenset("control baseline benchmark reference comparison yardstick".split())
COMPARING = frozenset(
    "compare comparing comparison compared versus vs v between difference differences differ "
    "differs gap against than".split()
)
"""With one of these in the prompt two values side by side are two sides, not one group."""
SUBORDINATE = frozenset("while whereas although though unlike whilst".split())
JOINS = frozenset("and but yet however".split()) | SUBORDINATE
STEADY = frozenset(
    "flat stable steady fine ok okay unchanged unaffected normal constant same healthy held "
    "holding hold stayed staying stay remained remaining remain steadily untouched immune "
    "flatlined unmoved".split()
)
STEADY_PHRASES: tuple[tuple[str, ...], ...] = (
    ("nothing", "changed"), ("nothing", "has", "changed"), ("nothing", "happened"),
    ("nothing", "moved"), ("no", "change"), ("no", "changes"), ("no", "movement"),
    ("without", "change"), ("as", "usual"), ("as", "before"), ("nothing", "special"),
    ("nothing", "unusual"), ("no", "difference"), ("no", "such", "thing"), ("all", "good"),
    ("all", "is", "well"), ("was", "spared"), ("were", "spared"), ("no", "drop"), ("no", "dip"),
    ("no", "decline"), ("no", "rise"), ("no", "increase"), ("no", "fall"), ("no", "problem"),
    ("no", "issue"), ("nothing", "of", "the", "kind"), ("nothing", "of", "the", "sort"),
)  # fmt: skip
NOT_MOVED: tuple[tuple[str, ...], ...] = (
    ("did", "not"), ("has", "not"), ("is", "not"), ("was", "not"), ("does", "not"),
    ("have", "not"), ("are", "not"), ("were", "not"),
)  # fmt: skip
FILLER_PHRASES: tuple[tuple[str, ...], ...] = (
    ("break", "it", "down"), ("break", "down"), ("break", "it", "up"), ("drill", "down"),
    ("breaking", "down"), ("broken", "down"), ("split", "up"), ("split", "it"), ("drill", "into"),
    ("drill", "in"), ("drilling", "down"), ("by", "how", "much"), ("how", "much"),
    ("going", "on"), ("what", "is", "up", "with"), ("message", "exposure"), ("follow", "up"),
    ("went", "up"), ("gone", "up"), ("going", "up"), ("go", "up"), ("come", "down"),
    ("in", "particular"), ("as", "well"), ("what", "changed"), ("did", "something", "break"),
    ("did", "anything", "break"), ("something", "broke"), ("something", "is", "broken"),
    ("what", "broke"), ("what", "is", "different"), ("what", "made"), ("what", "hurt"),
    ("did", "anything", "change"), ("something", "changed"), ("most", "likely"),
    ("more", "or", "less"), ("what", "is", "wrong"), ("went", "wrong"), ("a", "lot"),
    ("what", "is", "behind"), ("is", "behind", "the"), ("behind", "the"), ("behind", "this"),
    ("behind", "that"), ("lies", "behind"), ("reasons", "behind"), ("reason", "behind"),
    ("also", "visible", "on"), ("every", "day"), ("each", "day"), ("day", "by", "day"),
    ("as", "well", "as"), ("well", "as"),
)  # fmt: skip
PHRASED: dict[tuple[str, ...], Direction] = {
    ("went", "up"): "rise", ("gone", "up"): "rise", ("going", "up"): "rise", ("go", "up"): "rise",
    ("come", "down"): "drop",
}  # fmt: skip
FILLERS = frozenset(
    "any idea ideas way daily app apps pls plz like ones one's happend happned whats wondering "
    "why get gets getting got did do does doing done is are was were has have had having been "
    "be being the a an our my their its of in on for at by to from and or with please can "
    "could would should you tell me us explain explains explanation investigate investigation "
    "diagnose diagnosis debug debugging root root-cause what happened happening happen "
    "happens caused cause causes causing driving drove drives drive summarize summarise "
    "summary summarised list show give find out figure look looks looking looked into dig "
    "compare comparing comparison compared funnel funnels step steps stage stages message "
    "messages messaging exposure exposures reach reached reaching between across each likely "
    "probable possible potential reasons reason responsible main top key primary drivers "
    "driver factors factor user users user's people folks customers customer visitors visitor "
    "members member person persons everyone everybody anyone side sides so much very suddenly "
    "sudden sharply sharp steeply steep dramatically dramatic significantly significant "
    "noticeably noticeable slightly slight massively massive big huge considerably markedly "
    "clearly badly abruptly there any it that this these those which who per as also both "
    "rates rate numbers number metric metrics kpi kpis figures overall then next checks check "
    "verify suggest suggested recommend recommended and/or breakdown split drill what's went "
    "wrong data analysis analyse analyze analysing analyzing report readout delta deltas see "
    "seen seeing saw we i we're think seem seems seemed appear appears platform platforms "
    "device devices where how long start started starting bit lot go gone going need want "
    "know understand help identify highlight include including contact sends send sent come "
    "comes came converting communications communication campaign campaigns marketing share "
    "percentage proportion percent points point pp hi hello hey thanks thank kindly team all "
    "just only really actually still yet now here if when during whole entire performance "
    "performing perform performed performs results result visible worth trend trending trends "
    "curve line dashboard spotted notice noticed noticing observed observe something anything "
    "wonder wondering curious question issue problem story behaviour behavior among amongst "
    "through one quick quickly deep dive segment segments period use using take ending "
    "audience traffic site product gives make makes made making clue clues wtf omg lol particular "
    "urgent urgently asap fyi worried worrying concerned regarding concerning respect regard "
    "graph graphs chart charts dashboards examine assess determine establish clarify provide "
    "request requested underlying contribute contributed contributing contributes attributable "
    "occurred occur experienced experience experiencing registered recorded witnessed place "
    "meanwhile quite pretty somewhat substantially strongly heavily drastically drastic rapidly "
    "rapid visibly materially marginally abrupt unexpected unexpectedly again "
    "honestly basically obviously apparently folk guys boss morning "
    " advise advice grateful appreciate ok okay thx ta cheers cannot must might may "
    "colleagues dear matter matters justify justifies reasoning rationale circumstances "
    "kind sort hmm um sense understanding".split()
)
DEBUG_WORDS = frozenset({*_DROP, *_RISE, *_CHANGE, *FILLERS, *STEADY, *JOINS, *AS_CONTROL})
"""None of them is a slip of a catalog word."""
