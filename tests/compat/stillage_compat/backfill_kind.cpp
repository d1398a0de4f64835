// SPDX-License-Identifier: MIT
// backfill-hash.json: plain backfill's hashes on the first phase of repositories of repos/.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/strings.h"
#include "hasher/backfill_hasher.h"
#include "kinds.h"
#include "os/stat.h"
#include "os/thread_pool.h"
#include "our_answers.h"
#include "repo_tree.h"
#include "vector_file.h"

namespace stillage::compat {
namespace {

using base::Json;

/// The lines that the original logs of a hash. What it had hashed before it does not log again.
std::string log_of(const hasher::BackfillHash& hash) {
  std::vector<std::string> lines;
  std::vector<std::string> told;
  for (const auto& part : hash.packages) {
    if (std::find(told.begin(), told.end(), part.name) != told.end()) continue;
    told.push_back(part.name);
    lines.push_back(fmt::format("  {} (fileHash)", part.files));
    lines.push_back(fmt::format("  {} (dependenciesHash)", part.dependencies));
  }
  lines.push_back("Hash of internal packages: " + hash.internal_packages);
  lines.push_back("Hash of build command: " + hash.command);
  lines.push_back("Combined hash: " + hash.combined);
  return base::join(lines, "\n");
}

void compare_error(const std::string& name, const std::string& error, const hasher::BackfillHasher& hasher,
                   const std::string& salt, Tally& tally) {
  const auto hash = hasher.hash(salt);
  if (!hash) return tally.pass();
  const auto behaviour = our_behaviour(error);
  const auto again = hasher.hash(salt);
  if (!behaviour)
    tally.fail(name, "the error " + error, hash->combined);
  else if (!again || again->combined != hash->combined)
    tally.fail(name, "the same again: " + hash->combined, again ? again->combined : again.error().message);
  else
    tally.pass_ours(*behaviour);
}

void compare(const Json& vector, const RepoTree& tree, Tally& tally) {
  const std::string package = text_of(vector.at("package"));
  const std::string salt = text_of(vector.at("salt"));
  const std::string name =
      fmt::format("backfill-hash {} {} \"{}\"", text_of(vector.at("repo")), package, salt);
  const hasher::BackfillHasher hasher(tree.root() + '/' + package);
  if (vector.contains("error")) return compare_error(name, text_of(vector["error"]), hasher, salt, tally);
  const auto hash = hasher.hash(salt);
  tally.expect_equal(name, text_of(vector.at("hash")), hash ? hash->combined : hash.error().message);
  const auto of_output = hasher.hash_of_output();
  tally.expect_equal(name + " output", text_of(vector.at("hashOfOutput")),
                     of_output ? *of_output : of_output.error().message);
  if (hash && vector.contains("log"))
    tally.expect_equal(name + " log", base::join(texts_of(vector["log"]), "\n"), log_of(*hash));
}

Status replay_one_repo(const std::string& vector_file, const std::vector<const Json*>& cases, Tally& tally) {
  STILLAGE_ASSIGN(const Json repo, read_vectors(vector_file));
  STILLAGE_ASSIGN(const auto tree, RepoTree::make(repo));
  const Json& phase = repo.at("phases").at(0);
  if (phase.contains("ops"))
    for (const Json& operation : phase["ops"]) STILLAGE_TRY(tree->apply(operation));
  for (const Json* const vector : cases) compare(*vector, *tree, tally);
  return {};
}

}  // namespace

Status replay_backfill(const std::string& folder, Tally& tally) {
  const std::string path = folder + "/backfill-hash.json";
  if (!os::exists(path)) return {};
  STILLAGE_ASSIGN(const Json file, read_vectors(path));
  std::map<std::string, std::vector<const Json*>> by_repo;
  for (const Json& vector : file.at("vectors")) by_repo[text_of(vector.at("repo"))].push_back(&vector);
  const std::vector<std::pair<std::string, std::vector<const Json*>>> repos(by_repo.begin(), by_repo.end());
  os::parallel_for(repos.size(), 1, [&](std::size_t i) {
    const std::string vector_file = fmt::format("{}/repos/{}.json", folder, repos[i].first);
    if (const Status status = replay_one_repo(vector_file, repos[i].second, tally); !status)
      tally.fail("backfill-hash " + repos[i].first, "to be replayed", status.error().message);
  });
  return {};
}

}  // namespace stillage::compat
