"""Settings: a flag wins over the environment, that over the file, that over the default."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import PilothouseError
from ui.environment import load_settings

pytestmark = pytest.mark.usefixtures("plain_environment")


def write(folder: Path, text: str) -> dict[str, str]:
    """A settings file; gives the flag that points at its workspace."""
    (folder / "pilothouse.toml").write_text(text)
    return {"workspace": str(folder)}


def refusal(folder: Path, text: str) -> str:
    """What a person reads when the file says this."""
    with pytest.raises(PilothouseError) as refused:
        load_settings(write(folder, text))
    assert refused.value.refusal.code == "SETTINGS_INVALID"
    return str(refused.value)


def test_nothing_set_means_a_workspace_here_without_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    settings = load_settings()

    assert settings.workspace == tmp_path / "workspace"
    assert settings.warehouse_url == f"duckdb:///{tmp_path}/workspace/warehouse.duckdb"
    assert settings.planner_in_use == "grammar"


def test_a_flag_wins_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags = write(tmp_path, "port = 1111\n")
    assert load_settings(flags).port == 1111

    monkeypatch.setenv("PILOTHOUSE_PORT", "2222")
    assert load_settings(flags).port == 2222
    assert load_settings({**flags, "port": 3333}).port == 3333
    assert load_settings({**flags, "port": None}).port == 2222


def test_the_workspace_comes_from_a_flag_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PILOTHOUSE_WORKSPACE", str(tmp_path / "one"))

    assert load_settings().workspace == tmp_path / "one"
    assert load_settings({"workspace": str(tmp_path / "two")}).workspace == tmp_path / "two"


def test_a_configured_endpoint_becomes_the_planner_unless_the_file_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:8000/v1")

    assert load_settings(write(tmp_path, "")).planner_in_use == "hybrid"
    assert load_settings(write(tmp_path, 'planner = "grammar"\n')).planner_in_use == "grammar"


def test_the_environment_completes_the_model_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "from-the-environment")

    model = load_settings(write(tmp_path, '[model]\nname = "small"\n')).model

    assert (model.name, model.api_key) == ("small", "from-the-environment")
    assert "from-the-environment" not in repr(model)


def test_an_unknown_key_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    assert "'prot'. (at: prot) Did you mean port or" in refusal(tmp_path, "prot = 1\n")
    nested = refusal(tmp_path, '[model]\nnmae = "x"\n')
    assert "'model.nmae'. (at: model.nmae) Did you mean name" in nested
    assert "Known keys: warehouse" in refusal(tmp_path, "zzz = 1\n")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('port = "many"', "port"),
        ("port = 0", "port"),
        ('planner = "oracle"', "planner"),
        ("warehouse = 5", "warehouse"),
        ("model = 3", "model"),
        ("[limits]\nrows = -1", "limits.rows"),
        ('identity = "anyone"', "identity"),
    ],
)
def test_a_wrong_value_is_named_by_the_key_that_holds_it(
    text: str, where: str, tmp_path: Path
) -> None:
    said = refusal(tmp_path, text)

    assert f"The setting '{where}' is not valid" in said
    assert "Correct it in pilothouse.toml" in said


def test_a_wrong_value_from_the_environment_names_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PILOTHOUSE_PORT", "many")

    assert "Correct it in PILOTHOUSE_PORT" in refusal(tmp_path, "")


def test_a_file_that_is_no_toml_is_refused_with_its_line(tmp_path: Path) -> None:
    assert "line 2" in refusal(tmp_path, "port = 1\nplanner = = 2\n")
    (tmp_path / "pilothouse.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(PilothouseError, match="cannot be read"):
        load_settings({"workspace": str(tmp_path)})


def test_a_workspace_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(PilothouseError, match="Not a directory"):
        load_settings({"workspace": str(tmp_path / "file")})


def test_a_destination_s_secret_comes_from_the_variable_that_it_names_and_is_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_KEY", "very-secret")
    flags = write(tmp_path, '[destinations.crm]\nkind = "mailbox"\napi_key = "env:CRM_KEY"\n')

    settings = load_settings(flags)

    assert settings.secrets["CRM_KEY"].get_secret_value() == "very-secret"
    assert settings.destinations["crm"]["api_key"] == "env:CRM_KEY"
    assert "very-secret" not in f"{settings!r} {settings.model_dump_json()}"


def test_a_service_level_is_named_by_its_key_when_it_is_wrong(tmp_path: Path) -> None:
    assert load_settings(write(tmp_path, "[slo]\nfresh_minutes = 30\n")).slo.fresh_minutes == 30
    assert "slo.send_success_share" in refusal(tmp_path, "[slo]\nsend_success_share = 95\n")
    assert "Did you mean fresh_minutes?" in refusal(tmp_path, "[slo]\nfresh_minute = 5\n")


def test_thresholds_of_guardrail_policies_are_a_table(tmp_path: Path) -> None:
    given = load_settings(write(tmp_path, "[policies]\nreach_jump = 5\n")).policies

    assert (given.reach_jump, given.overlap_share) == (5.0, 0.5)
    assert "Did you mean reach_jump" in refusal(tmp_path, "[policies]\nreach_jumps = 5\n")
    assert "policies.overlap_share" in refusal(tmp_path, "[policies]\noverlap_share = 50\n")


def test_drift_investigations_and_notifications_are_read_from_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "from the environment")
    (tmp_path / "pilothouse.toml").write_text(
        "[drift]\npause_rules = true\n[investigations]\nper_day = 0\n"
        '[notifications.email]\nhost = "smtp.example.com"\nusername = "p"\n'
        'password = "env:SMTP_PASSWORD"\nsender = "p@example.com"\n'
    )

    found = load_settings({"workspace": str(tmp_path)})

    assert (found.drift.pause_rules, found.investigations.per_day) == (True, 0)
    assert found.secrets["SMTP_PASSWORD"].get_secret_value() == "from the environment"
    assert "from the environment" not in repr(found)
