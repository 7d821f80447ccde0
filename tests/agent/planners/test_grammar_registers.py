"""One rule in many registers: pseudo-code, lists, law, user stories, asides, small talk."""

from __future__ import annotations

import pytest

from tests.agent.planners.said import plan, rule, same


@pytest.mark.parametrize(
    ("domain", "prompt", "plainly"),
    [
        ("workout_app", "platform = Android AND country in (India, Brazil) AND pricing views >= 1",
         "Users on Android, in India or Brazil, with at least 1 pricing view"),
        ("workout_app", "workouts completed in last 14 days = 0 AND country = Canada",
         "Users with no workout completed in the last 14 days, in Canada"),
        ("shop", "count(order_placed, 30d) >= 2 and tier != 'gold'",
         "Customers who ordered at least 2 times in the last 30 days and are not gold"),
        ("shop", "days since last order > 60 && newsletter = true",
         "Customers whose last order was more than 60 days ago and who get the newsletter"),
        ("streaming", "binge watchers, web or tv, marketing opt-in true, exclude Japan",
         "Bingers on web or TV who opted in, excluding Japan"),
        ("workout_app", "Users who viewed pricing >= 2 in the last 14 days",
         "Users who viewed pricing at least 2 times in the last 14 days"),
    ],
)  # fmt: skip
def test_pseudo_code_is_read_as_the_sentence_it_stands_for(domain: str, prompt: str, plainly: str):
    same(domain, prompt, plainly)


@pytest.mark.parametrize(
    ("domain", "prompt", "plainly"),
    [
        ("workout_app", "The audience shall comprise users in Germany who have no open ticket.",
         "Users in Germany who have no open ticket"),
        ("shop", "Any customer shall be deemed eligible if the customer has placed not less than "
                 "four orders.", "Customers who have placed at least four orders"),
        ("workout_app", "Users shall be eligible provided that (i) they saved a workout ever and "
                        "(ii) they have granted marketing consent by email.",
         "Users who saved a workout ever and who consented to email"),
        ("shop", "Eligible customers are those whose return rate does not exceed 20%.",
         "Eligible customers are those whose return rate is not above 20%."),
        ("projects", "A user qualifies when he or she has created a task this week.",
         "Users who have created a task this week"),
        ("streaming", "Anyone who rated a title ever, irrespective of when they joined.",
         "Anyone who rated a title ever"),
    ],
)  # fmt: skip
def test_the_words_of_law_say_who_is_meant(domain: str, prompt: str, plainly: str):
    same(domain, prompt, plainly)


@pytest.mark.parametrize(
    ("domain", "prompt", "plainly"),
    [
        ("workout_app", "As a CRM manager I want to reach people in Canada.", "People in Canada"),
        ("projects", "finance wants: everyone with an open billing ticket",
         "Everyone with an open billing ticket"),
        ("workout_app", "My segment: users who viewed pricing this week.",
         "Users who viewed pricing this week"),
        ("workout_app", "Start with everyone who started checkout ever. Drop Android as well. "
                        "That's it, thanks.",
         "Everyone who started checkout ever, excluding Android"),
        ("shop", "Did they open a newsletter this week? And did they use the search this week? "
                 "Then I want them.",
         "Customers who opened a newsletter this week and used the search this week"),
        ("workout_app", "If they saved a workout this week, I want them on the list, except when "
                        "they live in the UK.",
         "Users who saved a workout this week, excluding those who live in the UK"),
        ("projects", "Tell me who hit the seat limit more than once this month",
         "Users who hit the seat limit more than once this month"),
        ("shop", "Would it be possible to extract the Austrian and Swiss customers?",
         "Customers in Austria or Switzerland"),
    ],
)  # fmt: skip
def test_what_a_prompt_begins_with_only_asks(domain: str, prompt: str, plainly: str):
    same(domain, prompt, plainly)


@pytest.mark.parametrize(
    ("domain", "prompt", "remark"),
    [
        ("workout_app", "Trial users who saved a workout ever (legal is watching this one)",
         "legal is watching this one"),
        ("workout_app", "Users in Canada. These are the ones slipping away from us.",
         "These are the ones slipping away from us"),
        ("shop", "Gold customers - weird, right? I'd love to see them", "weird, right"),
        ("projects", "Users in Germany. What happened to these people?!",
         "What happened to these people"),
    ],
)  # fmt: skip
def test_a_remark_limits_nobody_and_is_told(domain: str, prompt: str, remark: str):
    drafted = rule(domain, prompt)

    assert any(remark in one and "remark" in one for one in drafted.assumptions)


@pytest.mark.parametrize(
    ("domain", "prompt"),
    [
        ("workout_app", "Users in Canada. They are wealthy."),
        ("workout_app", "Users in Canada (in the north)."),
        ("workout_app", "Users in Canada. We only want the rich."),
        ("shop", "Gold customers (the loyal)."),
        ("shop", "Customers in Poland. These are people who love skiing."),
        ("projects", "Members only, not guests."),
        ("shop", "Customers who rented something and have not watched it."),
        ("shop", "Customers who paid by invoice"),
        ("workout_app", "Users in Canada - students, I think"),
    ],
)
def test_what_may_limit_is_no_remark(domain: str, prompt: str):
    assert plan(domain, prompt).draft is None


@pytest.mark.parametrize(
    ("domain", "prompt", "plainly"),
    [
        ("streaming", "Viewers with no title finished in the last 14 days",
         "Viewers who finished no title in the last 14 days"),
        ("workout_app", "minimum one workout started this week, onboarding not completed",
         "Users who started at least one workout this week and did not complete onboarding"),
        ("workout_app", "Eight or more workouts completed last month, fewer than three completed "
                        "this month.",
         "Users who completed 8 or more workouts last month and completed fewer than 3 workouts "
         "this month"),
        ("shop", "Ordered at least twice in May and not at all in June.",
         "Ordered at least twice in May, none in June."),
        ("workout_app", "Users who never managed to subscribe", "Users who never subscribed"),
        ("streaming", "Two or more titles watched last week but nothing watched this week. Just "
                      "Japan and the US.",
         "Viewers who watched two or more titles last week but watched nothing this week, in Japan "
         "or the US"),
        ("workout_app", "Users who did at least 2 yoga workouts and at least 2 cardio workouts "
                        "this month",
         "Users who did at least 2 yoga workouts this month and at least 2 cardio workouts this "
         "month"),
    ],
)  # fmt: skip
def test_what_was_done_may_stand_before_its_verb(domain: str, prompt: str, plainly: str):
    same(domain, prompt, plainly)


@pytest.mark.parametrize(
    ("domain", "prompt", "plainly"),
    [
        ("streaming", "Everyone with 3 profiles or more, TV viewers excepted.",
         "Everyone with 3 profiles or more, excluding TV viewers"),
        ("shop", "Customers with an open payment case, as well as people with 2 orders.",
         "Customers with an open payment case, or people with 2 orders"),
        ("shop", "Customers whose device is anything but desktop", "Customers not on desktop"),
        ("streaming", "Viewers in Spain, or else in Sweden", "Viewers in Spain, or in Sweden"),
        ("workout_app", "At least one pricing view but no plan comparison, both in the last 9 days",
         "At least one pricing view in the last 9 days but no plan comparison in the last 9 days"),
        ("shop", "Target: lapsed customers. Must have: store credit > 0. Must not have: open "
                 "support case.",
         "Lapsed customers with store credit above 0, excluding anyone with an open support case"),
        ("streaming", "Viewers who joined less than a year (365 days) ago",
         "Viewers who joined less than 365 days ago"),
        ("streaming", "Drama fans who rated a title ever",
         "Users who prefer drama who rated a title ever"),
    ],
)  # fmt: skip
def test_turns_of_phrase_say_a_plain_thing(domain: str, prompt: str, plainly: str):
    same(domain, prompt, plainly)


def test_channels_may_follow_the_message_or_stand_alone():
    after = rule("streaming", "New release alert, push and in-app, to viewers in Spain.")
    alone = rule("shop", "Gold customers in Austria. Push.")

    assert after.action is not None
    assert after.action.channels == ("push", "in_app")
    assert alone.action is not None
    assert alone.action.channels == ("push",)


@pytest.mark.parametrize(
    ("domain", "prompt", "plainly"),
    [
        ("shop", "Please find me the buyers who added to the wishlist 3 times or more, and in the "
                 "last 90 days they did not order.",
         "Buyers who added to the wishlist 3 times or more and did not order in the last 90 days"),
        ("shop", "Customers who viewed 3 products, but since 1 June they did not order",
         "Customers who viewed 3 products but did not order since 1 June"),
        ("shop", "Customers who in the last 30 days opened a support case",
         "Customers who opened a support case in the last 30 days"),
        ("shop", "In the last 90 days, customers who either viewed a product or added to the "
                 "wishlist",
         "Customers who viewed a product in the last 90 days or added to the wishlist in the last "
         "90 days"),
        ("shop", "Customers who either in the last 30 days viewed a product or added to the "
                 "wishlist",
         "Customers who viewed a product in the last 30 days or added to the wishlist in the last "
         "30 days"),
        ("workout_app", "Users who completed 3 workouts, and in the past month they have not "
                        "opened the app",
         "Users who completed 3 workouts and have not opened the app in the past month"),
        ("workout_app", "Users who completed 3 workouts, and this month they viewed pricing",
         "Users who completed 3 workouts and who viewed pricing this month"),
        ("workout_app", "Users on iOS, and in the last 30 days they got 2 emails",
         "Users on iOS who got 2 emails in the last 30 days"),
    ],
)  # fmt: skip
def test_a_period_before_its_predicate_holds_for_it(domain: str, prompt: str, plainly: str):
    same(domain, prompt, plainly)


@pytest.mark.parametrize(
    ("domain", "prompt"),
    [
        ("shop", "Customers who in the last 30 days are gold"),
        ("shop", "In the last 30 days, customers who are gold"),
        ("workout_app", "Users who completed 3 workouts, and since 1 June they have no open "
                        "ticket"),
    ],
)  # fmt: skip
def test_a_period_that_no_condition_takes_is_asked_back(domain: str, prompt: str):
    said = plan(domain, prompt)

    assert said.draft is None
    assert any("What happened" in question for question in said.questions)


@pytest.mark.parametrize(
    ("prompt", "plainly"),
    [
        ("Create an eligibility rule that emails users who completed 3 workouts an upgrade nudge.",
         "Email users who completed 3 workouts an upgrade nudge."),
        ("Set up a rule which pushes people who completed 3 workouts the win-back",
         "Push users who completed 3 workouts the win-back"),
        ("Create a rule to email users who completed 3 workouts an upgrade nudge",
         "Email users who completed 3 workouts an upgrade nudge."),
        ("We need a rule that will push trial users who viewed pricing an upgrade nudge",
         "Push trial users who viewed pricing an upgrade nudge"),
        ("Write me a rule emailing users who viewed pricing the upgrade nudge.",
         "Email users who viewed pricing the upgrade nudge."),
        ("Create a rule that does not email users who viewed pricing",
         "Everyone, excluding users who viewed pricing"),
    ],
)  # fmt: skip
def test_a_rule_that_emails_people_sends_by_email(prompt: str, plainly: str):
    one, other = rule("workout_app", prompt), rule("workout_app", plainly)

    assert (one.population, one.condition) == (other.population, other.condition)
    assert one.action == other.action


def test_emails_that_people_got_are_messages_they_received():
    same("workout_app", "An audience that got 2 emails", "Users who received 2 emails")


@pytest.mark.parametrize(
    ("prompt", "plainly"),
    [
        ("Users with between 5 and 15 completed workouts (inclusive) in the last 30 days",
         "Users with between 5 and 15 completed workouts in the last 30 days"),
        ("Users who completed between 5 and 15 workouts, both inclusive, in the last 30 days",
         "Users with between 5 and 15 completed workouts in the last 30 days"),
        ("iOS users w churn risk over 0.6", "iOS users with churn risk over 0.6"),
        ("iOS users w/ churn risk over 0.6", "iOS users with churn risk over 0.6"),
        ("Users who completed 3 workouts. Any user with an unresolved support ticket is excluded.",
         "Users who completed 3 workouts, excluding anyone with an unresolved support ticket"),
        ("Users who completed 3 workouts. Users with an open ticket are to be left out, please.",
         "Users who completed 3 workouts, excluding anyone with an open ticket"),
        ("Users who completed 3 workouts, but trial users are excluded.",
         "Users who completed 3 workouts, excluding trial users"),
    ],
)  # fmt: skip
def test_bounds_and_people_left_out_are_told_in_passing(prompt: str, plainly: str):
    same("workout_app", prompt, plainly)


@pytest.mark.parametrize(
    "prompt",
    [
        "Users who completed between 5 and 15 workouts (exclusive) in the last 30 days",
        "Users who completed 3 workouts. No trial users are excluded.",
    ],
)
def test_open_bounds_and_nobody_left_out_are_not_guessed(prompt: str):
    assert plan("workout_app", prompt).draft is None
