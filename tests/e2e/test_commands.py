"""exec, why, cache, init, help and completion."""
import json
import os
import subprocess

from harness import BINARY, StillageTest


class Commands(StillageTest):
    def test_exec_caches_one_command(self):
        repo = self.small_repo()
        args = ("exec", "--outputs", "dist/**", "--inputs", "src/**", "--", "sh", "-c", "mkdir -p dist; cp src/* dist; echo ran")
        folder = repo.path("packages/a")
        self.assertIn("ran", repo.stillage(*args, cwd=folder).stdout)
        repo.remove("packages/a/dist")
        repo.stillage(*args, cwd=folder)
        self.assertEqual(os.listdir(folder / "dist"), ["a.txt"])
        repo.write("packages/a/src/a.txt", "changed\n")
        repo.stillage(*args, cwd=folder)
        self.assertEqual(repo.read("packages/a/dist/a.txt"), "changed\n")

    def test_exec_works_in_any_folder_and_passes_the_exit_code_on(self):
        repo = self.repo()
        repo.write("folder/in.txt", "1")
        args = ("exec", "--inputs", "in.txt", "--outputs", "out.txt", "--", "sh", "-c", "echo x >> count; cp in.txt out.txt")
        repo.stillage(*args, cwd=repo.path("folder"))
        repo.stillage(*args, cwd=repo.path("folder"))
        self.assertEqual(repo.read("folder/count"), "x\n")
        repo.stillage("exec", "--", "sh", "-c", "exit 7", cwd=repo.path("folder"), status=7)

    def test_exec_leaves_the_outputs_of_other_commands_alone(self):
        repo = self.small_repo()
        folder = repo.path("packages/a")
        repo.stillage("exec", "--outputs", "dist/**", "--", "sh", "-c", "mkdir -p dist; echo o > dist/o", cwd=folder)
        repo.stillage("exec", "--", "true", cwd=folder)
        self.assertEqual(repo.read("packages/a/dist/o"), "o\n")
        repo.stillage("exec", "--outputs", "dist/p", "--", "sh", "-c", "mkdir -p dist; echo p > dist/p", cwd=folder)
        self.assertEqual(sorted(os.listdir(folder / "dist")), ["o", "p"])

    def test_run_leaves_the_outputs_of_exec_alone(self):
        repo = self.small_repo()
        repo.write("stillage.config.json", {"pipeline": {"build": {"dependsOn": ["^build"], "outputs": ["dist/**"]}}})
        folder = repo.path("packages/a")
        repo.stillage("exec", "--outputs", "dist/e", "--", "sh", "-c", "mkdir -p dist; echo e > dist/e", cwd=folder)
        for _ in range(2):
            repo.run("build")
            self.assertEqual(sorted(os.listdir(folder / "dist")), ["e", "out"])

    def test_exec_keys_on_declared_variables(self):
        repo = self.small_repo()
        args = ("exec", "--env", "FLAVOUR", "--outputs", "dist/**", "--", "sh", "-c", "mkdir -p dist; echo $FLAVOUR > dist/f; echo x >> ../../count")
        repo.write(".gitignore", "dist\ncount\n")
        for flavour, count in (("sweet", 1), ("sweet", 1), ("sour", 2), ("sweet", 2)):
            repo.stillage(*args, cwd=repo.path("packages/a"), env={"FLAVOUR": flavour})
            self.assertEqual(repo.read("packages/a/dist/f"), flavour + "\n")
            self.assertEqual(repo.read("count"), "x\n" * count)

    def test_why_names_the_file_that_changed(self):
        repo = self.small_repo()
        repo.run("build")
        repo.write("packages/a/src/a.txt", "changed\n")
        repo.run("build")
        self.assertIn("packages/a/src/a.txt", repo.stillage("why", "a#build").stdout)
        self.assertIn("a#build", repo.stillage("why", "b#build").stdout)

    def test_why_names_what_would_change_before_a_run(self):
        repo = self.small_repo()
        repo.run("build")
        repo.write("packages/a/src/new.txt", "new\n")
        self.assertIn("packages/a/src/new.txt", repo.stillage("why", "a#build").stdout)

    def test_why_tells_which_entry_served_a_hit(self):
        repo = self.small_repo()
        repo.run("build")
        key = repo.run("build").key("a#build")
        told = repo.stillage("why", "a#build").stdout
        self.assertIn(key[:12], told)
        self.assertIn("local", told)

    def test_why_answers_for_a_target_that_only_groups_others(self):
        repo = self.small_repo()
        repo.write("stillage.config.json", {"pipeline": {"build": ["^build"], "#all": {"dependsOn": ["build"]}}})
        repo.run("#all")
        repo.write("packages/a/src/new.txt", "new\n")
        told = repo.stillage("why", "#all").stdout
        self.assertIn(repo.hashes("#all")["#all"], told)
        self.assertIn("runs nothing itself", told)
        self.assertIn("packages/a/src/new.txt", told)
        asked = json.loads(repo.stillage("why", "#all", "--json").stdout)
        self.assertEqual({one["target"] for one in asked["groups"]}, {"a#build", "b#build", "c#build"})

    def test_why_says_why_a_result_was_not_stored(self):
        repo = self.small_repo()
        repo.write("stillage.config.json", {"pipeline": {"build": ["^build"], "a#build": {"cache": False}},
                                            "cacheOptions": {"mode": "READ_ONLY"}})
        repo.run("build")
        self.assertIn('not stored: its "cache" is false', repo.stillage("why", "a#build").stdout)
        told = repo.stillage("why", "b#build").stdout
        self.assertIn("the cache had no entry for its key", told)
        self.assertIn("not stored: ", told)

    def test_why_names_variables_arguments_and_config(self):
        repo = self.small_repo()
        config = {"pipeline": {"build": {"dependsOn": ["^build"], "outputs": ["dist/**"], "env": ["FLAVOUR"]}}}
        repo.write("stillage.config.json", config)
        repo.run("build")
        repo.run("build", env={"FLAVOUR": "secret-value"})
        told = repo.stillage("why", "a#build").stdout
        self.assertIn("FLAVOUR", told)
        self.assertNotIn("secret-value", told)
        repo.run("build", "--", "--minify")
        self.assertIn("argument", repo.stillage("why", "a#build").stdout)
        config["pipeline"]["build"]["outputs"] = ["dist/**", "types/**"]
        repo.write("stillage.config.json", config)
        repo.run("build")
        self.assertIn("outputs", repo.stillage("why", "a#build").stdout)

    def test_no_value_of_a_variable_is_kept_anywhere(self):
        repo = self.small_repo()
        repo.write("stillage.config.json", {"pipeline": {"build": {"dependsOn": ["^build"], "outputs": ["dist/**"],
                                                                   "env": ["TOKEN"]}}})
        repo.run("build", env={"TOKEN": "hunter2hunter2"})
        for path in repo.home.rglob("*"):
            if path.is_file():
                self.assertNotIn(b"hunter2", path.read_bytes(), path)

    def test_an_error_of_exec_names_the_target_once(self):
        repo = self.small_repo()
        said = repo.stillage("exec", "--outputs", "../x", "--", "true", cwd=repo.path("packages/a"), status=1).stderr
        self.assertIn("'../x'", said)
        self.assertEqual(said.count("#exec-"), 1, said)

    def test_a_summary_that_cannot_be_written_is_an_error_before_anything_runs(self):
        repo = self.small_repo()
        for file in ("missing/summary.json", "packages"):
            said = repo.stillage("run", "build", "--summary", file, status=1).stderr
            self.assertIn(f"--summary {file}:", said)
            self.assertFalse(repo.exists("packages/a/dist"))
        subprocess.run(["chmod", "-R", "a+rwX", self.base], check=True)
        repo.write("closed/x", "")
        repo.path("closed").chmod(0o555)
        prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []
        done = subprocess.run([*prefix, BINARY, "run", "build", "--summary", "closed/summary.json"], cwd=repo.root, env=repo.env,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("--summary closed/summary.json:", done.stderr)
        self.assertFalse(repo.exists("packages/a/dist"))

    def test_cache_stats_ls_verify_prune_and_clear(self):
        repo = self.small_repo()
        repo.run("build")
        self.assertIn("3", repo.stillage("cache", "stats").stdout)
        self.assertIn("a#build", repo.stillage("cache", "ls").stdout)
        repo.stillage("cache", "verify")
        entry = repo.store_entries()[0]
        entry.write_bytes(entry.read_bytes()[:-1])
        said = repo.stillage("cache", "verify", status=1).stdout
        self.assertIn("damaged", said)
        self.assertEqual(said.count(entry.name), 1, said)
        repo.stillage("cache", "prune", "--max-size", "0")
        self.assertEqual(repo.store_entries(), [])
        repo.run("build", "--reset-cache")
        repo.stillage("cache", "clear")
        self.assertEqual(repo.store_entries(), [])
        repo.stillage("cache", "--clear")

    def test_init_writes_a_config_that_works_and_never_overwrites(self):
        repo = self.small_repo()
        repo.stillage("init")
        json.loads(repo.read("stillage.config.json"))
        self.assertEqual(len(repo.run("build").executed), 3)
        repo.write("stillage.config.json", "{}")
        self.assertNotEqual(repo.stillage("init", status=None).returncode, 0)
        self.assertEqual(repo.read("stillage.config.json"), "{}")

    def test_help_names_every_command_and_completion_knows_them(self):
        repo = self.small_repo()
        help_text = repo.stillage("--help").stdout
        for command in ("run", "exec", "hash", "why", "cache", "init", "completion"):
            self.assertIn(command, help_text)
            self.assertIn("--help", repo.stillage(command, "--help").stdout)
        for shell in ("bash", "zsh", "fish"):
            self.assertIn("--reset-cache", repo.stillage("completion", shell).stdout)

    def test_errors_name_the_file_the_line_and_the_remedy(self):
        repo = self.small_repo()
        repo.write("stillage.config.json", '{\n  "pipelin": {}\n}\n')
        said = repo.stillage("run", "build", status=1).stderr
        self.assertIn("stillage.config.json", said)
        self.assertIn("pipeline", said)
        repo.write("stillage.config.json", '{\n  "pipeline": {,}\n}\n')
        self.assertIn("stillage.config.json:2", repo.stillage("run", "build", status=1).stderr)
        repo.write("stillage.config.json", {"pipeline": {"build": {"outputs": ["../dist/**"]}}})
        self.assertIn("../dist", repo.stillage("run", "build", status=1).stderr)
