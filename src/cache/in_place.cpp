// SPDX-License-Identifier: MIT
#include "cache/in_place.h"

#include <algorithm>

#include "os/file.h"
#include "os/path.h"

namespace stillage::cache {
namespace {

enum class Sameness { same, same_but_young, other };

Sameness compare(const Snapshot& snapshot, const OutputRecord& record, const os::FileStat& stat,
                 const PackageFolder& folder) {
  if (snapshot.is_unchanged(record, stat)) return Sameness::same;
  if (record.mark != mark_of(stat) || record.kind != kind_of(stat)) return Sameness::other;
  if (record.kind == archive::OutputKind::file) {
    if (record.size != stat.size || record.mode != (stat.mode & 0777)) return Sameness::other;
    const auto digest = digest_file(folder, record.path);
    return digest && *digest == record.digest ? Sameness::same_but_young : Sameness::other;
  }
  if (record.kind == archive::OutputKind::symlink) {
    const auto dir = folder.open_folder(os::parent_path(record.path));
    const auto text = dir ? os::read_link_at(dir->get(), std::string(os::file_name(record.path)))
                          : tl::make_unexpected(dir.error());
    return text && *text == record.link ? Sameness::same_but_young : Sameness::other;
  }
  return Sameness::other;
}

/// Nothing if it can't be looked at.
std::optional<FileMark> mark_now(const PackageFolder& folder, std::string_view path) {
  const auto stat = folder.stat(path);
  if (!stat) return std::nullopt;
  return *stat ? mark_of(**stat) : FileMark{};
}

/// `mark_of_folder` gives the mark of a folder's path.
template <class MarkNow>
bool folders_are_unchanged(const Snapshot& snapshot, const MarkNow& mark_of_folder) {
  if (snapshot.always_scan) return false;
  return std::all_of(snapshot.folders.begin(), snapshot.folders.end(), [&](const FolderRecord& record) {
    const std::optional<FileMark> now = mark_of_folder(record.path);
    return now == record.mark && (record.mark == FileMark{} || !snapshot.is_racy(record.mark));
  });
}

/// Whether the globs hold nothing that a restore would remove.
bool nothing_is_stale(const Snapshot& snapshot, const OutputScan& scan, Removal& removal) {
  for (const auto* found : {&scan.entries, &scan.empty_folders})
    for (const FoundPath& path : *found)
      if (snapshot.find(path.path) == nullptr && removal.allows(path.path, path.stat)) return false;
  return true;
}

}  // namespace

Result<InPlace> check_in_place(const Snapshot& snapshot, const TargetOutputs& outputs, PackageFolder& folder,
                               Owners& owners, Removal& removal, StaleOutputs stale) {
  InPlace answer;
  for (const OutputRecord& record : snapshot.outputs) {
    STILLAGE_ASSIGN(const auto stat, folder.stat(record.path));
    const Sameness sameness = stat ? compare(snapshot, record, *stat, folder) : Sameness::other;
    if (sameness == Sameness::other) {
      if (!owners.is_left_to_later(outputs.from_root(record.path), stat)) return InPlace{};
      answer.left.emplace(record.path);
      continue;
    }
    if (sameness == Sameness::same_but_young) answer.wants_refresh = true;
    ++answer.unchanged;
  }
  if (!folders_are_unchanged(snapshot, [&](std::string_view path) { return mark_now(folder, path); })) {
    STILLAGE_ASSIGN(answer.scan, scan_outputs(folder, outputs));
    if (stale == StaleOutputs::remove && !nothing_is_stale(snapshot, *answer.scan, removal)) return InPlace{};
    answer.wants_refresh = true;
  }
  answer.is_in_place = true;
  return answer;
}

bool is_plainly_in_place(const Snapshot& snapshot, const PackageFolder& folder, FolderMarks& marks) {
  const auto is_unchanged = [&](const OutputRecord& record) {
    const auto stat = folder.stat(record.path);
    return stat && *stat && snapshot.is_unchanged(record, **stat);
  };
  if (!std::all_of(snapshot.outputs.begin(), snapshot.outputs.end(), is_unchanged)) return false;
  return folders_are_unchanged(snapshot, [&](std::string_view path) -> std::optional<FileMark> {
    if (const auto known = marks.find(path); known != marks.end()) return known->second;
    const auto mark = mark_now(folder, path);
    if (mark) marks.emplace(path, *mark);
    return mark;
  });
}

std::vector<FolderRecord> folder_records(const OutputScan& scan) {
  std::vector<FolderRecord> records;
  records.reserve(scan.folders.size() + scan.absent.size());
  for (const FoundPath& found : scan.folders) records.push_back({found.path, mark_of(found.stat)});
  for (const std::string& path : scan.absent) records.push_back({path, {}});
  return records;
}

}  // namespace stillage::cache
