// SPDX-License-Identifier: MIT
#include "watch/plan.h"

#include <algorithm>
#include <bit>

#include "os/dir.h"
#include "os/file.h"
#include "os/path.h"
#include "os/state_file.h"

namespace stillage::watch {
namespace {

constexpr os::StateFormat kFormat{"PLAN", 1};
/// Of all checkouts, commands and environments of a user; when there are more, the older half goes.
constexpr std::size_t kMostPlans = 128;

void forget_old(const std::string& folder) {
  const auto names = os::list_dir(folder);
  if (!names || names->size() <= kMostPlans) return;
  std::vector<std::pair<std::int64_t, std::string>> files;
  for (const os::DirEntry& name : *names) {
    const std::string path = os::join_path(folder, name.name);
    if (const auto stat = os::stat_path(path); stat && *stat) files.emplace_back((*stat)->mtime_ns, path);
  }
  std::sort(files.begin(), files.end());
  for (std::size_t i = 0; i < files.size() / 2; ++i) (void)os::remove_tree(files[i].second);
}

}  // namespace

std::string encode(const Plan& plan) {
  base::ByteWriter writer;
  writer.text(plan.program);
  writer.i64(plan.made_ns);
  writer.text(plan.state_folder);
  writer.text(plan.entries_folder);
  writer.u64(plan.instance);
  writer.u64(plan.since);
  writer.u64(plan.marks.size());
  for (const PathMark& mark : plan.marks) write_mark(writer, mark);
  writer.u64(plan.targets.size());
  for (const PlannedTarget& target : plan.targets) {
    writer.text(target.id);
    writer.text(target.key);
    writer.u8(target.has_command ? 1 : 0);
    writer.u64(std::bit_cast<std::uint64_t>(target.saved_seconds));
  }
  return writer.take();
}

std::optional<Plan> parse_plan(std::string_view payload) {
  base::ByteReader reader(payload);
  Plan plan;
  plan.program = reader.text();
  plan.made_ns = reader.i64();
  plan.state_folder = reader.text();
  plan.entries_folder = reader.text();
  plan.instance = reader.u64();
  plan.since = reader.u64();
  const std::uint64_t marks = reader.u64();
  if (marks > reader.left() / 8) return std::nullopt;
  for (std::uint64_t i = 0; i < marks; ++i) plan.marks.push_back(read_mark(reader));
  const std::uint64_t targets = reader.u64();
  if (targets > reader.left() / 8) return std::nullopt;
  plan.targets.reserve(targets);
  for (std::uint64_t i = 0; i < targets; ++i) {
    PlannedTarget& target = plan.targets.emplace_back();
    target.id = reader.text();
    target.key = reader.text();
    target.has_command = reader.u8() != 0;
    target.saved_seconds = std::bit_cast<double>(reader.u64());
  }
  if (!reader.ok() || !reader.at_end()) return std::nullopt;
  return plan;
}

std::optional<StoredPlan> read_plan(const std::string& path) {
  auto file = os::StateFile::read(path, kFormat);
  if (!file) return std::nullopt;
  const auto bytes = std::make_shared<const os::StateFile>(std::move(*file));
  auto plan = parse_plan(bytes->payload());
  if (!plan) return std::nullopt;
  return StoredPlan{bytes, std::move(*plan)};
}

Status write_plan(const std::string& path, const Plan& plan) {
  const std::string folder(os::parent_path(path));
  STILLAGE_TRY(os::StateFile::write(path, kFormat, encode(plan)));
  forget_old(folder);
  return {};
}

bool leave_alone(const Plan& plan, const std::vector<std::string>& changed_paths) {
  return std::all_of(changed_paths.begin(), changed_paths.end(), [&](const std::string& path) {
    // An entry's name begins with its key, and lies in a folder called as that begins.
    const auto below = os::path_below(path, plan.entries_folder);
    if (!below || below->empty()) return false;
    const std::string_view name = os::file_name(path);
    return std::none_of(plan.targets.begin(), plan.targets.end(), [&](const PlannedTarget& target) {
      return !target.key.empty() && (name.starts_with(target.key) || target.key.starts_with(name));
    });
  });
}

}  // namespace stillage::watch
