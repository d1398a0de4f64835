// SPDX-License-Identifier: MIT
#include "config/machine_check.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/strings.h"
#include "git/git_command.h"
#include "run/npm_client.h"
#include "workspace/workspace.h"

namespace stillage::config {
namespace {

constexpr std::uint64_t kLittleSpace = std::uint64_t{1} << 30;

Finding space_finding(const cache::Store& store, std::uint64_t used) {
  std::error_code error;
  const auto space = std::filesystem::space(store.folder(), error);
  if (error)
    return {
        .check = "disk", .verdict = Verdict::problem, .text = error.message(), .remedy = "check that disk"};
  Finding finding{.check = "disk",
                  .text = fmt::format("{} are free on its disk", base::human_size(space.available)),
                  .remedy = "",
                  .figures = {{"freeBytes", static_cast<double>(space.available)}}};
  const std::uint64_t may_grow = store.cap() > used ? store.cap() - used : 0;
  if (space.available >= may_grow) return finding;
  finding.verdict = space.available < kLittleSpace ? Verdict::problem : Verdict::note;
  finding.text += fmt::format(", less than the {} by which it may grow", base::human_size(may_grow));
  finding.remedy = "lower localCacheSize, or move the cache with internalCacheFolder or STILLAGE_CACHE_DIR";
  return finding;
}

Finding git_finding(const std::string& root) {
  const auto answer = git::ask_git(root, {"rev-parse", "--is-inside-work-tree"});
  if (answer) return {.check = "git", .text = "the workspace is a git checkout", .remedy = ""};
  return {
      .check = "git",
      .verdict = Verdict::note,
      .text = fmt::format("there is no git to ask ({})", base::printable(answer.error().message)),
      .remedy = "every file is read to know its digest, and targets without declared outputs are not stored"};
}

Finding client_finding(const CachePlace& place, const run::Environment& environment) {
  const auto workspace = workspace::discover(place.root);
  if (!workspace)
    return {.check = "workspace",
            .verdict = Verdict::note,
            .text = workspace.error().message,
            .remedy = "start it in a repository with a package.json"};
  const run::NpmClient client = run::find_npm_client(workspace->client, environment);
  if (!client.main_file.empty())
    return {.check = "npm client",
            .text = fmt::format("{} {} ({})", client.name, client.version, client.main_file),
            .remedy = ""};
  const bool is_needed = place.options.compat == Compat::lage;
  return {.check = "npm client",
          .verdict = is_needed ? Verdict::problem : Verdict::note,
          .text = fmt::format("{} is not on the PATH", workspace->client),
          .remedy = "install it, or name another one as npmClient"};
}

}  // namespace

Findings check_local_store(const CachePlace& place) {
  if (place.options.skip_local_cache)
    return {{.check = "store",
             .verdict = Verdict::note,
             .text = "the configuration wants no local cache",
             .remedy = ""}};
  if (place.options.compat == Compat::lage)
    return {{.check = "store",
             .text = "it is lage's, in node_modules/.cache/lage of the repository",
             .remedy = ""}};
  const auto store = open_store(place);
  if (!store)
    return {{.check = "store", .verdict = Verdict::problem, .text = store.error().message, .remedy = ""}};
  const auto usage = (*store)->usage();
  if (!usage)
    return {{.check = "store", .verdict = Verdict::problem, .text = usage.error().message, .remedy = ""}};
  Finding finding{.check = "store",
                  .text = fmt::format("{}: {} entries, {} of at most {}", (*store)->folder(), usage->entries,
                                      base::human_size(usage->bytes), base::human_size((*store)->cap())),
                  .remedy = "",
                  .figures = {{"entries", static_cast<double>(usage->entries)},
                              {"bytes", static_cast<double>(usage->bytes)},
                              {"cap", static_cast<double>((*store)->cap())}}};
  if ((*store)->is_read_only()) {
    finding.verdict = Verdict::problem;
    finding.text += "; it can't be written to";
    finding.remedy =
        "give yourself the right to write there, or choose another place with STILLAGE_CACHE_DIR";
  }
  return {finding, space_finding(**store, usage->bytes)};
}

Findings check_programs(const CachePlace& place, const run::Environment& environment) {
  Findings findings = {git_finding(place.root)};
  const run::NodeProgram node = run::find_node(environment);
  if (node.path.empty())
    findings.push_back({.check = "node",
                        .verdict = Verdict::problem,
                        .text = "Node.js is not on the PATH",
                        .remedy = "install it: scripts, and configurations in JavaScript, need it"});
  else
    findings.push_back(
        {.check = "node", .text = fmt::format("Node.js {} ({})", node.version, node.path), .remedy = ""});
  findings.push_back(client_finding(place, environment));
  return findings;
}

}  // namespace stillage::config
