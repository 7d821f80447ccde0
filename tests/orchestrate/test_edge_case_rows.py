"""The edge cases that a serious decision engine must get right, row by row, and where each is held.

A row is the case in a few words; behind it stand the tests that say what must happen.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
DECISIONS = "orchestrate/test_edge_cases_of_decisions.py"
SENDING = "orchestrate/test_edge_cases_of_sending.py"
AT_SENDING = "deliver/test_quiet_hours_at_sending.py"
QUIET = "core/test_quiet_hours.py"
MERGED = "orchestrate/test_merged_users.py"
VERSIONS = "orchestrate/journeys/test_running_versions.py"

ROWS: dict[str, dict[str, tuple[str, ...]]] = {
    "missing trait under not equal or not in": {
        DECISIONS: ("test_missing_trait_under_not_equal_is_no_match_unless_declared",),
    },
    "empty and, empty or, empty not in list": {
        DECISIONS: ("test_empty_and_is_true_and_empty_or_and_empty_in_are_refused",),
    },
    "0 events in 7 days for users with no events at all": {
        DECISIONS: ("test_zero_events_in_seven_days_includes_users_without_any_event",),
    },
    "unknown operator, unknown audience id": {
        SENDING: (
            "test_an_unknown_operator_is_refused_and_never_read_as_false",
            "test_an_unknown_audience_id_is_refused_and_never_widens",
        ),
    },
    "type drift": {
        SENDING: ("test_type_drift_between_texts_numbers_and_truths_is_refused_not_coerced",),
    },
    "late event": {
        SENDING: (
            "test_a_late_event_leaves_the_decision_stops_the_message_and_does_not_touch_the_replay",
        ),
    },
    "out-of-order consent": {
        DECISIONS: ("test_out_of_order_consent_goes_by_when_it_took_effect",),
        SENDING: ("test_out_of_order_consent_on_a_tie_is_the_most_restrictive",),
    },
    "consent withdrawn between decide and submit, between submit and send": {
        SENDING: (
            "test_consent_withdrawn_between_decide_and_submit_is_blocked",
            "test_consent_withdrawn_between_submit_and_provider_send_stops_what_has_not_arrived",
        ),
    },
    "identity merge: arms, journeys, caps": {
        MERGED: (
            "test_two_ids_in_different_arms_keep_the_arm_of_the_one_exposed_first",
            "test_messages_to_a_former_id_count_under_the_caps_of_the_person",
        ),
        VERSIONS: ("test_of_two_running_users_who_are_one_the_older_run_stays",),
    },
    "un-merge, shared device, shared e-mail": {
        MERGED: ("test_un_merging_gives_everybody_their_own_count_back",),
        "warehouse/identity/test_cases.py": (
            "test_a_shared_device_never_fuses_two_people_and_leaves_gaps_to_nobody",
        ),
        "deliver/test_one_address.py": (
            "test_a_shared_address_gets_a_message_once_and_both_decisions_are_kept",
        ),
    },
    "gap and overlap at DST, zone abolished, renamed, half-hour, Samoa, UTC+14": {
        QUIET: (
            "test_an_end_that_the_clock_skips_is_the_first_moment_after",
            "test_an_end_that_happens_twice_is_the_first",
            "test_the_day_that_samoa_skipped_has_no_morning_to_wait_for",
            "test_no_send_in_quiet_hours_in_any_zone_in_three_years",
        ),
        AT_SENDING: (
            "test_the_look_before_sending_lets_nothing_out_in_quiet_hours_in_any_zone_in_three_years",
        ),
        SENDING: (
            "test_a_zone_abolished_renamed_half_hour_that_skipped_a_day_or_utc_plus_14_has_its_morning",
        ),
    },
    "quiet hours crossing midnight, start = end, weekday rule": {
        QUIET: (
            "test_quiet_hours_across_midnight_hold_on_both_sides_of_it_on_every_weekday",
            "test_quiet_hours_that_start_and_end_at_the_same_time_are_refused",
        ),
    },
    "user changes zone while queued": {
        AT_SENDING: (
            "test_a_user_who_changes_zone_while_the_message_is_queued_is_asked_where_they_are",
        ),
    },
    "quiet window longer than expiry, flood of the morning": {
        DECISIONS: ("test_quiet_window_longer_than_expiry_stops_with_a_reason",),
        AT_SENDING: (
            "test_a_message_that_expires_before_the_morning_ends_with_quiet_hours_as_its_reason",
            "test_what_waited_leaves_over_the_declared_spread_each_at_its_own_moment",
        ),
    },
    "cap 0 against null, lowered mid-window, two that overlap": {
        DECISIONS: (
            "test_cap_zero_blocks_all_and_null_is_no_cap",
            "test_cap_lowered_mid_window_counts_what_was_sent_before",
            "test_of_two_overlapping_caps_the_most_restrictive_wins",
        ),
    },
    "two workers in one tick, crash after the provider accepted": {
        "orchestrate/test_many_cycles.py": (
            "test_the_same_cycle_run_by_many_at_once_decides_once",
        ),
        "deliver/test_delivery.py": ("test_two_workers_never_send_one_intent_twice",),
        AT_SENDING: (
            "test_a_crash_after_the_destination_accepted_counts_as_sent_whatever_happens_since",
        ),
    },
    "retry with changed template": {
        SENDING: ("test_a_retry_with_a_changed_template_under_the_same_key_is_refused",),
    },
    "re-entry while running, re-entry after republish": {
        "orchestrate/journeys/test_entry.py": ("test_an_entry_during_a_run_is_no_second_run",),
        VERSIONS: ("test_nobody_enters_again_because_a_journey_was_published_anew",),
    },
    "users who qualified while the policy was paused": {
        SENDING: (
            "test_users_who_qualified_while_the_policy_was_paused_are_counted_before_they_are_decided_on",
        ),
        VERSIONS: ("test_those_who_qualified_during_a_pause_enter_only_if_somebody_says_so",),
    },
    "policy edited with users mid-journey": {
        VERSIONS: (
            "test_a_run_stays_with_the_version_that_it_entered",
            "test_a_migration_says_how_many_move_and_how_many_stay_before_it_is_done",
        ),
    },
    "referenced audience edited after approval": {
        "orchestrate/test_governance.py": ("test_a_changed_dependency_voids_the_approval",),
        SENDING: (
            "test_an_audience_edited_after_approval_does_not_move_a_live_rule_that_is_pinned_to_it",
        ),
    },
    "rollback to a version whose columns no longer exist": {
        "ui/test_cli_simulate.py": ("test_a_version_whose_event_is_gone_is_not_put_back",),
        "ui/test_cli_journeys.py": ("test_a_journey_whose_event_is_gone_is_not_put_back",),
    },
    "clock skew, leap second, test clock": {
        SENDING: (
            "test_a_clock_that_jumps_back_gives_nobody_more_than_they_may_have",
            "test_a_clock_that_jumps_forward_expires_what_is_too_late_and_sends_nothing_twice",
            "test_a_leap_second_is_no_moment_and_is_refused",
        ),
        "orchestrate/journeys/test_entry.py": ("test_a_clock_that_jumps_back_changes_nothing",),
        "ui/test_clock.py": ("test_the_demo_starts_at_the_end_of_its_data_and_ticks",),
    },
    "buckets at range edges": {
        DECISIONS: ("test_buckets_at_the_edges_of_a_range_are_half_open",),
    },
    "score NaN, Inf, NULL, ties": {
        DECISIONS: ("test_score_nan_inf_and_null_count_lowest_in_a_total_order",),
    },
    "population 0, or a jump against the last run": {
        "orchestrate/test_jumps.py": (
            "test_a_population_of_0_or_50_times_the_last_one_holds_the_cycle_until_an_approver_accepts_it",
        ),
    },
    "personal data in traces and prompts": {
        SENDING: ("test_personal_values_are_withheld_from_explanations",),
    },
    "time zone names that do not exist": {
        SENDING: (
            "test_a_time_zone_that_does_not_exist_is_refused_in_contact_policies_and_caps",
            "test_a_time_zone_that_does_not_exist_is_a_user_without_one",
        ),
        AT_SENDING: ("test_a_zone_that_does_not_exist_counts_as_the_fallback_at_sending",),
    },
    "an audience that references itself": {
        SENDING: ("test_an_audience_that_references_itself_stops_the_cycle_with_a_reason",),
    },
}


@cache
def _tests_of(file: str) -> frozenset[str]:
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return frozenset(one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef))


@pytest.mark.parametrize("row", ROWS)
def test_every_edge_case_has_its_tests(row: str) -> None:
    for file, names in ROWS[row].items():
        missing = {*names} - _tests_of(file)
        assert not missing, f"{file} no longer says: {', '.join(sorted(missing))}"
