"""scripts/bench's own machinery, on tiny repositories and without peers: every work is measured, and the page is written."""
import json
import os
import subprocess
import sys

from harness import BINARY, SOURCE, StillageTest

WORKS = {"noop", "leaf", "functions", "hash", "restore", "restore-some", "store", "remote", "spawn", "growth-files", "growth-targets"}


class Bench(StillageTest):
    def versus(self, *words, status=0):
        env = {**os.environ, "PYTHONPATH": str(SOURCE / "bench")}
        done = subprocess.run([sys.executable, "-B", "-m", "versus", "--page", f"{self.base}/page", *words],
                              env=env, capture_output=True, text=True, timeout=900)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def page(self, name):
        with open(f"{self.base}/page/{name}") as file:
            return file.read()

    def test_measures_every_work(self):
        out = self.versus("--binary", f"stillage={BINARY}", "--limits", os.environ["BENCH_LIMITS"], "--work-dir", f"{self.base}/work",
                          "--sizes", "tiny", "--peers", "git", "--rounds", "1")
        figures = json.loads(self.page("performance.json"))
        self.assertLessEqual(WORKS, {row["work"] for row in figures["rows"]})
        for row in figures["rows"]:
            for result in row["results"]:
                self.assertEqual(len(result["samples"]), 1, f"{row['title']}: {result['name']}: {result['note']}\n{out}")
        for name in ("performance.svg", "performance-growth.svg"):
            self.assertIn("</svg>", self.page(name))
            self.assertIn(f"({name})", self.page("performance.md"))
        self.versus("--again", f"{self.base}/page/performance.json")
        self.assertEqual(json.loads(self.page("performance.json")), figures)

    def test_a_program_that_does_not_do_the_work_is_an_error(self):
        out = self.versus("--binary", "stillage=/bin/true", "--limits", os.environ["BENCH_LIMITS"], "--work-dir", f"{self.base}/work",
                          "--sizes", "tiny", "--peers", "none", "--only", "noop", "--rounds", "1", status=1)
        self.assertIn("was to run 0 targets", out)
