"""Settings: what was set is used, and what cannot be used is said in a sentence."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from plantops.settings import BadSetting, Settings, default_data_folder


def read(tmp_path: Path, **environ: str) -> Settings:
    return Settings.read(environ={"PLANTOPS_DATA": str(tmp_path), **environ})


def test_nothing_set_gives_the_embedded_database_and_localhost() -> None:
    settings = Settings.read(environ={})
    assert settings.database_url is None
    assert settings.smtp_url is None
    assert settings.public_url == "http://localhost:8000"
    assert settings.log_level == "info"
    assert settings.data == default_data_folder().resolve()


def test_root_keeps_its_data_out_of_its_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_data_folder() == Path("/var/lib/plantops")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert default_data_folder() != Path("/var/lib/plantops")


def test_the_command_line_goes_before_the_variable(tmp_path: Path) -> None:
    environ = {"PLANTOPS_DATA": str(tmp_path / "variable")}
    assert Settings.read(environ=environ).data == (tmp_path / "variable").resolve()
    assert Settings.read(tmp_path / "asked", environ).data == (tmp_path / "asked").resolve()


def test_an_empty_variable_counts_as_not_set(tmp_path: Path) -> None:
    settings = read(tmp_path, PLANTOPS_DATABASE_URL="", PLANTOPS_SMTP_URL=" ", PLANTOPS_LOG_LEVEL="")
    assert (settings.database_url, settings.smtp_url, settings.log_level) == (None, None, "info")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_each_way_to_write_a_database_address_uses_our_driver(tmp_path: Path, scheme: str) -> None:
    settings = read(tmp_path, PLANTOPS_DATABASE_URL=f"{scheme}://plant:geheim@db:5432/plant")
    assert settings.database_url == "postgresql+psycopg://plant:geheim@db:5432/plant"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PLANTOPS_DATABASE_URL", "sqlite:///plant.db", "must name a PostgreSQL"),
        ("PLANTOPS_DATABASE_URL", "postgresql+psycopg2://u:geheim@h/d", "must name a PostgreSQL"),
        ("PLANTOPS_DATABASE_URL", "postgresql://u:geheim@h:5432", "names no database"),
        ("PLANTOPS_DATABASE_URL", "postgresql://u:geheim@h:port/d", "cannot be read"),
        ("PLANTOPS_DATABASE_URL", "postgresql://[u:geheim/d", "cannot be read"),
        ("PLANTOPS_PUBLIC_URL", "plant.example.com", "the address people type"),
        ("PLANTOPS_PUBLIC_URL", "https://plant.example.com/?a=b", "the address people type"),
        ("PLANTOPS_SMTP_URL", "http://u:geheim@mail", "does not name a mail server"),
        ("PLANTOPS_SMTP_URL", "smtp://", "does not name a mail server"),
        ("PLANTOPS_MAIL_FROM", "plant", "must be a mail address"),
        ("PLANTOPS_LOG_LEVEL", "loud", "debug, info, warning, error"),
        ("PLANTOPS_SECRET", "short", "needs 32 or more"),
    ],
)
def test_a_bad_setting_is_named_and_no_password_is_repeated(tmp_path: Path, name: str, value: str, says: str) -> None:
    with pytest.raises(BadSetting, match=says) as refusal:
        read(tmp_path, **{name: value})
    assert name in str(refusal.value)
    assert "geheim" not in str(refusal.value)


def test_a_file_is_no_data_folder(tmp_path: Path) -> None:
    (tmp_path / "plant").write_text("")
    with pytest.raises(BadSetting, match="is a file"):
        Settings.read(tmp_path / "plant", {})


def test_printed_settings_show_no_password(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        PLANTOPS_DATABASE_URL="postgresql://u:geheim@h/d",
        PLANTOPS_SMTP_URL="smtp://u:geheim@h",
        PLANTOPS_SECRET="geheim" * 8,
    )
    assert "geheim" not in repr(settings)


def test_the_given_secret_is_used_and_no_file_made(tmp_path: Path) -> None:
    settings = read(tmp_path, PLANTOPS_SECRET="x" * 40)
    assert settings.secret() == b"x" * 40
    assert list(tmp_path.iterdir()) == []


def test_the_secret_is_made_once_for_this_user_only(tmp_path: Path) -> None:
    settings = read(tmp_path / "new" / "folder")
    with ThreadPoolExecutor(8) as pool:
        seen = set(pool.map(lambda _: settings.secret(), range(16)))
    assert len(seen) == 1
    assert len(seen.pop()) >= 32
    assert [file.name for file in settings.data.iterdir()] == ["secret"]
    assert stat.S_IMODE((settings.data / "secret").stat().st_mode) == 0o600


def test_two_plants_have_two_secrets(tmp_path: Path) -> None:
    assert read(tmp_path / "a").secret() != read(tmp_path / "b").secret()


def test_a_damaged_secret_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("")
    with pytest.raises(BadSetting, match="is damaged"):
        read(tmp_path).secret()


def test_a_secret_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    settings = read(tmp_path / "plant")
    (tmp_path / "plant").write_text("in the way")
    with pytest.raises(BadSetting, match="set PLANTOPS_SECRET"):
        settings.secret()


@pytest.mark.parametrize("token", ["short", "nineteen characters", "ein Schlüssel mit Umlaut"])
def test_a_metrics_token_that_is_easily_guessed_is_refused(tmp_path: Path, token: str) -> None:
    with pytest.raises(BadSetting, match="PLANTOPS_METRICS_TOKEN"):
        Settings.read(tmp_path, {"PLANTOPS_METRICS_TOKEN": token})


def test_a_metrics_token_is_read_and_never_shown(tmp_path: Path) -> None:
    settings = Settings.read(tmp_path, {"PLANTOPS_METRICS_TOKEN": "twenty characters or more"})
    assert settings.metrics_token == "twenty characters or more"
    assert "twenty" not in repr(settings)
