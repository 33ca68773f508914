"""The command as users meet it: real processes, a toy plugin, exit codes and messages."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from microdns.lifecycle.kernel import STOP_SECONDS
from microdns.lifecycle.stopping import GRACE_SECONDS, REPEAT_SECONDS
from microdns.testing.site import add_plugin

from ..toysite import NOTES

READY_SECONDS_MAX = 60.0
END_SECONDS_MAX = 60.0

OTHER_TIMES = """
import functools, signal
from microdns.cli.main import main
from microdns.lifecycle import app, kernel, stopping

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # ignored where the tests run under nohup(1)
kernel.STOP_SECONDS = {stop}
stopping.REPEAT_SECONDS = {repeat}
app.StopSignals = functools.partial(stopping.StopSignals, grace_seconds={grace})
main()
"""
"""The command with other times than those of the product."""


class Box:
    """A folder with a config, a toy plugin on the path, and the command to run there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "microdns.toml"
        self.config.write_text(
            '[instance]\nid = "box"\n[database]\npath = "db"\n[notes]\nenabled = true\n'
        )
        self.servers: list[subprocess.Popen[bytes]] = []
        self.site = folder / "site"
        add_plugin(self.site, "notes", NOTES)
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(self.site),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "MICRODNS_CONFIG": str(self.config),
        }

    def run(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; fails the test when it ends with another exit code."""
        done = subprocess.run(
            [sys.executable, "-m", "microdns", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, f"{arguments}: {done.stdout}\n{done.stderr}"
        return done

    def start(
        self,
        *arguments: str,
        stop: float = STOP_SECONDS,
        grace: float = GRACE_SECONDS,
        repeat: float = REPEAT_SECONDS,
    ) -> subprocess.Popen[bytes]:
        """Start the server and wait until commands reach it."""
        program = OTHER_TIMES.format(stop=stop, grace=grace, repeat=repeat)
        with (self.folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [sys.executable, "-c", program, "run", *arguments],
                env=self.environment,
                stderr=log,
            )
        self.servers.append(server)
        self.wait_for('"kernel.ready"', server)
        return server

    def wait_for(self, event: str, server: subprocess.Popen[bytes]) -> None:
        """Return when the server has logged that."""
        deadline = time.monotonic() + READY_SECONDS_MAX
        while event not in self.log():
            assert server.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)

    def end(self) -> None:
        """End what a test that failed has left running."""
        for server in self.servers:
            server.kill()
            server.wait()

    def log(self) -> str:
        return (self.folder / "log").read_text()


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Box:
    return Box(tmp_path_factory.mktemp("box"))


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Box]:
    """A box for a server of the test's own."""
    own = Box(tmp_path)
    yield own
    own.end()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """One server for all tests that only talk to it."""
    served = Box(tmp_path_factory.mktemp("served"))
    try:
        server = served.start()
        yield served
        server.send_signal(signal.SIGTERM)
        assert server.wait(END_SECONDS_MAX) == 0, served.log()
    finally:
        served.end()


def test_status_tells_what_runs(served: Box) -> None:
    text = served.run("status").stdout
    assert "box (standalone) is ready" in text
    assert "notes  running" in text
    facts = json.loads(served.run("status", "--json").stdout)
    assert facts["plugins"][0]["version"] == "1.0"


def test_an_operation_is_a_command_and_a_list_a_table(served: Box) -> None:
    served.run("note", "take", "milk", "--text", "two litres")
    assert served.run("note", "list").stdout == "NAME  TEXT\nmilk  two litres\n"


def test_errors_have_their_exit_code_and_say_why(served: Box) -> None:
    served.run("note", "take", "twice")
    again = served.run("note", "take", "twice", code=4)
    assert again.stderr.startswith("error: ")
    wrong = json.loads(served.run("--json", "note", "take", "twice", code=4).stderr)
    assert wrong["error"]["code"] == "conflict"


def test_a_dry_run_stores_nothing(served: Box) -> None:
    served.run("note", "take", "dry", "--dry-run")
    assert "dry" not in served.run("note", "list").stdout


def test_a_defect_shows_an_id_that_the_log_explains(served: Box) -> None:
    told = served.run("note", "break", code=1).stderr
    identifier = told.rpartition("id ")[2].strip().rstrip(")")
    assert "secret" not in told
    found = served.run("logs", "--text", identifier).stdout
    assert "operation.defect" in found


def test_the_journal_names_the_actor(served: Box) -> None:
    served.run("note", "take", "journaled")
    lines = served.run("journal", "--newest").stdout.splitlines()
    assert f"uid:{os.getuid()}" in lines[-1]
    assert "notes.taken" in lines[-1]


def test_a_second_process_is_told_who_has_the_database(served: Box) -> None:
    told = served.run("run", code=7).stderr
    assert "in use" in told
    assert str(served.folder / "db") in told


def test_a_backup_is_made_while_it_runs_and_restored_elsewhere(served: Box) -> None:
    served.run("note", "take", "kept")
    copy = served.folder / "copy"
    served.run("backup", str(copy))
    assert "exists" in served.run("backup", str(copy), code=4).stderr
    elsewhere = ("--set", f"database.path={served.folder}/restored")
    served.run("restore", str(copy), *elsewhere)
    assert "kept" in served.run("note", "list", *elsewhere).stdout
    assert "notes.taken" in served.run("journal", *elsewhere).stdout
    served.run("restore", str(copy), *elsewhere, code=4)


def test_an_export_fills_an_empty_database_only(served: Box) -> None:
    served.run("note", "take", "exported")
    lines = served.folder / "all.jsonl"
    served.run("export", str(lines))
    assert "exported" in lines.read_text()
    elsewhere = ("--set", f"database.path={served.folder}/imported")
    served.run("import", str(lines), *elsewhere)
    assert "exported" in served.run("note", "list", *elsewhere).stdout
    served.run("import", str(lines), *elsewhere, code=4)
    served.run("import", str(lines), code=4)


def test_a_damaged_export_changes_nothing(served: Box) -> None:
    broken = served.folder / "broken.jsonl"
    broken.write_text('{"microdns_export": 1}\nnonsense\n')
    elsewhere = ("--set", f"database.path={served.folder}/never")
    told = served.run("import", str(broken), *elsewhere, code=5).stderr
    assert "broken.jsonl" in told
    assert not (served.folder / "never").exists()


def test_a_plugin_is_stopped_and_started_by_command(served: Box) -> None:
    served.run("plugins", "stop", "notes")
    assert "note.list" in served.run("note", "list", code=3).stderr
    served.run("plugins", "start", "notes")
    served.run("note", "list")


def test_the_config_is_found_before_and_after_the_command(served: Box) -> None:
    environment = dict(served.environment)
    del environment["MICRODNS_CONFIG"]
    for arguments in (("-c", str(served.config), "status"), ("status", "-c", str(served.config))):
        done = subprocess.run(
            [sys.executable, "-m", "microdns", *arguments],
            env=environment,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def test_with_no_process_offline_work_is_done_here_and_other_work_refused(box: Box) -> None:
    box.run("note", "take", "offline")
    assert "offline" in box.run("note", "list").stdout
    assert "no microdns process" in box.run("status", code=7).stderr


def test_check_reports_every_mistake_with_its_line(box: Box) -> None:
    bad = box.folder / "bad.toml"
    bad.write_text('[instance]\nid = 7\n\n[notes]\nenabled = "yes"\nslow = 1\n\n[nites]\nx = 1\n')
    told = box.run("check", "-c", str(bad), code=2).stderr
    assert f"{bad}:2: instance.id" in told
    assert f"{bad}:5: notes.enabled" in told
    assert f"{bad}:6: notes.slow" in told
    assert f"{bad}:8: nites" in told
    assert "good; runs notes" in box.run("check").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "--plugins", "nowhere"), "pip install microdns-nowhere"),
        (("run", "-c", "/nonexistent/microdns.toml"), "/nonexistent/microdns.toml"),
        (("run", "--set", "notes.enabled=false"), "enables no plugin"),
        (("run", "--set", "notes"), "write --set"),
        (("note",), "take"),
        (("note", "take"), "Missing argument 'NAME'"),
        (("nothing",), "No such command"),
        (("status", "--nonsense"), "No such option"),
    ],
)
def test_a_wrong_command_line_is_one_clear_message(
    box: Box, arguments: tuple[str, ...], message: str
) -> None:
    done = box.run(*arguments, code=2)
    assert message in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_the_kernel_stops_by_itself_before_it_is_ended() -> None:
    assert STOP_SECONDS < GRACE_SECONDS <= 10


def test_a_plugin_that_hangs_at_stop_does_not_hold_the_process(own: Box) -> None:
    server = own.start("--set", "notes.slow_stop=true", stop=1.0, grace=60.0)
    server.send_signal(signal.SIGINT)
    assert server.wait(END_SECONDS_MAX) == 0
    assert "plugin.slow_stop" in own.log()


def test_a_plugin_that_blocks_the_process_does_not_keep_it(own: Box) -> None:
    server = own.start("--set", "notes.blocking_stop=true", grace=1.0)
    own.run("note", "take", "acknowledged")
    server.send_signal(signal.SIGTERM)
    assert server.wait(END_SECONDS_MAX) == 1
    assert "kernel.blocked" in own.log()
    assert "acknowledged" in own.run("note", "list").stdout


def test_a_second_signal_ends_it_at_once(own: Box) -> None:
    server = own.start("--set", "notes.slow_stop=true", stop=60.0, grace=60.0)
    server.send_signal(signal.SIGINT)
    own.wait_for("kernel.stopping", server)
    time.sleep(REPEAT_SECONDS)
    server.send_signal(signal.SIGINT)
    assert server.wait(END_SECONDS_MAX) == 130


def test_a_signal_that_comes_doubled_is_one_request(own: Box) -> None:
    server = own.start(repeat=60.0)
    for _ in range(20):  # as timeout(1) does, which signals its child and then its group
        server.send_signal(signal.SIGTERM)
        time.sleep(0.005)
    assert server.wait(END_SECONDS_MAX) == 0
    assert "kernel.stopped" in own.log()


def test_a_hangup_without_a_terminal_is_answered_in_the_log_and_stops_nothing(own: Box) -> None:
    server = own.start()
    server.send_signal(signal.SIGHUP)
    own.wait_for("kernel.hangup", server)
    own.run("health")
    assert "kernel.hangup" in own.run("logs", "--event", "kernel.hangup").stdout
    server.send_signal(signal.SIGTERM)
    assert server.wait(END_SECONDS_MAX) == 0


def test_closed_standard_streams_are_no_obstacle_and_no_database_file(own: Box) -> None:
    server = subprocess.Popen(
        ["/bin/sh", "-c", 'exec "$0" -m microdns run <&- >&- 2>&-', sys.executable],
        env=own.environment,
    )
    own.servers.append(server)
    deadline = time.monotonic() + READY_SECONDS_MAX
    while not (own.folder / "db.sock").exists():
        assert server.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    for descriptor in ("0", "1", "2"):
        assert os.readlink(f"/proc/{server.pid}/fd/{descriptor}") == os.devnull
    server.send_signal(signal.SIGTERM)
    assert server.wait(END_SECONDS_MAX) == 0


def test_completion_scripts_are_printed(box: Box) -> None:
    for shell in ("bash", "zsh", "fish"):
        assert "_MICRODNS_COMPLETE" in box.run("completion", shell).stdout
