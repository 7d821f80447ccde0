"""The rulebook as files: what is written can be read back, and nothing is guessed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control.versions import Versioned
from core.conditions import Condition, EventCount, Op
from core.errors import PilothouseError
from core.rules import EligibilityRule
from tests.core.proposals import LOOKED, entry, policy
from tests.core.strategies import LEAVES, trees
from ui import rulebook_files, rulebook_yaml

TEXTS = st.text(max_size=12) | st.sampled_from(
    ["NO", "on", "22:00", "1e3", "0x1f", "012", "1_000", "~", "null", "2026-01-01", "<<", "a\nb\n"]
)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(TEXTS, inside, max_size=3),
    max_leaves=8,
)  # fmt: skip
RULE = EligibilityRule(
    key="upgrade_nudge",
    name="Upgrade nudge",
    condition=EventCount(event="workout_completed", op=Op.GE, n=3),
)


def _version(artifact: Any = RULE, number: int = 2) -> Versioned[Any]:
    return Versioned(
        key=artifact.key,
        version=number,
        kind=artifact.kind,
        artifact=artifact,
        content_hash="0" * 64,
        change_request_id="CR-7",
        state="live",
        published_at=datetime(2026, 6, 29, 12),
        published_by="pavel@demo",
    )


class TestText:
    @given(st.dictionaries(TEXTS, DOCUMENTS, max_size=4))
    def test_that_was_written_reads_as_what_it_was(self, document: dict[str, Any]) -> None:
        assert rulebook_yaml.read(rulebook_yaml.written(document)) == document

    @given(trees(LEAVES))
    def test_of_a_rule_leaves_out_what_is_open_and_loses_nothing(
        self, condition: Condition
    ) -> None:
        rule = RULE.model_copy(update={"condition": condition})

        document = rulebook_yaml.read(rulebook_yaml.written(rulebook_yaml.short(rule)))

        assert EligibilityRule.model_validate(document) == rule

    def test_is_not_guessed_at(self) -> None:
        text = "country: NO\nstart: 22:00\nday: 2026-01-01\nlisted: [yes, off, 012, 1e3]\n"

        assert rulebook_yaml.read(text) == {
            "country": "NO",
            "start": "22:00",
            "day": "2026-01-01",
            "listed": ["yes", "off", "012", "1e3"],
        }

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("n: 3\nop: ge\nn: 300\n", "line 3: 'n' stands there twice"),
            ("a: &x {n: 3}\nb: *x\n", "line 2: anchors are not read"),
            ("a: !!python/object/apply:os.system [id]\n", "line 1: could not determine"),
            ("a: [1, 2\n", "line 2: expected"),
            ("[" * 3_000, "recursion"),
        ],
        ids=["twice", "anchors", "code", "open", "deep"],
    )
    def test_that_two_readers_could_take_for_two_things_is_refused(
        self, text: str, why: str
    ) -> None:
        with pytest.raises(rulebook_yaml.Unreadable, match=why):
            rulebook_yaml.read(text)


class TestFolder:
    def test_of_the_same_versions_has_the_same_bytes(self, tmp_path: Path) -> None:
        versions = [_version(), _version(policy(entry("nudge", 1, LOOKED)), 1)]

        first = rulebook_files.write(tmp_path / "a", versions)
        rulebook_files.write(tmp_path / "b", versions)
        rulebook_files.write(tmp_path / "b", versions)

        names = [file.relative_to(tmp_path / "a") for file in first.files]
        assert [str(one) for one in names] == [
            "rules/upgrade_nudge.yaml",
            "policies/next_best.yaml",
        ]
        for name in names:
            assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()

    def test_reads_as_what_is_in_force_and_says_from_which_version(self, tmp_path: Path) -> None:
        rulebook_files.write(tmp_path, [_version()])

        found, refused = rulebook_files.read([tmp_path])

        assert refused == {}
        assert [(one.artifact, str(one.based_on)) for one in found] == [(RULE, "2@000000000000")]

    def test_loses_what_is_no_longer_in_force_and_keeps_what_a_person_wrote(
        self, tmp_path: Path
    ) -> None:
        rulebook_files.write(tmp_path, [_version()])
        own = tmp_path / "rules" / "idea.yaml"
        own.write_text("kind: eligibility_rule\n")

        written = rulebook_files.write(tmp_path, [])

        assert [file.name for file in written.removed] == ["upgrade_nudge.yaml"]
        assert own.exists()

    def test_that_cannot_be_written_is_refused_with_its_name(self, tmp_path: Path) -> None:
        (tmp_path / "rules").write_text("a file where a folder should be")

        with pytest.raises(PilothouseError, match="cannot be written"):
            rulebook_files.write(tmp_path, [_version()])

    def test_with_two_files_of_one_key_refuses_the_second(self, tmp_path: Path) -> None:
        rulebook_files.write(tmp_path, [_version()])
        text = (tmp_path / "rules" / "upgrade_nudge.yaml").read_text()
        (tmp_path / "rules" / "zz.yaml").write_text(text)

        found, refused = rulebook_files.read([tmp_path])

        assert [one.file.name for one in found] == ["upgrade_nudge.yaml"]
        assert [(file.name, "has the key" in one.message) for file, one in refused.items()] == [
            ("zz.yaml", True)
        ]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("rule.yaml", b"kind: eligibility_rule\nkey: x\n", "eligibility_rule.name: Field required"),
        ("rule.yaml", b"kind: trait_models\nkey: trait_models\n", "trait_models"),
        ("rule.yaml", b"- 1\n", "holds no names"),
        ("rule.yaml", b"based_on: three\nkind: eligibility_rule\n", "is no version"),
        ("rule.yaml", b"\xff\xfe", "UTF-8"),
        ("rule.json", b"{", "cannot be read"),
        ("rule.yaml", b"#" * 1_000_001, "more than 1,000,000 bytes"),
        ("rule.yaml", None, "No such file"),
    ],
    ids=["lacks", "kind", "list", "based_on", "bytes", "json", "large", "gone"],
)
def test_a_file_that_is_no_rule_is_refused_with_what_is_wrong(
    tmp_path: Path, name: str, content: bytes | None, why: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)

    with pytest.raises(PilothouseError, match=why) as raised:
        rulebook_files.read_file(tmp_path / name)

    assert raised.value.refusal.message.startswith(name)
