// SPDX-License-Identifier: MIT
#include "run/running_scripts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <span>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/strings.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/path.h"
#include "os/state_file.h"

namespace stillage::run {
namespace {

constexpr os::StateFormat kFormat{"SCRP", 1};
constexpr std::size_t kMaxEnvironment = 4 << 20;

struct Record {
  /// Process numbers mean something within one boot and one process namespace only.
  std::string machine;
  os::ProcessId owner;
  os::ProcessId leader;  ///< pid 0: the owner was about to start it
  std::string target_id, package_name, task, cwd;
};

std::string machine() {
  const auto boot = os::read_file("/proc/sys/kernel/random/boot_id", 1000);
  const auto name_space = os::read_link_at(AT_FDCWD, "/proc/self/ns/pid");
  return boot.value_or("") + name_space.value_or("");
}

const std::string& this_machine() {
  static const std::string name = machine();
  return name;
}

std::string to_bytes(const Record& record) {
  base::ByteWriter writer;
  writer.text(record.machine);
  for (const os::ProcessId& id : {record.owner, record.leader}) {
    writer.i64(id.pid);
    writer.u64(id.start_time);
  }
  for (const std::string* text : {&record.target_id, &record.package_name, &record.task, &record.cwd})
    writer.text(*text);
  return writer.take();
}

std::optional<Record> read_record(const std::string& path) {
  const auto file = os::StateFile::read(path, kFormat);
  if (!file) return std::nullopt;
  base::ByteReader reader(file->payload());
  Record record;
  record.machine = reader.text();
  for (os::ProcessId* id : {&record.owner, &record.leader}) {
    id->pid = static_cast<pid_t>(reader.i64());
    id->start_time = reader.u64();
  }
  for (std::string* text : {&record.target_id, &record.package_name, &record.task, &record.cwd})
    *text = reader.text();
  if (!reader.ok() || !reader.at_end()) return std::nullopt;
  return record;
}

bool is_alive(const os::ProcessId& id) {
  const auto info = os::process_info(id.pid);
  return info && info->start_time == id.start_time;
}

/// Whether the process was started as this target's script, or by it: every script is given these variables.
bool carries_marks_of(const Record& record, pid_t pid) {
  const auto environment = os::read_file("/proc/" + std::to_string(pid) + "/environ", kMaxEnvironment);
  if (!environment) return false;
  const auto variables = base::split(*environment, '\0');
  const auto has = [&](const std::string& variable) {
    return std::ranges::find(variables, variable) != variables.end();
  };
  return has("LAGE_PACKAGE_NAME=" + record.package_name) && has("LAGE_TASK=" + record.task) &&
         has("STILLAGE_TARGET_DIR=" + record.cwd);
}

/// This process and all above it: a build may start builds.
std::set<pid_t> own_groups() {
  std::set<pid_t> groups;
  pid_t pid = ::getpid();
  for (int level = 0; pid > 0 && level < 1000; ++level) {
    const auto info = os::process_info(pid);
    if (!info) break;
    groups.insert(info->group);
    pid = info->parent;
  }
  return groups;
}

/// The groups that the script of this record, or what is left of it, runs in.
std::set<pid_t> groups_of(const Record& record) {
  std::set<pid_t> groups;
  if (record.leader.pid > 1 && is_alive(record.leader)) {
    groups.insert(record.leader.pid);
  } else if (const auto processes = os::list_dir("/proc")) {
    // The leader has ended before the rest, or the owner was killed before it could write down the number.
    for (const os::DirEntry& entry : *processes) {
      pid_t pid = 0;
      const char* const end = entry.name.data() + entry.name.size();
      if (std::from_chars(entry.name.data(), end, pid).ptr != end) continue;
      const auto info = os::process_info(pid);
      if (!info || info->group <= 1) continue;
      const bool may_be = record.leader.pid > 1 ? info->group == record.leader.pid : true;
      if (may_be && carries_marks_of(record, pid)) groups.insert(info->group);
    }
  }
  for (const pid_t own : own_groups()) groups.erase(own);
  return groups;
}

/// True if something had to be ended.
bool end_orphans_at(const std::string& path) {
  const auto record = read_record(path);
  if (!record || record->machine != this_machine()) {
    // Unreadable, or of an earlier boot. (Another container's number space: its owner removes it.)
    if (!record || !record->machine.starts_with(this_machine().substr(0, 36))) (void)::unlink(path.c_str());
    return false;
  }
  if (is_alive(record->owner)) return false;
  const std::set<pid_t> groups = groups_of(*record);
  for (const pid_t group : groups) os::end_group(group);
  if (!groups.empty())
    base::warn(fmt::format("ended the processes of {} that a killed run had left",
                           base::printable(record->target_id)));
  (void)::unlink(path.c_str());
  return !groups.empty();
}

std::string file_of(const std::string& folder, std::string_view target_id) {
  const auto digest = base::sha256(target_id);
  return folder + "/" + base::to_hex(std::span(digest).first(16));
}

Record record_of(const Target& target, const os::ProcessId& owner, const os::ProcessId& leader) {
  return {.machine = this_machine(),
          .owner = owner,
          .leader = leader,
          .target_id = target.id,
          .package_name = target.package_name,
          .task = target.task,
          .cwd = target.cwd};
}

std::string folder_of(const std::string& checkout_dir) {
  return os::join_path(checkout_dir, "running");
}

}  // namespace

RunningScripts::RunningScripts(const std::string& checkout_dir)
    : folder_(folder_of(checkout_dir)), own_id_(os::own_process_id()) {}

bool may_have_running_scripts(const std::string& checkout_dir) {
  const std::string folder = folder_of(checkout_dir);
  const auto entries = os::list_dir(folder);
  return entries ? !entries->empty() : os::exists(folder);
}

void RunningScripts::end_orphans(TargetLocks& locks) {
  const auto entries = os::list_dir(folder_);
  if (!entries) return;
  for (const os::DirEntry& entry : *entries) {
    const std::string path = folder_ + "/" + entry.name;
    const auto record = read_record(path);
    // Who holds the lock takes care of the target itself.
    auto held = locks.try_acquire(record ? record->target_id : std::string());
    if (held && *held) end_orphans_at(path);
  }
}

bool RunningScripts::end_orphans_of(const Target& target) {
  return end_orphans_at(file_of(folder_, target.id));
}

Status RunningScripts::add(const Target& target) {
  const std::string path = file_of(folder_, target.id);
  const std::string bytes = to_bytes(record_of(target, own_id_, {}));
  if (os::StateFile::write(path, kFormat, bytes)) return {};
  STILLAGE_TRY(os::make_dirs(folder_, 0700));
  return os::StateFile::write(path, kFormat, bytes);
}

Status RunningScripts::set_process(const Target& target, os::ProcessId leader) {
  return os::StateFile::write(file_of(folder_, target.id), kFormat,
                              to_bytes(record_of(target, own_id_, leader)));
}

void RunningScripts::remove(const Target& target) {
  (void)::unlink(file_of(folder_, target.id).c_str());
}

}  // namespace stillage::run
