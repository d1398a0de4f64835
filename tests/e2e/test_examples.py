"""The examples do what they say."""
import os
import pathlib
import subprocess

from harness import BINARY, SOURCE, StillageTest


class Examples(StillageTest):
    def test_standalone_cache_misses_then_hits(self):
        repo = self.small_repo()
        program = pathlib.Path(BINARY).parent / "standalone_cache"

        def run():
            done = subprocess.run([program, repo.root, "a", "build"], env=repo.env, capture_output=True, text=True, check=True)
            return done.stdout.split()[-1]
        self.assertEqual(run(), "miss")
        self.assertEqual(run(), "hit")
        repo.remove("packages/a/dist")
        subprocess.run(["rm", "-rf", repo.path("node_modules/.cache/stillage-local")], check=True)
        self.assertEqual(run(), "hit")
        self.assertEqual(repo.read("packages/a/dist/out"), "source of a\n")

    def test_the_demo_runs_to_its_end(self):
        env = {k: v for k, v in os.environ.items() if not k.startswith("STILLAGE_")}
        done = subprocess.run([SOURCE / "scripts/demo"], env=env, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("packages/format/src/index.ts", done.stdout)
