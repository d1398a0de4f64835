"""What a run costs: wall time, CPU time and peak memory, measured by the small program bench_limits."""
import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import tempfile


class BenchError(Exception):
    """Something that was to be measured did not do its work."""


@dataclasses.dataclass
class Sample:
    wall: float
    user: float
    system: float
    rss_mb: float
    machine: float  # CPU seconds of the whole machine meanwhile

    @property
    def cpu(self):
        return self.user + self.system


class Clock:
    """Runs commands and reads what they cost. Their output goes to a log, of which an error shows the end."""

    def __init__(self, program, scratch):
        self.program = os.path.abspath(program)
        self.log = pathlib.Path(scratch) / "output.log"

    @property
    def program_folder(self):
        return os.path.dirname(self.program)

    def measure(self, command, cwd, env):
        """One command and all that it waits for."""
        return self._run(["measure", *command], cwd, env)

    def spawn(self, count, parallel, command, env):
        return self._run(["spawn", str(count), str(parallel), *command], "/", env)

    def create(self, pairs):
        """The files of each folder made from memory, in another folder that is not there yet."""
        return self._run(["create"], "/", {}, pairs)

    def pack(self, pairs):
        """The files of each folder read, compressed and written to one file."""
        return self._run(["pack"], "/", {}, pairs)

    def look(self, folders):
        """Everything in the folders looked at once, by as many threads as there are processors."""
        return self._run(["look"], "/", {}, [(folder, "") for folder in folders])

    def _run(self, words, cwd, env, pairs=()):
        with tempfile.NamedTemporaryFile("r", dir=self.log.parent) as result, open(self.log, "wb") as log:
            text = "".join(f"{source}\t{target}\n" for source, target in pairs).encode()
            process = subprocess.Popen([self.program, result.name, *words], cwd=cwd, env=env, stdin=subprocess.PIPE, stdout=log,
                                       stderr=log, start_new_session=True)
            try:
                process.communicate(text)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)  # what is measured must not outlive us
                raise
            figures = json.loads(result.read() or '{"status": 125}')
        status = process.returncode or figures["status"]
        if status:
            raise BenchError(f"`{' '.join(map(str, words))[:200]}` ended with {status}:\n{self.last_output()}")
        return Sample(figures["wall"], figures["user"], figures["system"], figures["rss_kb"] / 1024, figures["machine"])

    def last_output(self):
        return self.log.read_text(errors="replace")[-2000:]
