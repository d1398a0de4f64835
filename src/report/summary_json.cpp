// SPDX-License-Identifier: MIT
#include "report/summary_json.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>

#include "base/clock.h"
#include "base/json.h"
#include "base/strings.h"
#include "os/file.h"
#include "os/path.h"
#include "os/stat.h"
#include "stillage/version.h"

namespace stillage::report {
namespace {

constexpr int kFormat = 1;

/// Microseconds are as fine as anybody needs.
double rounded(double seconds) {
  return std::round(seconds * 1e6) / 1e6;
}

base::Json hit_json(const run::TargetResult& result) {
  if (!result.hit) return nullptr;
  return *result.hit == HitSource::local ? "local" : "remote";
}

base::Json target_json(const graph::Node& node, const run::TargetResult& result) {
  base::Json row = {{"id", node.target.id},
                    {"package", node.target.package_name},
                    {"task", node.target.task},
                    {"hash", result.key.empty() ? base::Json(nullptr) : base::Json(result.key)},
                    {"status", run::to_string(result.status)},
                    {"hit", hit_json(result)},
                    {"reason", result.reason},
                    {"stored", result.stored},
                    {"seconds", rounded(result.seconds)},
                    {"times",
                     {{"start", rounded(result.start_seconds)},
                      {"lookUp", rounded(result.look_up_seconds)},
                      {"restore", rounded(result.restore_seconds)},
                      {"run", rounded(result.run_seconds)},
                      {"store", rounded(result.store_seconds)},
                      {"saved", rounded(result.saved_seconds)}}},
                    {"restored",
                     {{"written", result.restored.written},
                      {"removed", result.restored.removed},
                      {"unchanged", result.restored.unchanged}}}};
  if (!result.not_stored_because.empty()) row["notStoredBecause"] = result.not_stored_because;
  if (result.status == run::TargetStatus::failed) row["exitCode"] = result.exit_code;
  return row;
}

base::Json remote_json(const run::RemoteFigures& remote) {
  return {{"name", remote.name},
          {"hits", remote.hits},
          {"misses", remote.misses},
          {"stored", remote.stored},
          {"failures", remote.failures},
          {"damaged", remote.damaged},
          {"dropped", remote.dropped},
          {"bytesSent", remote.bytes_sent},
          {"bytesReceived", remote.bytes_received},
          {"seconds", rounded(remote.seconds)}};
}

base::Json stages_json(const std::vector<base::StageTime>& stages) {
  base::Json rows = base::Json::array();
  for (const base::StageTime& stage : stages)
    rows.push_back({{"name", stage.name},
                    {"start", rounded(stage.start)},
                    {"end", rounded(stage.end)},
                    {"busy", rounded(stage.busy)},
                    {"count", stage.count}});
  return rows;
}

}  // namespace

std::string summary_json(const graph::TargetGraph& graph, const run::RunSummary& summary) {
  base::Json targets = base::Json::array();
  base::Json counts = {{"total", 0},   {"success", 0}, {"failed", 0}, {"skipped", 0},
                       {"aborted", 0}, {"pending", 0}, {"hits", 0}};
  const auto count = [&](const char* name) { counts[name] = counts[name].get<int>() + 1; };
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!graph.nodes[i].has_command) continue;
    const run::TargetResult& result = summary.targets[i];
    targets.push_back(target_json(graph.nodes[i], result));
    count("total");
    count(run::to_string(result.status));
    if (result.hit) count("hits");
  }
  return base::to_pretty_text(
      {{"format", kFormat},
       {"version", version()},
       {"result", summary.is_success() ? "success" : "failed"},
       {"interrupted", summary.interrupted},
       {"start", base::iso_time(summary.start_ns)},
       {"seconds", rounded(summary.seconds)},
       {"hashSeconds", rounded(summary.hash_seconds)},
       {"counts", counts},
       {"remote", summary.remote ? remote_json(*summary.remote) : base::Json(nullptr)},
       {"stages", stages_json(summary.stages)},
       {"targets", targets}});
}

Status check_summary_file(const std::string& path) {
  const auto refuse = [&](std::string_view why) {
    return fail(ErrorKind::invalid, fmt::format("--summary {}: {}", base::printable(path), why));
  };
  const auto there = os::stat_path(path);
  if (!there) return refuse(there.error().message);
  if (*there && !(*there)->is_regular()) {
    if (os::is_directory(path)) return refuse("that is a folder; name a file in it");
    if (::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0) return {};
    return refuse(std::strerror(errno));
  }
  std::string folder(os::parent_path(path));
  if (folder.empty()) folder = ".";
  if (!os::is_directory(folder)) return refuse("its folder does not exist; make it, or name another file");
  // A file is replaced as a whole.
  if (::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0)
    return refuse(
        fmt::format("its folder can't be written to ({}); name another file", std::strerror(errno)));
  return {};
}

Status write_summary(const std::string& path, const graph::TargetGraph& graph,
                     const run::RunSummary& summary) {
  const std::string text = summary_json(graph, summary);
  // A link, a pipe or a device is written to; only a file is replaced.
  STILLAGE_ASSIGN(const auto there, os::stat_path(path));
  if (!there || there->is_regular()) return os::write_file_atomic(path, text);
  STILLAGE_ASSIGN(const os::Fd file, os::open_path(path, O_WRONLY | O_TRUNC));
  return os::write_all(file.get(), text, path);
}

}  // namespace stillage::report
