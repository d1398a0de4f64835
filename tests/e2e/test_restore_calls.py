"""What a restore asks of the kernel, counted with strace: nothing for what is in place, little for the rest."""
import collections
import re
import subprocess
import time

from harness import BINARY, StillageTest

PACKAGES, FILES = 4, 50
CALL = re.compile(r"^(\w+)\((.*)\) = (-?\d+)")
NAME = re.compile(r'"((?:[^"\\]|\\.)*)"')


class RestoreCalls(StillageTest):
    def setUp(self):
        super().setUp()
        self.repo_ = repo = self.repo()
        for name in "abcd"[:PACKAGES]:
            repo.package(name, {"build": "rm -rf dist && cp -R made dist"})
            for number in range(FILES):
                repo.write(f"packages/{name}/made/{number % 5}/{number}.js", f"{name} {number}\n")
        repo.npm_root()
        # What is copied is no input: a run asks for the stat of those, by names that outputs have, too.
        repo.write(".gitignore", "dist\nmade\n")
        repo.write("stillage.config.json", {"pipeline": {"build": {"outputs": ["dist/**"]}}})
        repo.commit()
        self.settle()

    def settle(self):
        """Builds, and lets the outputs grow old enough for their times to tell."""
        self.repo_.run("build")
        time.sleep(0.1)
        self.repo_.run("build")

    def calls(self, names):
        """The calls of a run that succeeded, each as its name, the names in it, and its text."""
        traces = self.repo_.base / "traces"
        traces.mkdir()
        # A file for each thread: no call is cut in two by that of another one.
        strace = ["strace", "-ff", "-qq", "-s", "4096", "-e", f"trace={names}", "-o", traces / "of"]
        done = subprocess.run([*strace, BINARY, "run", "build"],
                              cwd=self.repo_.root, env=self.repo_.env, stdin=subprocess.DEVNULL, capture_output=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        found = []
        for line in "\n".join(trace.read_text(errors="replace") for trace in traces.iterdir()).splitlines():
            match = CALL.match(line)
            if match and int(match[3]) >= 0:
                found.append((match[1], NAME.findall(match[2]), match[2]))
        return found

    def expect_restored(self):
        for name in "abcd"[:PACKAGES]:
            for number in range(FILES):
                self.assertEqual(self.repo_.read(f"packages/{name}/dist/{number % 5}/{number}.js"), f"{name} {number}\n")

    @staticmethod
    def outputs_read(calls):
        return {names[0].rsplit("/", 1)[-1] for call, names, text in calls
                if call in ("openat", "openat2") and names and names[0].endswith(".js") and "O_CREAT" not in text}

    @staticmethod
    def files_made(calls):
        """Calls that make a file beneath an open folder: outputs, unlike state, are never named from the root."""
        return [names[0] for call, names, text in calls
                if call == "openat" and "O_CREAT" in text and not text.startswith("AT_FDCWD")]

    def test_only_what_differs_is_read_and_written(self):
        self.repo_.write("packages/b/dist/3/3.js", "b 9\n")  # of the right size: only its content tells
        self.repo_.remove("packages/c/dist/4/4.js")
        calls = self.calls("openat,openat2,renameat,renameat2")
        self.expect_restored()
        self.assertEqual(self.outputs_read(calls), {"3.js"})
        self.assertEqual(len(self.files_made(calls)), 2)
        self.assertEqual(sorted(names[-1] for call, names, _ in calls if call == "renameat"), ["3.js", "4.js"])

    def test_a_file_of_a_new_folder_costs_four_calls(self):
        for name in "abcd"[:PACKAGES]:
            self.repo_.remove(f"packages/{name}/dist")
        calls = self.calls("file,desc")
        self.expect_restored()
        self.assertEqual(len(self.files_made(calls)), PACKAGES * FILES)
        of_outputs = collections.Counter(
            call for call, names, _ in calls if names and re.fullmatch(r"(.*/)?dist/\d/\d+\.js|\d+\.js", names[-1]))
        # Made in its folder, and looked at no more by its name: neither renamed nor stat'ed nor opened again.
        self.assertEqual(of_outputs, {"openat": PACKAGES * FILES})
        counts = collections.Counter(call for call, _, _ in calls)
        self.assertEqual(counts["fchmod"] + counts["fchmodat"] + counts["utimensat"], 0)

    def test_nothing_in_place_is_opened(self):
        calls = self.calls("openat,openat2")
        self.assertEqual(self.outputs_read(calls), set())
        self.assertEqual(self.files_made(calls), [])

    def test_outputs_of_dependencies_are_known_by_their_folders(self):
        for name, deps in zip("abcd"[:PACKAGES], ("", "a", "ab", "abc")):
            self.repo_.package(name, {"build": "rm -rf dist && cp -R made dist && sleep 0.05"}, list(deps))
        self.repo_.write("stillage.config.json", {"pipeline": {"build": {"dependsOn": ["^build"], "outputs": ["dist/**"]}}})
        calls = self.calls("newfstatat,stat,lstat,statx")
        self.expect_restored()
        of_outputs = [names[-1] for _, names, _ in calls if names and re.fullmatch(r"(.*/)?dist/\d/\d+\.js|\d+\.js", names[-1])]
        # Of a target's own outputs: those that are looked at ahead, those that it finds, those that it has made, and those
        # once more when they are packed.
        self.assertLessEqual(len(of_outputs), 4 * PACKAGES * FILES)

    def test_nothing_waits_for_the_disk(self):
        self.repo_.package("a", {"build": "rm -rf dist && cp -R made dist", "other": "true"})  # another key
        self.repo_.remove("packages/b/dist")
        calls = self.calls("fsync,fdatasync,syncfs,sync,sync_file_range,msync,openat")
        self.expect_restored()
        self.assertEqual({call for call, _, _ in calls}, {"openat"})
        self.assertFalse([text for _, _, text in calls if "O_SYNC" in text or "O_DSYNC" in text])
