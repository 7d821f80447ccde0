"""Every reason code is one row of the closed table, in the order in which reasons win."""

from __future__ import annotations

from core.reasons import BY_CODE, REASONS

TABLE = """
data           suppressed STALE_DATA INPUT_UNKNOWN
live           suppressed KILLED NOT_LIVE APPROVAL_REVOKED
population     None       NOT_IN_POPULATION
global_holdout held_out   HELD_OUT_GLOBAL
consent        suppressed NO_CONSENT CONSENT_UNKNOWN
eligibility    None       INELIGIBLE NOT_APPLICABLE
suppression    suppressed SUPPRESSED_STATE SUPPRESSED_OUTCOME STOPPED EXPIRED
arbitration    lost       EXCLUSION_GROUP OFFER_CONFLICT LOWER_PRIORITY
experiment     held_out   HELD_OUT_POLICY HELD_OUT_EXPERIMENT
contact        suppressed CAP_REACHED MIN_GAP QUIET_HOURS TZ_UNKNOWN UNREACHABLE
send           suppressed DUPLICATE_INTENT PROVIDER_REJECTED PROVIDER_AMBIGUOUS
won            selected   SELECTED
"""


def test_the_list_is_the_table_of_the_vocabulary_in_its_order() -> None:
    expected = []
    for line in TABLE.strip().splitlines():
        stage, outcome, *codes = line.split()
        expected += [(code, stage.replace("_", " "), outcome) for code in codes]

    assert [(one.code, one.stage, str(one.outcome)) for one in REASONS] == expected


def test_every_code_has_one_plain_sentence_of_its_own() -> None:
    sentences = [reason.sentence for reason in REASONS]

    assert len(BY_CODE) == len(REASONS) == len(set(sentences))
    assert all(text[0].isupper() and text.endswith(".") for text in sentences)
