"""Write the Python modules of ``microdns.proto`` anew: ``make proto``.

betterproto2's compiler makes them; they are committed, so that users need no compiler, and a test
makes them once more and compares.  The folder given (by default the plugin's) is replaced.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROTO = Path(__file__).resolve().parent
TARGET = PROTO.parent / "plugins/grpc/src/microdns_grpc/generated"
OPTIONS = "client_generation=async,server_generation=async,google_protobuf_descriptors"
NOTICE = '"""Made from proto/ by `make proto`; not to be edited."""\n\n'


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "generated"
        made.mkdir()
        generate(made)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(made, target)


def generate(target: Path) -> None:
    """Fill an empty folder, which becomes a package; raises SystemExit when protoc refuses."""
    programs = Path(sys.executable).parent  # protoc finds its plugin there, and that finds ruff
    command = [
        *(sys.executable, "-m", "grpc_tools.protoc", f"--proto_path={PROTO}"),
        f"--python_betterproto2_out={target}",
        f"--python_betterproto2_opt={OPTIONS}",
        *sorted(map(str, PROTO.glob("*.proto"))),
    ]
    path = os.pathsep.join([str(programs), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path}
    done = subprocess.run(  # noqa: S603  (our own command)
        command, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(done.stdout + done.stderr)
    (target / "py.typed").unlink(missing_ok=True)  # the plugin's own says it for all of it
    for file in target.rglob("*.py"):
        file.write_text(NOTICE + file.read_text())


if __name__ == "__main__":
    main()
