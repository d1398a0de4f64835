// SPDX-License-Identifier: MIT
// For every ingredient of a key: changing only it changes the key. For everything that must not matter: it
// does not.

#include <sys/stat.h>
#include <unistd.h>

#include <fcntl.h>
#include <gmock/gmock.h>

#include <functional>

#include "os/file.h"
#include "unit/hasher/checkout.h"

namespace stillage {
namespace {

using test::Checkout;
using test::ScopedVariable;

/// A checkout, the target that is hashed, and the options: what a mutation may change.
struct Case {
  Checkout repo;
  Target target = repo.app();
  TargetHasherOptions options = repo.options();

  std::string key() const { return repo.key(target, options); }
};

struct Mutation {
  const char* name;
  std::function<void(Case&)> prepare;
  std::function<void(Case&)> change;
};

void nothing(Case&) {}

void PrintTo(const Mutation& mutation, std::ostream* out) {
  *out << mutation.name;
}
std::string name_of_case(const ::testing::TestParamInfo<Mutation>& info) {
  return info.param.name;
}

class ChangesKey : public test::OwnCache, public ::testing::WithParamInterface<Mutation> {};
class LeavesKey : public test::OwnCache, public ::testing::WithParamInterface<Mutation> {};

TEST_P(ChangesKey, WhenOnlyThisDiffers) {
  Case it;
  GetParam().prepare(it);
  const std::string before = it.key();
  EXPECT_EQ(it.key(), before);
  GetParam().change(it);
  EXPECT_NE(it.key(), before);
}

TEST_P(LeavesKey, WhenOnlyThisDiffers) {
  Case it;
  GetParam().prepare(it);
  const std::string before = it.key();
  GetParam().change(it);
  EXPECT_EQ(it.key(), before);
}

const Mutation kChanging[] = {
    {"content_of_an_input", nothing,
     [](Case& it) { it.repo.write("packages/app/src/a.ts", "export const a = 9;\n"); }},
    {"name_of_an_input", nothing,
     [](Case& it) { it.repo.rename("packages/app/src/a.ts", "packages/app/src/c.ts"); }},
    {"swapped_contents", nothing,
     [](Case& it) {
       it.repo.rename("packages/app/src/a.ts", "packages/app/t");
       it.repo.rename("packages/app/src/b.ts", "packages/app/src/a.ts");
       it.repo.rename("packages/app/t", "packages/app/src/b.ts");
     }},
    {"content_moved_between_inputs",
     [](Case& it) {
       it.repo.write("packages/app/src/a.ts", "one\ntwo\n");
       it.repo.write("packages/app/src/b.ts", "three\n");
     },
     [](Case& it) {
       it.repo.write("packages/app/src/a.ts", "one\n");
       it.repo.write("packages/app/src/b.ts", "two\nthree\n");
     }},
    {"new_untracked_input", nothing, [](Case& it) { it.repo.write("packages/app/src/new.ts", "new"); }},
    {"new_untracked_input_below_lib_where_nothing_is_declared",
     [](Case& it) { it.options.targets.clear(), it.target.outputs.reset(); },
     [](Case& it) { it.repo.write("packages/app/lib/new.ts", "new"); }},
    {"new_empty_input", nothing, [](Case& it) { it.repo.write("packages/app/src/empty", ""); }},
    {"removed_input", nothing, [](Case& it) { it.repo.remove("packages/app/src/b.ts"); }},
    {"executable_bit", nothing, [](Case& it) { ::chmod(it.repo.path("packages/app/run.sh").c_str(), 0644); }},
    {"text_of_a_link", nothing,
     [](Case& it) {
       it.repo.remove("packages/app/link");
       it.repo.symlink("packages/app/link", "./src/a.ts");
     }},
    {"file_in_place_of_a_link", nothing,
     [](Case& it) {
       it.repo.remove("packages/app/link");
       it.repo.write("packages/app/link", "src/a.ts");
     }},
    {"content_behind_a_link_to_a_folder", nothing,
     [](Case& it) { it.repo.write("shared/data.txt", "other\n"); }},
    {"new_file_behind_a_link_to_a_folder", nothing, [](Case& it) { it.repo.write("shared/more.txt", ""); }},
    {"id_of_the_target", nothing, [](Case& it) { it.target.id = "@x/app#other"; }},
    {"command_text",
     [](Case& it) {
       it.target.command = {{"main", "tsc"}};
     },
     [](Case& it) {
       it.target.command = {{"main", "tsc -b"}};
     }},
    {"command_label",
     [](Case& it) {
       it.target.command = {{"main", "tsc"}};
     },
     [](Case& it) {
       it.target.command = {{"post", "tsc"}};
     }},
    {"command_split",
     [](Case& it) {
       it.target.command = {{"pre", "a"}, {"main", "b"}};
     },
     [](Case& it) {
       it.target.command = {{"main", "b"}, {"pre", "a"}};
     }},
    {"script_where_package_json_is_no_input", [](Case& it) { it.target.inputs = {"src/**"}; },
     [](Case& it) {
       it.repo.write(
           "packages/app/package.json",
           R"({"name": "@x/app", "version": "1.0.0", "scripts": {"build": "tsc", "prebuild": "echo 2"},)"
           R"( "dependencies": {"@x/lib": "*", "left": "^1.0.0"}})");
     }},
    {"arguments", nothing, [](Case& it) { it.target.args = {"--watch"}; }},
    {"argument_boundaries", [](Case& it) { it.target.args = {"a b"}; },
     [](Case& it) {
       it.target.args = {"a", "b"};
     }},
    {"order_of_arguments",
     [](Case& it) {
       it.target.args = {"a", "b"};
     },
     [](Case& it) {
       it.target.args = {"b", "a"};
     }},
    {"arguments_of_the_run", nothing, [](Case& it) { it.options.cli_args = {"--watch"}; }},
    {"whose_arguments", [](Case& it) { it.target.args = {"a"}; },
     [](Case& it) {
       it.target.args = {};
       it.options.cli_args = {"a"};
     }},
    {"cache_key", nothing, [](Case& it) { it.options.cache_key = "2"; }},
    {"output_globs", nothing, [](Case& it) { it.target.outputs = {"lib/**"}; }},
    {"no_outputs_instead_of_default_ones", [](Case& it) { it.target.outputs.reset(); },
     [](Case& it) { it.target.outputs.emplace(); }},
    {"order_of_output_globs", nothing,
     [](Case& it) {
       it.target.outputs = {"gen/**", "lib/**"};
     }},
    {"env_mode", nothing, [](Case& it) { it.target.env_mode = EnvMode::strict; }},
    {"passed_through_names_in_strict_mode", [](Case& it) { it.target.env_mode = EnvMode::strict; },
     [](Case& it) { it.target.pass_through_env = {"HOME"}; }},
    {"clean", nothing, [](Case& it) { it.target.clean = false; }},
    {"absolute_paths", nothing, [](Case& it) { it.target.absolute_paths = AbsolutePaths::allow; }},
    {"platform", nothing, [](Case& it) { it.target.key_on = {"os"}; }},
    {"normalised_line_endings", nothing, [](Case& it) { it.options.normalize_line_endings = true; }},
    {"file_in_the_root", nothing, [](Case& it) { it.repo.write("tsconfig.json", "{\"x\": 1}\n"); }},
    {"new_file_in_the_root", nothing, [](Case& it) { it.repo.write("babel.config.js", ""); }},
    {"configured_environment_file", [](Case& it) { it.options.environment_glob = {"shared/*"}; },
     [](Case& it) { it.repo.write("shared/new.txt", ""); }},
    {"environment_file_of_the_target",
     [](Case& it) {
       it.options.environment_glob = {"tsconfig.json"};
       it.target.environment_glob = {"README.md"};
     },
     [](Case& it) { it.repo.write("README.md", "# Other\n"); }},
    {"input_of_a_dependency_target", nothing,
     [](Case& it) { it.repo.write("packages/lib/src/lib.ts", "2"); }},
    {"no_dependency", nothing, [](Case& it) { it.target.dependencies = {}; }},
    {"id_of_a_dependency", nothing, [](Case& it) { it.target.dependencies = {"@x/lib#compile"}; }},
    {"input_selected_in_a_dependency",
     [](Case& it) {
       it.target.dependencies = {};
       it.target.inputs = {"^src/**"};
     },
     [](Case& it) { it.repo.write("packages/lib/src/lib.ts", "2"); }},
    {"integrity_of_an_external_package", nothing, [](Case& it) { it.repo.write_lock("sha512-other"); }},
    {"version_of_a_transitive_external_package", nothing,
     [](Case& it) { it.repo.write_lock("sha512-left", "2.0.1"); }},
    {"unparsable_lockfile", [](Case& it) { it.repo.write("package-lock.json", "<<<<<<< ours\n"); },
     [](Case& it) { it.repo.write("package-lock.json", "<<<<<<< theirs\n"); }},
    {"ignored_input_named_without_wildcards",
     [](Case& it) {
       it.target.inputs = {"src/**", ".env.local"};
       it.repo.write("packages/app/.env.local", "A=1");
     },
     [](Case& it) { it.repo.write("packages/app/.env.local", "A=2"); }},
    {"ignored_folder_named_without_wildcards",
     [](Case& it) {
       it.target.inputs = {"dist"};
       it.repo.write("packages/app/dist/deep/x", "1");
     },
     [](Case& it) { it.repo.write("packages/app/dist/deep/y", "1"); }},
    {"input_outside_of_the_package",
     [](Case& it) {
       it.target.inputs = {"src/**", "../../shared/**"};
     },
     [](Case& it) { it.repo.write("shared/data.txt", "2"); }},
    {"file_that_a_root_target_makes_for_those_who_do_not_depend_on_it",
     [](Case& it) {
       Target gen = it.repo.root_target();
       gen.outputs = {"packages/app/src/made/**"};
       it.options.targets.push_back(gen);
     },
     [](Case& it) { it.repo.write("packages/app/src/made/x.ts", "2"); }},
    {"tracked_file_that_another_target_declares_as_output",
     [](Case& it) {
       it.options.targets[1].outputs = {"src/**"};
       it.target = it.options.targets[1];
       it.target.id = "@x/lib#test";
       it.target.outputs.reset();
     },
     [](Case& it) { it.repo.write("packages/lib/src/lib.ts", "2"); }},
};
INSTANTIATE_TEST_SUITE_P(Key, ChangesKey, ::testing::ValuesIn(kChanging), name_of_case);

const Mutation kHarmless[] = {
    {"times_of_files", nothing,
     [](Case& it) { ::utimensat(AT_FDCWD, it.repo.path("packages/app/src/a.ts").c_str(), nullptr, 0); }},
    {"owner_of_files", nothing,
     [](Case& it) {
       // Only root may do this; for others there is nothing to see.
       if (::geteuid() == 0) {
         EXPECT_EQ(::chown(it.repo.path("packages/app/src/a.ts").c_str(), 12345, 12345), 0);
       }
     }},
    {"permissions_other_than_execution", nothing,
     [](Case& it) { ::chmod(it.repo.path("packages/app/src/a.ts").c_str(), 0600); }},
    {"a_commit", [](Case& it) { it.repo.write("packages/app/src/new.ts", "new"); },
     [](Case& it) { it.repo.commit_all(); }},
    {"a_staged_file", [](Case& it) { it.repo.write("packages/app/src/new.ts", "new"); },
     [](Case& it) {
       it.repo.git({"add", "-A"});
     }},
    {"no_git", nothing, [](Case& it) { it.repo.remove(".git"); }},
    {"bits_of_the_index", nothing,
     [](Case& it) {
       it.repo.git({"update-index", "--assume-unchanged", "packages/app/src/a.ts"});
     }},
    {"content_rewritten_as_it_was", nothing,
     [](Case& it) { it.repo.write("packages/app/src/a.ts", "export const a = 1;\n"); }},
    {"ignored_file", nothing, [](Case& it) { it.repo.write("packages/app/debug.log", "x"); }},
    {"node_modules", nothing,
     [](Case& it) { it.repo.write("packages/app/node_modules/left/index.js", "x"); }},
    {"ignored_output_of_an_earlier_run", nothing,
     [](Case& it) { it.repo.write("packages/app/dist/x.js", "x"); }},
    {"untracked_output_of_an_earlier_run", nothing,
     [](Case& it) { it.repo.write("packages/app/gen/x.ts", "x"); }},
    {"untracked_output_of_a_target_that_others_read",
     [](Case& it) {
       it.target.id = "@x/app#test";
       it.target.outputs.emplace();
     },
     [](Case& it) { it.repo.write("packages/app/gen/x.ts", "x"); }},
    {"tracked_file_that_this_target_declares_as_output",
     [](Case& it) {
       it.repo.write("packages/app/lib/x.ts", "x");
       it.repo.commit_all();
     },
     [](Case& it) { it.repo.write("packages/app/lib/x.ts", "y"); }},
    {"output_in_the_root",
     [](Case& it) {
       it.target = it.repo.root_target();
       it.target.outputs = {"schema.json"};
       it.options.targets.push_back(it.target);
     },
     [](Case& it) { it.repo.write("schema.json", "{}"); }},
    {"output_of_a_root_target_that_it_depends_on",
     [](Case& it) {
       Target gen = it.repo.root_target();
       gen.outputs = {"packages/app/src/made/**"};
       it.options.targets = {gen};
       it.target.dependencies = {"@x/lib#test"};
       Target between = it.repo.lib();
       between.id = "@x/lib#test";
       between.dependencies = {gen.id};
       it.options.targets.push_back(between);
     },
     [](Case& it) { it.repo.write("packages/app/src/made/x.ts", "2"); }},
    {"output_behind_a_link",
     [](Case& it) {
       it.target.outputs.reset();
       it.repo.symlink("packages/app/current", "dist");
       it.repo.symlink("packages/app/main.js", "dist/main.js");
       it.options.targets = {it.target};
     },
     [](Case& it) { it.repo.write("packages/app/dist/main.js", "x"); }},
    {"file_of_another_package", nothing, [](Case& it) { it.repo.write("packages/other/src/other.ts", "2"); }},
    {"folder_whose_name_begins_alike", nothing,
     [](Case& it) {
       it.repo.write("packages/app-two/src/x.ts", "2");
       it.repo.write("packages/app.txt", "2");
     }},
    {"nested_package",
     [](Case& it) {
       it.repo.write_root_package();
       it.repo.write(
           "package.json",
           R"({"name": "root", "private": true, "workspaces": ["packages/*", "packages/app/sub"]})");
       it.repo.write("packages/app/sub/package.json", R"({"name": "@x/sub", "version": "1.0.0"})");
     },
     [](Case& it) { it.repo.write("packages/app/sub/x.ts", "2"); }},
    {"readme_in_the_root", nothing, [](Case& it) { it.repo.write("README.md", "2"); }},
    {"licence_in_the_root", nothing, [](Case& it) { it.repo.write("LICENSE", "2"); }},
    {"our_config", nothing, [](Case& it) { it.repo.write("stillage.config.json", "{}"); }},
    {"file_deeper_outside_of_packages", nothing, [](Case& it) { it.repo.write("tools/x.js", "2"); }},
    {"lockfile_entry_of_another_package", nothing,
     [](Case& it) { it.repo.write_lock("sha512-left", "2.0.0", "sha512-changed"); }},
    {"undeclared_variable", nothing, [](Case&) { ::setenv("STILLAGE_TEST_UNDECLARED", "1", 1); }},
    {"locale", nothing, [](Case&) { ::setenv("LC_ALL", "tr_TR.UTF-8", 1); }},
    {"order_of_dependencies",
     [](Case& it) {
       it.target.dependencies = {"@x/lib#a", "@x/lib#b"};
     },
     [](Case& it) {
       it.target.dependencies = {"@x/lib#b", "@x/lib#a", "@x/lib#b"};
     }},
    {"order_of_env",
     [](Case& it) {
       it.target.env = {"PATH", "HOME"};
     },
     [](Case& it) {
       it.target.env = {"HOME", "PATH", "HOME"};
     }},
    {"order_of_key_on",
     [](Case& it) {
       it.target.key_on = {"os", "arch"};
     },
     [](Case& it) {
       it.target.key_on = {"arch", "os"};
     }},
    {"whether_it_is_cached", nothing,
     [](Case& it) {
       it.target.cache = false;
       it.target.skip_remote_cache = true;
     }},
    {"passed_through_names_in_loose_mode", nothing, [](Case& it) { it.target.pass_through_env = {"HOME"}; }},
    {"input_taken_away",
     [](Case& it) {
       it.target.inputs = {"**/*", "!**/*.test.ts"};
     },
     [](Case& it) { it.repo.write("packages/app/src/a.test.ts", "2"); }},
    {"input_taken_away_in_a_dependency",
     [](Case& it) {
       it.target.dependencies = {};
       it.target.inputs = {"src/**", "^**/*", "!^**/*.md"};
     },
     [](Case& it) { it.repo.write("packages/lib/README.md", "2"); }},
    {"ignored_file_below_a_named_folder", [](Case& it) { it.target.inputs = {"src"}; },
     [](Case& it) { it.repo.write("packages/app/src/debug.log", "2"); }},
};
INSTANTIATE_TEST_SUITE_P(Key, LeavesKey, ::testing::ValuesIn(kHarmless), name_of_case);

using Key = test::OwnCache;

TEST_F(Key, AnEmptyVariableIsNeitherAbsentNorAnother) {
  const Checkout repo;
  Target target = repo.app();
  target.env = {"STILLAGE_TEST_FLAVOUR"};
  std::string absent, empty, sweet;
  {
    const ScopedVariable variable("STILLAGE_TEST_FLAVOUR", nullptr);
    absent = repo.key(target);
  }
  {
    const ScopedVariable variable("STILLAGE_TEST_FLAVOUR", "");
    empty = repo.key(target);
  }
  {
    const ScopedVariable variable("STILLAGE_TEST_FLAVOUR", "sweet");
    sweet = repo.key(target);
  }
  EXPECT_NE(absent, empty);
  EXPECT_NE(empty, sweet);
  EXPECT_NE(absent, sweet);
}

TEST_F(Key, APrefixTakesEveryVariableThatIsThere) {
  const Checkout repo;
  Target target = repo.app();
  target.env = {"STILLAGE_TEST_P_*"};
  const std::string none = repo.key(target);
  const ScopedVariable one("STILLAGE_TEST_P_A", "1");
  const std::string with_one = repo.key(target);
  const ScopedVariable two("STILLAGE_TEST_P_B", "");
  EXPECT_NE(none, with_one);
  EXPECT_NE(with_one, repo.key(target));
}

TEST_F(Key, ValuesOfVariablesCantBeMistakenForOthers) {
  const Checkout repo;
  Target target = repo.app();
  target.env = {"STILLAGE_TEST_A", "STILLAGE_TEST_B"};
  std::string first;
  {
    const ScopedVariable a("STILLAGE_TEST_A", "1"), b("STILLAGE_TEST_B", "2");
    first = repo.key(target);
  }
  const ScopedVariable a("STILLAGE_TEST_A", "2"), b("STILLAGE_TEST_B", "1");
  EXPECT_NE(repo.key(target), first);
}

TEST_F(Key, IsTheSameInEveryCheckout) {
  const Checkout here;
  const Checkout there("another place, with spaces and ünïcödé");
  EXPECT_EQ(here.key(), there.key());
  EXPECT_EQ(here.key(here.root_target()), there.key(there.root_target()));
}

TEST_F(Key, SeparatesRootTargetsWithTheSameInputs) {
  const Checkout repo;
  Target first = repo.root_target("gen1");
  Target second = repo.root_target("gen2");
  first.inputs = second.inputs = {"shared/**"};
  EXPECT_NE(repo.key(first), repo.key(second));
}

TEST_F(Key, OfARootTargetWithoutInputsTakesWhatIsOutsideOfPackages) {
  const Checkout repo;
  const std::string before = repo.key(repo.root_target());
  repo.write("packages/app/src/a.ts", "2");
  EXPECT_EQ(repo.key(repo.root_target()), before);
  repo.write("shared/data.txt", "2");
  EXPECT_NE(repo.key(repo.root_target()), before);
}

TEST_F(Key, NoticesAnEditOfTheSameSizeWithinATick) {
  const Checkout repo;
  const Target app = repo.app();
  for (int i = 0; i < 10; ++i) {
    repo.write("packages/app/src/a.ts", "1");
    const std::string before = repo.key(app);
    repo.write("packages/app/src/a.ts", "2");
    ASSERT_NE(repo.key(app), before) << "round " << i;
  }
}

TEST_F(Key, NoticesAnEditWhoseTimeWasSetBack) {
  const Checkout repo;
  const std::string file = repo.path("packages/app/src/a.ts");
  repo.write("packages/app/src/a.ts", "1");
  const timespec times[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, file.c_str(), times, 0), 0);
  test::let_times_settle();
  const std::string before = repo.key();
  repo.write("packages/app/src/a.ts", "2");
  ASSERT_EQ(::utimensat(AT_FDCWD, file.c_str(), times, 0), 0);
  EXPECT_NE(repo.key(), before);
}

TEST_F(Key, WithNormalisedLineEndingsForgetsCarriageReturnsOfTextOnly) {
  const Checkout repo;
  TargetHasherOptions options = repo.options();
  options.normalize_line_endings = true;
  repo.write("packages/app/src/a.ts", "one\ntwo\r\n\r");
  const std::string text = repo.key(repo.app(), options);
  const std::string raw = repo.key();
  repo.write("packages/app/src/a.ts", "one\r\ntwo\n\r");
  EXPECT_EQ(repo.key(repo.app(), options), text);
  EXPECT_NE(repo.key(), raw);
  repo.write("packages/app/src/a.ts", "one\r\ntwo\n");
  EXPECT_NE(repo.key(repo.app(), options), text);

  repo.write("packages/app/src/a.ts", std::string("\0one\n", 5));
  const std::string binary = repo.key(repo.app(), options);
  repo.write("packages/app/src/a.ts", std::string("\0one\r\n", 6));
  EXPECT_NE(repo.key(repo.app(), options), binary);
}

TEST_F(Key, NeedsTheKeysOfDependencies) {
  const Checkout repo;
  TargetHasher hasher(repo.options());
  EXPECT_EQ(hasher.hash(repo.lib()).error().kind, ErrorKind::invalid);
  ASSERT_TRUE(hasher.initialize().has_value());
  ASSERT_TRUE(hasher.initialize().has_value());
  const auto key = hasher.hash(repo.app());
  ASSERT_FALSE(key.has_value());
  EXPECT_NE(key.error().message.find("@x/lib#build"), std::string::npos) << key.error().message;
  ASSERT_TRUE(hasher.hash(repo.lib()).has_value());
  EXPECT_TRUE(hasher.hash(repo.app()).has_value());
}

TEST_F(Key, ErrorsNameWhatIsWrong) {
  const Checkout repo;
  TargetHasher hasher(repo.options());
  ASSERT_TRUE(hasher.initialize().has_value());
  const auto message_of = [&](const std::function<void(Target&)>& change) {
    Target target = repo.lib();
    change(target);
    const auto key = hasher.hash(target);
    return key ? "no error" : key.error().message;
  };
  EXPECT_EQ(message_of([](Target& target) { target.package_name = "@x/lip"; }),
            "@x/lib#build: there is no package @x/lip; is it @x/lib?");
  EXPECT_THAT(message_of([](Target& target) { target.inputs = {"../../../x"}; }),
              ::testing::AllOf(::testing::HasSubstr("@x/lib#build"), ::testing::HasSubstr("\"../../../x\"")));
  EXPECT_THAT(message_of([](Target& target) { target.inputs = {"/etc/passwd"}; }),
              ::testing::HasSubstr("\"/etc/passwd\""));
  EXPECT_THAT(message_of([](Target& target) { target.env = {"A*B"}; }), ::testing::HasSubstr("\"A*B\""));
  EXPECT_THAT(message_of([](Target& target) { target.key_on = {"weather"}; }),
              ::testing::HasSubstr("weather"));
}

TEST_F(Key, AnInputThatCantBeReadIsAnErrorThatNamesIt) {
  if (::geteuid() == 0) {
    // Root reads everything: what stands in for an unreadable file is one that is none.
    const Checkout repo;
    ASSERT_EQ(::mkfifo(repo.path("packages/lib/pipe").c_str(), 0644), 0);
    TargetHasher hasher(repo.options());
    ASSERT_TRUE(hasher.initialize().has_value());
    Target target = repo.lib();
    target.inputs = {"pipe"};
    const auto key = hasher.hash(target);
    ASSERT_FALSE(key.has_value());
    EXPECT_THAT(key.error().message, ::testing::HasSubstr("packages/lib/pipe"));
    return;
  }
  const Checkout repo;
  repo.write("packages/lib/secret", "x", 0);
  TargetHasher hasher(repo.options());
  ASSERT_TRUE(hasher.initialize().has_value());
  const auto key = hasher.hash(repo.lib());
  ASSERT_FALSE(key.has_value());
  EXPECT_THAT(key.error().message, ::testing::HasSubstr("packages/lib/secret"));
}

}  // namespace
}  // namespace stillage
