"""The section ``[api.dashboard]``."""

from pathlib import Path

import pytest

from microdns.config import ConfigError
from microdns.lifecycle.configure import assemble_plugins
from microdns_dashboard.config import DashboardConfig
from microdns_dashboard.plugin import DashboardPlugin
from microdns_rest.plugin import RestPlugin


def config_of(text: str, folder: Path) -> DashboardConfig:
    plugins = [RestPlugin(), DashboardPlugin()]
    config = assemble_plugins(plugins, f"[api.dashboard]\n{text}", folder).configs["dashboard"]
    assert isinstance(config, DashboardConfig)
    return config


def test_is_off_and_lets_stay_for_half_a_day(tmp_path: Path) -> None:
    assert config_of("", tmp_path) == DashboardConfig(enabled=False, session_hours=12)


@pytest.mark.parametrize("hours", ["0", "-1", "8761", '"long"'])
def test_refuses_sessions_without_an_end(hours: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="session_hours"):
        config_of(f"session_hours = {hours}", tmp_path)
