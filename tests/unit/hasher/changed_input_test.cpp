// SPDX-License-Identifier: MIT
// What TargetHasher::changed_input finds after a run.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <functional>

#include "unit/hasher/checkout.h"

namespace stillage {
namespace {

using test::Checkout;

class ChangedInput : public test::OwnCache {
 protected:
  ChangedInput() { options.targets = {target, repo.lib()}; }

  /// Hashes, changes, asks: the path that is found, or "none".
  std::string after(const std::function<void()>& change) {
    TargetHasher hasher(options);
    EXPECT_TRUE(hasher.initialize().has_value());
    EXPECT_TRUE(hasher.hash(repo.lib()).has_value());
    EXPECT_TRUE(hasher.hash(target).has_value());
    const auto before = hasher.changed_input(target);
    EXPECT_TRUE(before.has_value());
    EXPECT_EQ(before->value_or("none"), "none");
    change();
    const auto found = hasher.changed_input(target);
    EXPECT_TRUE(found.has_value()) << found.error().message;
    const auto again = hasher.changed_input(target);
    EXPECT_EQ(found->value_or("none"), again->value_or("none"));
    return found->value_or("none");
  }

  Checkout repo;
  Target target = repo.app();
  TargetHasherOptions options = repo.options();
};

TEST_F(ChangedInput, IsAnEditedOne) {
  test::let_times_settle();
  EXPECT_EQ(after([&] { repo.write("packages/app/src/b.ts", "other"); }), "packages/app/src/b.ts");
}

TEST_F(ChangedInput, IsOneEditedToTheSameSizeWithinATick) {
  for (int i = 0; i < 10; ++i) {
    repo.write("packages/app/src/b.ts", "1");
    ASSERT_EQ(after([&] { repo.write("packages/app/src/b.ts", "2"); }), "packages/app/src/b.ts")
        << "round " << i;
  }
}

TEST_F(ChangedInput, IsNotOneThatWasOnlyTouchedOrRewritten) {
  EXPECT_EQ(after([&] {
              ::utimensat(AT_FDCWD, repo.path("packages/app/src/a.ts").c_str(), nullptr, 0);
              repo.write("packages/app/src/b.ts", "export const b = 2;\n");
            }),
            "none");
}

TEST_F(ChangedInput, IsAMovedOrRemovedOne) {
  EXPECT_EQ(after([&] { repo.rename("packages/app/src/b.ts", "packages/app/gen.ts"); }),
            "packages/app/src/b.ts");
}

TEST_F(ChangedInput, IsOneThatBecameExecutable) {
  EXPECT_EQ(after([&] { ::chmod(repo.path("packages/app/src/a.ts").c_str(), 0755); }),
            "packages/app/src/a.ts");
}

TEST_F(ChangedInput, IsARetargetedLink) {
  EXPECT_EQ(after([&] {
              repo.remove("packages/app/link");
              repo.symlink("packages/app/link", "src/b.ts");
            }),
            "packages/app/link");
}

TEST_F(ChangedInput, IsALinkWhoseNextLinkWasRetargeted) {
  repo.symlink("shared/hop", "data.txt");
  repo.write("shared/data2.txt", "shared\n");
  repo.symlink("packages/app/far", "../../shared/hop");
  target.inputs = {"far"};
  EXPECT_EQ(after([&] {
              repo.remove("shared/hop");
              repo.symlink("shared/hop", "data2.txt");
            }),
            "packages/app/far");
}

TEST_F(ChangedInput, IsWhatALinkLeadsTo) {
  EXPECT_EQ(after([&] { repo.write("shared/data.txt", "other"); }), "shared/data.txt");
  EXPECT_EQ(after([&] { repo.write("shared/deep/new.txt", "new"); }), "shared/deep/new.txt");
}

TEST_F(ChangedInput, IsWhatALinkLeadsToWhereGitIgnoresIt) {
  repo.write("packages/other/dist/a", "1");
  repo.symlink("packages/app/ignored", "../other/dist");
  EXPECT_EQ(after([&] { repo.write("packages/other/dist/a", "2"); }), "packages/other/dist/a");
  EXPECT_EQ(after([&] { repo.write("packages/other/dist/deep/new", ""); }), "packages/other/dist/deep/new");
  Target made = repo.lib();
  made.id = "@x/other#build";
  made.package_name = "@x/other";
  made.cwd = repo.path("packages/other");
  options.targets.push_back(made);
  EXPECT_EQ(after([&] { repo.write("packages/other/dist/b", ""); }), "none");
}

TEST_F(ChangedInput, IsANewFileAtAnyDepth) {
  EXPECT_EQ(after([&] { repo.write("packages/app/new.ts", ""); }), "packages/app/new.ts");
  repo.remove("packages/app/new.ts");
  EXPECT_EQ(after([&] { repo.write("packages/app/src/deep/er/new.ts", ""); }),
            "packages/app/src/deep/er/new.ts");
}

TEST_F(ChangedInput, IsNoOutput) {
  EXPECT_EQ(after([&] {
              repo.write("packages/app/lib/a.js", "");
              repo.write("packages/app/gen/x/a.ts", "");
            }),
            "none");
}

TEST_F(ChangedInput, IsNothingThatGitIgnores) {
  EXPECT_EQ(after([&] {
              repo.write("packages/app/build.log", "");
              repo.write("packages/app/dist/x.js", "");
              repo.write("packages/app/node_modules/.cache/x", "");
            }),
            "none");
}

TEST_F(ChangedInput, IsNoNewFileElsewhere) {
  EXPECT_EQ(after([&] {
              repo.write("packages/other/src/new.ts", "");
              repo.write("tools/new.js", "");
            }),
            "none");
}

TEST_F(ChangedInput, IsOneOfTheEnvironment) {
  EXPECT_EQ(after([&] { repo.write("tsconfig.json", "{ }"); }), "tsconfig.json");
  EXPECT_EQ(after([&] { repo.write("new.config.js", ""); }), "new.config.js");
}

TEST_F(ChangedInput, IsTheLockfileOrThePackageJsonThatTheKeyWasMadeFrom) {
  target.inputs = {"src/**"};
  EXPECT_EQ(after([&] { repo.write_lock("sha512-new"); }), "package-lock.json");
  EXPECT_EQ(after([&] { repo.write("packages/app/package.json", R"({"name": "@x/app"})"); }),
            "packages/app/package.json");
}

TEST_F(ChangedInput, IsOnlyWhatTheInputsSelect) {
  target.inputs = {"src/**", "!**/*.md"};
  EXPECT_EQ(after([&] {
              repo.write("packages/app/src/notes.md", "");
              repo.write("packages/app/test/x.ts", "");
              repo.write("packages/app/run.sh", "other");
            }),
            "none");
  EXPECT_EQ(after([&] { repo.write("packages/app/src/x.ts", ""); }), "packages/app/src/x.ts");
}

TEST_F(ChangedInput, IsAnIgnoredFileThatWasNamed) {
  target.inputs = {"src/**", ".env.local"};
  EXPECT_EQ(after([&] { repo.write("packages/app/.env.local", "A=1"); }), "packages/app/.env.local");
  EXPECT_EQ(after([&] { repo.write("packages/app/.env.local", "A=2"); }), "packages/app/.env.local");
  EXPECT_EQ(after([&] { repo.remove("packages/app/.env.local"); }), "packages/app/.env.local");
}

TEST_F(ChangedInput, IsOneInADependency) {
  target.inputs = {"^src/**"};
  EXPECT_EQ(after([&] { repo.write("packages/lib/src/lib.ts", "other"); }), "packages/lib/src/lib.ts");
  EXPECT_EQ(after([&] { repo.write("packages/lib/src/new.ts", "other"); }), "packages/lib/src/new.ts");
  EXPECT_EQ(after([&] { repo.write("packages/lib/README.md", "other"); }), "none");
}

TEST_F(ChangedInput, IsAskedForHashedTargetsOnly) {
  TargetHasher hasher(options);
  ASSERT_TRUE(hasher.initialize().has_value());
  EXPECT_FALSE(hasher.changed_input(target).has_value());
}

TEST_F(ChangedInput, IsFoundWithoutGitToo) {
  repo.remove(".git");
  EXPECT_EQ(after([&] { repo.write("packages/app/src/new.ts", ""); }), "packages/app/src/new.ts");
}

}  // namespace
}  // namespace stillage
