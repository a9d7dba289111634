"""The command ``introghost``, served by forks of one process that has imported everything.

A small workflow is some thirty jobs, and a job of it is nearly all imports. What a job computes, reads and writes is
that of the command itself.
"""

import contextlib
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

SOCKET = "INTROGHOST_FORKS"
# What stands as `introghost` on PATH: hands its streams, folder, environment and words over, and exits as it is told.
CLIENT = f"""#!{sys.executable} -IS
import json, os, socket, sys
server = socket.socket(socket.AF_UNIX)
server.connect(os.environ["{SOCKET}"])
socket.send_fds(server, [b"."], [0, 1, 2])
server.sendall(json.dumps([sys.argv, os.getcwd(), dict(os.environ)]).encode())
server.shutdown(socket.SHUT_WR)
code = server.recv(1)
sys.exit(code[0] if code else 70)
"""


@contextlib.contextmanager
def served(folder: Path) -> Iterator[dict[str, str]]:
    """Serve until the end of the block.

    Parameters
    ----------
    folder : Path
        Empty; its path is short enough for a socket.

    Yields
    ------
    dict of str to str
        The environment in which ``introghost`` is served so.
    """
    client = folder / "introghost"
    client.write_text(CLIENT, encoding="utf-8")
    client.chmod(0o755)
    path = os.pathsep.join((str(folder), str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = {**os.environ, "PATH": path, "OMP_NUM_THREADS": "1", SOCKET: str(folder / "socket")}
    command = [sys.executable, __file__, str(folder / "socket")]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            assert server.stdout.readline() == "ready\n"
            yield environment
        finally:
            server.terminate()


def _serve(path: str) -> None:
    cli = importlib.import_module("introghost.cli")
    for package in (cli, importlib.import_module("introghost.inference"), importlib.import_module("introghost.report")):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the forks
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen(16)
        print("ready", flush=True)
        while True:
            client, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                _answer(client)
            client.close()


def _answer(client: socket.socket) -> None:
    """Run one command in this fork and tell its exit code."""
    _, streams, _, _ = socket.recv_fds(client, 1, 3)
    arguments, folder, environment = json.loads(b"".join(iter(lambda: client.recv(1 << 16), b"")))
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = arguments
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    code = 70
    try:
        importlib.import_module("introghost.cli").main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    client.sendall(bytes([code]))
    os._exit(0)


if __name__ == "__main__":
    _serve(sys.argv[1])
