"""The closed lists of words around the people in a prompt."""

from __future__ import annotations

FILLERS = frozenset(
    "create build make define draft write set up design prepare give me us i we want need would "
    "like please can could you let to for a an the our eligibility rule rules criteria "
    "criterion condition conditions list target targets targeting send sends sending sent deliver "
    "delivers show shows trigger triggers offer offers reach reaches contact notify nudge nudges "
    "get gets receive receives should must shall may eligible qualify qualifies aimed at aiming "
    "campaign campaigns only which who whom find select pick include includes including is are be "
    "goes go out when if where that this it them they those setup will audience audiences message "
    "messages messaging communication so ll hi hello hey thanks thank kindly help also and of "
    "their there here as well specify generate come put together meant intended "
    "restricted limited restrict limit each every all given per following with have having has "
    "one day-one based on people who's everyone requirements requirement logic policy follows "
    "look looking same remind ping invite congratulate alert being considered "
    "count counted counts definition defined describe "
    "planning plan run running launch launching start starting work up-front fire fires today's "
    "recipients recipient candidates candidate member members match matches matching meet meets "
    "meeting satisfy satisfies next addition additionally furthermore moreover finally "
    "pls plz hiya heya yo targeted included selected nudged messaged "
    "brief briefing thx ta cheers morning afternoon evening dear there take taking pull "
    "grateful appreciate ideally picks picking selects selecting finds captures capturing covers "
    "covering contains containing describes describing identify identifies fetch looking wants "
    "needs okay ok cheers guys team folks' "
    "happy whose do into serve serves drop in by via".split()
) - frozenset(
    "drop in by via have has having one any with start starting on up-front "
    "day-one would who's today's".split()
)
CONTIGUOUS = frozenset(
    "should must shall can may get gets receive receives please thanks thank thx cheers send show "
    "give target targeted included selected nudged messaged be "
    "pls plz kindly deliver so we i you qualify eligible offer trigger nudge notify reach "
    "contact make put".split()
)
"""What may follow a predicate directly: the frame goes on, nothing is said of the people."""
FILLER_PHRASES = (
    ("new", "rule"), ("new", "eligibility"), ("new", "audience"), ("new", "campaign"),
    ("new", "policy"), ("would", "like"), ("would", "love"), ("we", "would"), ("i", "would"),
    ("in", "addition"), ("in", "order"), ("on", "top", "of", "that"), ("as", "follows"),
    ("of", "the", "following"), ("all", "of", "the", "following"), ("all", "of", "these"),
    ("in", "question"), ("by", "the", "way"), ("make", "sure"), ("be", "sure"), ("go", "out"),
    ("have", "to"), ("need", "to"), ("has", "to"), ("with", "the", "following"),
    ("at", "the", "same", "time"), ("right", "now"), ("at", "the", "moment"), ("for", "now"),
    ("we", "have"), ("set", "of"), ("list", "of"), ("on", "the", "condition"), ("kind", "of"),
    ("one", "of", "our"), ("any", "of", "our"), ("of", "our"), ("with", "it"), ("with", "this"),
    ("set", "up"), ("take", "care"), ("of", "all"), ("first", "of", "all"), ("out", "of"),
    ("in", "place"), ("in", "the", "audience"), ("part", "of"), ("do", "that"),
    ("would", "be", "great"), ("would", "be", "nice"), ("be", "grateful"), ("be", "great"),
    ("be", "nice"), ("it", "would"), ("would", "appreciate"), ("if", "you", "could"),
    ("if", "possible"), ("if", "you", "can"), ("in", "short"), ("that", "would", "be"),
    ("thanks", "in", "advance"), ("thanks", "a", "lot"), ("thank", "you"), ("could", "i", "have"),
    ("can", "i", "have"), ("could", "we", "have"), ("can", "we", "have"), ("may", "i", "have"),
    ("good", "morning"), ("good", "afternoon"), ("i", "want", "to", "have"),
    ("many", "thanks"), ("as", "soon", "as", "possible"), ("asap",), ("fyi",),
)  # fmt: skip
MESSAGE_NOUNS = frozenset(
    "nudge message messages messaging reminder campaign offer email push notification promo "
    "promotion discount survey tip tips newsletter celebration announcement invite invitation "
    "congratulations note alert sequence flow series prompt voucher coupon reward badge digest "
    "recap drip banner teaser bonus check-in checkin mail emails mailer blast touch touchpoint "
    "communication communications mailing".split()
)
STOP_NAME = frozenset(
    "to that which for targeting aimed who when if via by through over going sent , . : ; ? ! ( "
    "with only where whose limited restricted reaching should must may in on and or , without "
    "excluding except but not no never".split()
) | {"\n"}
CHANNEL_LEADS = (
    "by", "via", "through", "over", "using", "as", "with", "on", "in",
)  # fmt: skip
CHANNEL_JOINS = (
    (",", "and", "then"), (",", "then"), ("and", "then"), ("then",), ("followed", "by"),
    ("falling", "back", "to"), ("with", "a", "fallback", "to"), ("with", "fallback", "to"),
    ("fall", "back", "to"), (",", "fall", "back", "to"), (",", "falling", "back", "to"),
    ("first", ",", "then"), ("first", "and", "then"),
    ("first", "then"), ("first", ",", "and", "then"),
    ("first", ","), ("or", "else"), (",", "otherwise"), ("otherwise",), ("or",), ("and",),
    (",", "or"), (",", "and"), (",",), ("/",), ("before",), ("→",), ("->",), (">",), ("&",),
    ("first", "with"), (",", "with"),
    ("with",), (",", "and", "if", "that", "fails"), ("and", "if", "that", "fails"),
)  # fmt: skip
HOLDOUT_WORDS = frozenset(
    "hold out back holding held keep keeping with a an the of percent as holdout holdouts control "
    "group in users them and leave leaving no without reserve reserving use using set aside "
    "include including for measurement we want to measure lift it from this people audience zero "
    "random global any each measuring measurement testing test comparison later".split()
)
