// SPDX-License-Identifier: MIT
#include "cache/pack.h"

#include <fmt/format.h>

#include <set>

#include "base/clock.h"
#include "base/log.h"
#include "cache/in_place.h"
#include "cache/log_root.h"
#include "os/at.h"
#include "os/file.h"
#include "os/path.h"

namespace stillage::cache {
namespace {

/// Fast rather than small: outputs are read far more often than disks are full.
constexpr int kLevel = 1;

tl::unexpected<Error> changed_meanwhile(std::string_view path) {
  return fail(ErrorKind::invalid, fmt::format("{} changed while it was packed", base::printable(path)));
}

Status add_all(archive::EntryWriter& writer, const PackageFolder& folder, const MadeOutputs& made) {
  os::Fd parent;
  std::string parent_path;
  for (const FoundPath& found : made.outputs) {
    if (found.stat.is_directory()) {
      STILLAGE_TRY(writer.add_directory(found.path, found.stat.mode & 0777));
      continue;
    }
    const std::string_view wanted = os::parent_path(found.path);
    if (!parent || wanted != parent_path) {
      STILLAGE_ASSIGN(parent, folder.open_folder(wanted));
      parent_path = wanted;
    }
    const std::string name(os::file_name(found.path));
    if (found.stat.is_symlink()) {
      STILLAGE_ASSIGN(std::string text, os::read_link_at(parent.get(), name));
      STILLAGE_TRY(writer.add_symlink(found.path, std::move(text)));
      continue;
    }
    STILLAGE_TRY(writer.add_file(parent.get(), name, found.path));
    const os::FileStat& packed = writer.last_stat();
    if (mark_of(packed) != mark_of(found.stat) || packed.size != found.stat.size)
      return changed_meanwhile(found.path);
  }
  return {};
}

void remove_file(const std::string& path) {
  (void)os::remove_tree(path);
}

}  // namespace

Result<archive::EntryWriter::Finished> pack_outputs(const Checkout& checkout, const PackageFolder& folder,
                                                    const MadeOutputs& made, const PackRequest& request) {
  const bool binds = request.target.absolute_paths == AbsolutePaths::bind && checkout.root().size() > 1;
  STILLAGE_ASSIGN(auto writer,
                  archive::EntryWriter::create(request.temp_folder, binds ? checkout.root() : "", kLevel));
  STILLAGE_TRY(add_all(writer, folder, made));
  archive::Manifest manifest;
  manifest.key = request.key;
  manifest.target = request.target.id;
  manifest.command = request.target.command;
  manifest.created_ns = base::now_ns();
  manifest.duration_ns = request.run.duration.count();
  manifest.platform = request.platform;
  manifest.log = without_root(request.run.log, checkout.root());
  if (binds && writer.found_path()) {
    manifest.bound_to = checkout.root();
    base::warn_once(
        "bound entries",
        fmt::format(
            "outputs of {} hold the path of this checkout, so they are used in this one only, as are those "
            "of other such targets (\"absolutePaths\": \"allow\" says of a target that the path does no "
            "harm elsewhere)",
            request.target.id));
  }
  auto finished = writer.finish(std::move(manifest), os::Durability::rename_only);
  if (!finished) return finished;
  // A change of a file that was packed early on, while others were.
  for (const FoundPath& found : made.outputs) {
    if (found.stat.is_directory()) continue;
    const auto now = folder.stat(found.path);
    if (now && *now && mark_of(**now) == mark_of(found.stat)) continue;
    remove_file(finished->path);
    return changed_meanwhile(found.path);
  }
  return finished;
}

Status remember_outputs(Checkout& checkout, const PackageFolder& folder, const TargetOutputs& outputs,
                        const std::string& target, const MadeOutputs& made, const archive::Manifest* manifest,
                        const EntryMark& entry) {
  SnapshotDraft draft;
  draft.target = target;
  draft.package_dir = outputs.package_dir();
  draft.entry = entry;
  draft.taken_ns = made.scan.started_ns;
  draft.always_scan = folder.follows_links();
  std::set<std::string> texts;  // of links; the records point into it
  for (std::size_t i = 0; i < made.outputs.size(); ++i) {
    const FoundPath& found = made.outputs[i];
    OutputRecord record{.path = found.path,
                        .kind = kind_of(found.stat),
                        .mode = found.stat.is_symlink() ? 0 : found.stat.mode & 0777,
                        .size = found.stat.is_regular() ? found.stat.size : 0,
                        .digest = {},
                        .link = {},
                        .mark = mark_of(found.stat)};
    if (manifest != nullptr) {
      record.digest = manifest->outputs[i].digest;
      record.link = manifest->outputs[i].link;
    } else if (found.stat.is_symlink()) {
      const auto dir = folder.open_folder(os::parent_path(found.path));
      auto text = dir ? os::read_link_at(dir->get(), std::string(os::file_name(found.path)))
                      : tl::make_unexpected(dir.error());
      if (text) record.link = *texts.insert(std::move(*text)).first;
    }
    draft.outputs.push_back(record);
  }
  if (manifest != nullptr) {
    draft.key = manifest->key;
    draft.created_ns = manifest->created_ns;
    draft.duration_ns = manifest->duration_ns;
  }
  draft.folders = folder_records(made.scan);
  return checkout.snapshots.save_or_forget(draft);
}

}  // namespace stillage::cache
