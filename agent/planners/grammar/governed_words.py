"""The closed lists of words that say who does not get a message, and what holds it or ends it."""

from __future__ import annotations

from core.rules import MessageClass

BEFORE = frozenset("also and please always finally but , then so : -".split())
NAMED: tuple[MessageClass, ...] = ("marketing", "transactional", "service")
ABOUT = frozenset(
    "messages message messaging everything any sending the and or , it them this policy help "
    "communication communications sends anything these of emails sequence pursuing out journey "
    "all both either each that such other its to nor / ' back kind type sort whatsoever further "
    "them from us campaign more our out".split()
) - {"to"}
OF_ALL = frozenset("everything anything all any policy nothing communication messaging".split())
IT = frozenset("it this that".split())
BOTH = frozenset("both either neither".split())
TURNED = frozenset("until till unless".split())
WHEN_FIRST = (
    ("as", "long", "as"), ("as", "soon", "as"), ("for", "as", "long", "as"), ("if",), ("when",),
    ("while",), ("once",), ("whenever",), ("after",), ("during",), ("until",), ("unless",),
    ("whilst",), ("in", "case"), ("for", "users"), ("for", "anyone"), ("for", "people"),
    ("for", "customers"), ("for", "everyone"), ("for", "those"),
)  # fmt: skip
MODALS = frozenset("should must may can do does will shall are is".split())
NOT = frozenset("not never".split())
GETS = frozenset(
    "get gets receive receives see sees hear hears be been given sent shown get messaged "
    "contacted qualify offered reach notified nudged emailed bothered disturbed approached "
    "targeted touched addressed spammed texted pinged pestered annoyed".split()
)
GETTING = frozenset(
    "the a an any our also ever again to for with from by about more other another even".split()
)
NONE = frozenset("nothing none no neither".split())
NOBODY = (("nobody",), ("no", "one"), ("no", "user"), ("no", "users"), ("no", "person"),
           ("none", "of", "the", "users"), ("no", "customer"), ("no", "customers"))  # fmt: skip
ORDERS = (("hold", "everything"), ("hold", "all"), ("send", "no"), ("nothing", "goes"),
          ("no", "messages"), ("no", "message"), ("leave", "them"), ("stop",), ("hold", "the"),
          ("never",), ("skip",), ("hold", "off"), ("do", "not"), ("never", "send"),
          ("pause",), ("suppress",), ("mute",), ("stop", "all"), ("stop", "sending"),
          ("hold", "back"), ("send", "nothing"))  # fmt: skip
LEAVES_OUT = (
    ("exclude",), ("leave", "out"), ("leave",), ("omit",), ("keep",), ("drop",), ("remove",),
    ("bar",), ("block",), ("ban",), ("exempt",), ("spare",),
)  # fmt: skip
OUT_OF = (("from", "getting"), ("from", "receiving"), ("away", "from"), ("out", "of"), ("from",))
CUT_OFF = (
    "excluded",
    "barred",
    "exempt",
    "exempted",
    "kept out",
    "left out",
    "off limits",
    "removed",
    "blocked",
    "ineligible",
    "not eligible",
    "banned",
    "kept away",
    "not allowed",
    "not due",
    "disqualified",
    "debarred",
    "ruled out",
    "kept back",
    "suppressed",
    "held out",
    "dropped",
    "taken out",
    "skipped",
    "held back",
    "withheld",
)
"""'Users … are excluded from the win-back.'"""
HELD = (
    ("has", "to", "wait"), ("must", "wait"), ("is", "to", "be", "held"), ("is", "to", "wait"),
    ("stays", "off"), ("stays", "paused"), ("stays", "quiet"), ("is", "frozen"), ("rests",),
    ("is", "to", "be", "held", "back"), ("is", "to", "be", "suppressed"), ("is", "put", "on",
    "hold"), ("is", "parked"), ("is", "disabled"), ("is", "switched", "off"), ("takes", "a",
    "break"), ("is", "to", "be", "paused"), ("goes", "on", "hold"), ("holds", "off"),
    ("is", "withheld", "from"), ("is", "not", "to", "be", "sent"), ("is", "never", "to", "be",
    "sent"), ("is", "not", "meant", "for"), ("is", "suspended"), ("be", "suspended"),
    ("is", "never", "shown"), ("is", "out"), ("be", "put", "on", "hold"), ("be", "frozen"),
    ("not", "be", "used"), ("is", "not", "used"), ("not", "be", "given"), ("is", "a", "no", "go"),
    ("is", "held", "off"), ("not", "be", "delivered"), ("is", "not", "delivered"),
    ("is", "paused"), ("is", "suppressed"), ("is", "muted"), ("is", "blocked"), ("is", "held"),
    ("is", "skipped"), ("is", "silenced"), ("is", "withheld"), ("is", "off"), ("is", "on", "hold"),
    ("is", "not", "sent"), ("is", "never", "sent"), ("is", "held", "back"), ("is", "not", "shown"),
    ("is", "never", "shown"), ("is", "not", "allowed"), ("is", "off", "limits"),
    ("waits",), ("wait",), ("pauses",), ("is", "not", "for"), ("is", "never", "for"),
    ("does", "not", "go", "out"), ("does", "not", "go"), ("never", "goes", "out"),
    ("never", "goes"), ("not", "go", "out"), ("not", "go"), ("not", "be", "sent"),
    ("never", "be", "sent"), ("never", "go"), ("never", "go", "out"), ("not", "reach"),
    ("never", "reach"), ("not", "be", "shown"), ("be", "paused"), ("be", "suppressed"),
    ("be", "muted"), ("be", "held", "back"), ("be", "held"), ("be", "withheld"),
    ("be", "skipped"), ("be", "blocked"), ("be", "on", "hold"), ("wait",), ("pause",),
    ("is", "excluded"), ("does", "not", "apply"), ("is", "never", "sent", "out"),
)  # fmt: skip
ENDED = (
    ("is", "stopped"), ("stops",), ("ends",), ("be", "stopped"), ("stop",), ("end",),
    ("is", "over"), ("is", "done"), ("is", "dropped"), ("exits",), ("is", "cancelled"),
    ("is", "ended"), ("be", "dropped"), ("be", "ended"), ("finishes",), ("finish",),
    ("terminates",), ("terminate",), ("be", "cancelled"), ("is", "to", "stop"), ("is", "to", "end"),
    ("has", "to", "stop"), ("has", "to", "end"), ("is", "pulled"), ("be", "pulled"),
    ("is", "called", "off"), ("is", "killed"), ("is", "switched", "off", "for", "good"),
    ("comes", "to", "an", "end"), ("is", "to", "be", "stopped"), ("is", "to", "be", "ended"),
    ("is", "finished"), ("is", "complete"), ("is", "discontinued"), ("be", "discontinued"),
    ("is", "terminated"), ("be", "terminated"), ("is", "removed"), ("expires",), ("lapses",),
    ("ceases",), ("cease",), ("runs", "out"),
)  # fmt: skip
