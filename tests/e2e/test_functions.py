"""Functions of a JavaScript configuration: asked in every run, beside everything else."""
import signal
import time

from harness import StillageTest

CONFIG = """module.exports = { pipeline: { build: {
  dependsOn: ['^build'], outputs: ['dist/**'],
  %s
} } };
"""
SHOULD_RUN = "shouldRun: (target) => !require('node:fs').existsSync(`skip-${target.packageName}`),"
SLOW = "weight: () => process.env.SLOW ? new Promise((resolve) => setTimeout(resolve, 1e8)) : 1,"


class Functions(StillageTest):
    def make(self, function):
        repo = self.small_repo()
        repo.write("lage.config.js", CONFIG % function)
        repo.write(".gitignore", "node_modules\ndist\nskip-*\nlog\n")
        repo.commit()
        return repo

    def cold_keys(self, repo):
        """Of a process that remembers nothing."""
        return repo.hashes("build", env={"XDG_CACHE_HOME": self.base + "/cold"})

    def test_what_should_run_is_asked_in_each_run(self):
        repo = self.make(SHOULD_RUN)
        self.assertEqual(repo.run("build").executed, {"a#build", "b#build", "c#build"})
        self.assertEqual(repo.run("build").executed, set())
        repo.write("skip-b", "")
        done = repo.run("build")
        self.assertEqual(set(done.targets), {"a#build", "c#build"})
        self.assertEqual(done.executed, {"c#build"}, "its dependency is another one")
        keys = {target: done.key(target) for target in done.targets}
        self.assertEqual(self.cold_keys(repo), keys)
        again = repo.run("build")
        self.assertEqual((set(again.targets), again.executed), (set(keys), set()))
        repo.remove("skip-b")
        done = repo.run("build")
        self.assertEqual((done.hits, done.executed), ({"a#build", "b#build", "c#build"}, set()))
        self.assertEqual(self.cold_keys(repo), {target: done.key(target) for target in done.targets})

    def test_nothing_is_changed_before_they_have_answered(self):
        repo = self.make(SHOULD_RUN)
        repo.run("build")
        repo.run("build")
        repo.remove("packages/b/dist")
        repo.write("skip-b", "")
        repo.run("build", status=None)
        self.assertFalse(repo.exists("packages/b/dist"), "it was restored though it should not run")

    def test_another_selection_leaves_what_was_said_of_others(self):
        repo = self.make(SHOULD_RUN)
        repo.write("skip-a", "")
        for _ in range(2):
            self.assertEqual(set(repo.run("build", "--to", "a", status=None).targets), set())
            self.assertEqual(set(repo.run("build", "--to", "b", status=None).targets), {"b#build"})

    def test_weights_hold_for_the_first_command_too(self):
        repo = self.repo()
        for name in "abc":
            repo.package(name, {"build": "echo + >> ../../log; sleep 0.2; echo - >> ../../log"})
        repo.npm_root()
        repo.write("lage.config.js", CONFIG % "weight: (target, most) => 2,")
        repo.write(".gitignore", "node_modules\nlog\n")
        repo.commit()
        for _ in range(2):  # the second time, the configuration is remembered
            repo.run("build", "-c", "2", "--reset-cache")
            self.assertEqual(repo.read("log").split(), ["+", "-"] * 3)
            repo.remove("log")

    def test_a_function_that_fails_ends_the_run_before_anything_runs(self):
        repo = self.make("weight: () => process.env.FAIL ? missing.thing : 1,")
        repo.run("build")
        done = repo.stillage("run", "build", "--reset-cache", env={"FAIL": "1"}, status=1)
        self.assertIn("missing is not defined", done.stderr)
        self.assertNotIn("built", done.stdout)

    def test_weights_are_not_waited_for_where_nothing_runs(self):
        repo = self.make(SLOW)
        repo.run("build")
        # The answer would come after a day, and be given up after a minute.
        self.assertEqual(repo.run("build", env={"SLOW": "1"}, timeout=50).executed, set())

    def test_interrupt_ends_the_waiting(self):
        repo = self.make(SLOW)
        repo.run("build")
        process = repo.start("run", "build", "--reset-cache", env={"SLOW": "1"})
        time.sleep(2)
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGINT)
        out = process.communicate(timeout=40)[0].decode()
        self.assertNotIn("built", out)
        self.assertEqual(process.returncode, 130, out)
