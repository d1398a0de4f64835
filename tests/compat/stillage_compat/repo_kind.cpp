// SPDX-License-Identifier: MIT
// repos/ and repos-random/: whole repositories through several phases.
#include <fmt/format.h>

#include "kinds.h"
#include "os/thread_pool.h"
#include "our_answers.h"
#include "phase_process.h"
#include "repo_tree.h"
#include "vector_file.h"

namespace stillage::compat {
namespace {

using base::Json;

/// The original's error of a whole phase, if it had one.
std::optional<std::string> phase_error(const Json& expected) {
  for (const char* const field : {"initError", "crash"})
    if (expected.contains(field))
      return expected[field].is_string() ? expected[field].get<std::string>() : expected[field].dump();
  return std::nullopt;
}

/// Everything that one phase is compared by.
struct Phase {
  std::string name;
  std::string vector_file;
  std::size_t number;
  const Json& json;
  const RepoTree& tree;

  Result<Json> run() const {
    return run_phase(vector_file, number, tree.root(), json.value("env", Json(Json::object())));
  }
};

bool all_hashed(const Json& answer) {
  if (!answer.contains("targets")) return false;
  for (const Json& target : answer["targets"])
    if (!target.contains("hash")) return false;
  return true;
}

/// The original had no answer: ours has to be one, and to stay what it is.
void compare_chosen(const Phase& phase, std::string_view original, const Json& answer, Tally& tally) {
  const auto behaviour = our_behaviour(original);
  if (!behaviour) return tally.fail(phase.name, original, base::to_text(answer));
  const auto again = phase.run();
  if (!all_hashed(answer))
    tally.fail(phase.name, fmt::format("a hash for each target ({})", *behaviour), base::to_text(answer));
  else if (!again || *again != answer)
    tally.fail(phase.name, "the same in the next process: " + base::to_text(answer),
               again ? base::to_text(*again) : again.error().message);
  else
    tally.pass_ours(*behaviour);
}

void compare_target(const std::string& name, const Json& expected, const Json& got, Tally& tally) {
  if (expected.contains("hash")) {
    tally.expect_equal(name, text_of(expected["hash"]),
                       got.contains("hash") ? text_of(got["hash"]) : base::to_text(got));
    return;
  }
  const std::string error = text_of(expected.at("error"));
  if (got.contains("error")) return tally.pass();
  if (const auto behaviour = our_behaviour(error))
    tally.pass_ours(*behaviour);
  else
    tally.fail(name, "the error " + error, base::to_text(got));
}

void compare(const Phase& phase, Tally& tally) {
  const Json& expected = phase.json.at("expected");
  const auto answer = phase.run();
  if (!answer) return tally.fail(phase.name, base::to_text(expected), answer.error().message);
  if (const auto error = phase_error(expected)) {
    if (answer->contains("initError")) return tally.pass();
    return compare_chosen(phase, *error, *answer, tally);
  }
  if (!answer->contains("targets") || (*answer)["targets"].size() != expected.at("targets").size())
    return tally.fail(phase.name, base::to_text(expected), base::to_text(*answer));
  for (std::size_t i = 0; i < expected["targets"].size(); ++i) {
    const Json& target = expected["targets"][i];
    compare_target(phase.name + ' ' + text_of(target.at("id")), target, (*answer)["targets"][i], tally);
  }
}

Status replay_repo(const std::string& vector_file, const std::string& name, Tally& tally) {
  STILLAGE_ASSIGN(const Json vector, read_vectors(vector_file));
  STILLAGE_ASSIGN(const auto tree, RepoTree::make(vector));
  std::size_t number = 0;
  for (const Json& phase : vector.at("phases")) {
    if (phase.contains("ops"))
      for (const Json& operation : phase["ops"]) STILLAGE_TRY(tree->apply(operation));
    compare({fmt::format("{} phase {}", name, number), vector_file, number, phase, *tree}, tally);
    ++number;
  }
  return {};
}

}  // namespace

Status replay_repos(const std::string& folder, Tally& tally) {
  for (const char* const kind : {"repos", "repos-random"}) {
    const std::vector<std::string> files = json_files(folder + '/' + kind);
    os::parallel_for(files.size(), 1, [&](std::size_t i) {
      const std::string name = fmt::format("{}/{}", kind, files[i]);
      if (const Status status = replay_repo(folder + '/' + name, name, tally); !status)
        tally.fail(name, "to be replayed", status.error().message);
    });
  }
  return {};
}

}  // namespace stillage::compat
