// SPDX-License-Identifier: MIT
#include "cache/output_writer.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "os/at.h"
#include "os/file.h"
#include "os/path.h"

namespace stillage::cache {

using archive::Output;
using archive::OutputKind;

OutputWriter::OutputWriter(PackageFolder& folder, const archive::Manifest& manifest, const RestorePlan& plan,
                           WritableFolders& writable)
    : folder_(folder), manifest_(manifest), plan_(plan), writable_(writable) {
  for (const std::string& top : plan.staged) staging_.emplace(top, os::temp_name());
}

RestoreAction OutputWriter::action_of(const Output& output) const {
  return plan_.actions[static_cast<std::size_t>(&output - manifest_.outputs.data())];
}

bool OutputWriter::is_staged(std::string_view path) const {
  const std::string_view top = path.substr(0, path.find('/'));
  return staging_.contains(top) && !appeared_.contains(top);
}

std::string OutputWriter::place_of(std::string_view path) const {
  if (!is_staged(path)) return std::string(path);
  const std::size_t top = std::min(path.find('/'), path.size());
  return staging_.find(path.substr(0, top))->second + std::string(path.substr(top));
}

Status OutputWriter::open_parent(std::string_view path) {
  std::string wanted(os::parent_path(place_of(path)));
  // Outputs come in order: mostly the folder is the one of the file before.
  if (parent_ && wanted == parent_path_) return {};
  parent_ = {};
  writable_.open_up(wanted);
  STILLAGE_ASSIGN(parent_, folder_.make_folders(wanted));
  parent_path_ = std::move(wanted);
  return {};
}

Result<bool> OutputWriter::begin(const Output& output) {
  if (action_of(output) != RestoreAction::write) return false;
  STILLAGE_TRY(open_parent(output.path));
  temp_ = is_staged(output.path) ? std::string(os::file_name(output.path)) : os::temp_name();
  auto file = os::open_at(parent_.get(), temp_, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  if (!file) {
    // The folder may have been removed as an emptied one by another restore.
    parent_ = {};
    STILLAGE_TRY(open_parent(output.path));
    file = os::open_at(parent_.get(), temp_, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  }
  if (!file) {
    temp_.clear();
    return fail_in("cannot write " + base::printable(output.path), file.error());
  }
  file_ = std::move(*file);
  return true;
}

Status OutputWriter::write(std::string_view bytes) {
  return os::write_all(file_.get(), bytes, temp_);
}

Status OutputWriter::end(const Output& output) {
  STILLAGE_TRY(os::set_mode(file_.get(), output.mode));
  STILLAGE_ASSIGN(const os::FileStat stat, os::stat_fd(file_.get()));
  file_ = {};
  if (!is_staged(output.path))
    STILLAGE_TRY(os::rename_at(parent_.get(), temp_, parent_.get(), std::string(os::file_name(output.path))));
  temp_.clear();
  written_.emplace(output.path, stat);
  return {};
}

Status OutputWriter::make_link(const Output& output) {
  STILLAGE_TRY(open_parent(output.path));
  const std::string name(os::file_name(output.path));
  if (is_staged(output.path)) return os::symlink_at(output.link, parent_.get(), name);
  const std::string aside = os::temp_name();
  STILLAGE_TRY(os::symlink_at(output.link, parent_.get(), aside));
  const Status renamed = os::rename_at(parent_.get(), aside, parent_.get(), name);
  if (!renamed) (void)os::unlink_at(parent_.get(), aside);
  return renamed;
}

Status OutputWriter::make_folder(const Output& output) {
  STILLAGE_ASSIGN(const os::Fd folder, folder_.make_folders(place_of(output.path)));
  return {};
}

Status OutputWriter::set_modes() {
  // What lies deeper comes first: its folder may be read-only afterwards.
  for (auto at = manifest_.outputs.rbegin(); at != manifest_.outputs.rend(); ++at) {
    const Output& output = *at;
    const RestoreAction action = action_of(output);
    const bool is_changed_folder =
        output.kind == OutputKind::directory &&
        (action == RestoreAction::write || writable_.opened().contains(output.path));
    if (action != RestoreAction::set_mode && !is_changed_folder) continue;
    const std::string path = place_of(output.path);
    STILLAGE_ASSIGN(const os::Fd parent, folder_.open_folder(os::parent_path(path)));
    const int how = output.kind == OutputKind::directory ? O_PATH | O_DIRECTORY : O_RDONLY | O_NONBLOCK;
    auto fd = os::open_at(parent.get(), std::string(os::file_name(path)), how | O_NOFOLLOW);
    if (!fd) return fail_in("cannot set permissions", fd.error());
    STILLAGE_TRY(os::set_mode(fd->get(), output.mode));
    if (output.kind == OutputKind::file) {
      STILLAGE_ASSIGN(const os::FileStat stat, os::stat_fd(fd->get()));
      written_.insert_or_assign(output.path, stat);
    }
  }
  return {};
}

Status OutputWriter::finish() {
  for (const Output& output : manifest_.outputs) {
    if (action_of(output) != RestoreAction::write) continue;
    if (output.kind == OutputKind::symlink) STILLAGE_TRY(make_link(output));
    if (output.kind == OutputKind::directory) STILLAGE_TRY(make_folder(output));
  }
  STILLAGE_TRY(set_modes());
  parent_ = {};
  for (const auto& [top, aside] : staging_) {
    STILLAGE_ASSIGN(const bool appeared, os::rename_new_at(folder_.fd(), aside, folder_.fd(), top));
    if (!appeared)
      return fail(ErrorKind::io, fmt::format("{} was made by somebody else while it was being restored",
                                             base::printable(os::join_path(folder_.package_dir(), top))));
    appeared_.insert(top);
  }
  return {};
}

void OutputWriter::abandon() {
  file_ = {};
  if (!temp_.empty() && parent_) (void)os::unlink_at(parent_.get(), temp_);
  for (const auto& [top, aside] : staging_)
    if (!appeared_.contains(top)) (void)os::remove_tree_at(folder_.fd(), aside);
}

}  // namespace stillage::cache
