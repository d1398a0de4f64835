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

namespace {

/// So many new files are worth further threads.
constexpr std::ptrdiff_t kFilesForCrew = 500;

}  // namespace

OutputWriter::OutputWriter(PackageFolder& folder, const archive::Manifest& manifest, const RestorePlan& plan,
                           WritableFolders& writable)
    : folder_(folder),
      manifest_(manifest),
      plan_(plan),
      writable_(writable),
      staged_(folder, plan.staged),
      written_(manifest.outputs.size()) {
  const auto to_write = std::count(plan.actions.begin(), plan.actions.end(), RestoreAction::write);
  if (!plan.staged.empty() && to_write >= kFilesForCrew)
    crew_ = std::make_unique<FileCrew>(
        [this](const NewFile& file) { return make_at_once(*file.output, file.folder->get(), file.content); });
}

std::size_t OutputWriter::index_of(const Output& output) const {
  return static_cast<std::size_t>(&output - manifest_.outputs.data());
}

const os::FileStat* OutputWriter::written(std::size_t index) const {
  return index < written_.size() && written_[index].inode != 0 ? &written_[index] : nullptr;
}

Status OutputWriter::open_parent(std::string_view path) {
  const std::string_view wanted = os::parent_path(path);
  // Outputs come in order: mostly the folder is the one of the file before.
  if (parent_ && wanted == parent_path_) return {};
  parent_ = {};
  if (staged_.holds(path)) {
    STILLAGE_ASSIGN(parent_, staged_.enter(wanted));
  } else {
    writable_.open_up(wanted);
    STILLAGE_ASSIGN(os::Fd fd, folder_.make_folders(wanted));
    parent_ = std::make_shared<const os::Fd>(std::move(fd));
  }
  parent_path_ = wanted;
  return {};
}

Result<OutputWriter::Making> OutputWriter::open_file(const Output& output, int folder) const {
  Making making;
  making.name = staged_.holds(output.path) ? std::string(os::file_name(output.path)) : os::temp_name();
  STILLAGE_ASSIGN(making.file,
                  os::open_at(folder, making.name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, output.mode));
  return making;
}

Result<bool> OutputWriter::begin(const Output& output) {
  if (action_of(output) != RestoreAction::write) return false;
  STILLAGE_TRY(open_parent(output.path));
  current_ = &output;
  whole_ = {};
  return true;
}

Status OutputWriter::write(std::string_view bytes) {
  if (!making_.file && bytes.size() == current_->size) {
    whole_ = bytes;  // stays where it is until the end of this file
    return {};
  }
  if (!making_.file) {
    STILLAGE_ASSIGN(making_, open_file(*current_, parent_->get()));
  }
  return os::write_all(making_.file.get(), bytes, making_.name);
}

Status OutputWriter::end(const Output& output) {
  if (making_.file) return complete(output, parent_->get(), std::exchange(making_, {}));
  if (crew_ && staged_.holds(output.path)) return crew_->add({&output, parent_, std::string(whole_)});
  return make_at_once(output, parent_->get(), whole_);
}

Status OutputWriter::make_at_once(const Output& output, int folder, std::string_view content) {
  auto making = open_file(output, folder);
  if (!making && !staged_.holds(output.path)) {
    // The folder may have been removed as an emptied one by another restore.
    parent_ = {};
    STILLAGE_TRY(open_parent(output.path));
    folder = parent_->get();
    making = open_file(output, folder);
  }
  if (!making) return fail_in("cannot write " + base::printable(output.path), making.error());
  if (const Status wrote = os::write_all(making->file.get(), content, making->name); !wrote) {
    (void)os::unlink_at(folder, making->name);
    return wrote;
  }
  return complete(output, folder, std::move(*making));
}

Status OutputWriter::complete(const Output& output, int folder, Making making) {
  const auto complete_now = [&]() -> Status {
    STILLAGE_ASSIGN(os::FileStat stat, os::stat_fd(making.file.get()));
    // The umask, or a rule of the folder, has taken some away.
    if (stat.permissions() != output.mode) {
      STILLAGE_TRY(os::set_mode(making.file.get(), output.mode));
      STILLAGE_ASSIGN(stat, os::stat_fd(making.file.get()));
    }
    making.file = {};
    if (!staged_.holds(output.path))
      STILLAGE_TRY(os::rename_at(folder, making.name, folder, std::string(os::file_name(output.path))));
    written_[index_of(output)] = stat;
    return {};
  };
  Status completed = complete_now();
  if (!completed) (void)os::unlink_at(folder, making.name);
  return completed;
}

Status OutputWriter::make_link(const Output& output) {
  STILLAGE_TRY(open_parent(output.path));
  const std::string name(os::file_name(output.path));
  if (staged_.holds(output.path)) {
    STILLAGE_TRY(os::symlink_at(output.link, parent_->get(), name));
  } else {
    const std::string aside = os::temp_name();
    STILLAGE_TRY(os::symlink_at(output.link, parent_->get(), aside));
    const Status renamed = os::rename_at(parent_->get(), aside, parent_->get(), name);
    if (!renamed) (void)os::unlink_at(parent_->get(), aside);
    STILLAGE_TRY(renamed);
  }
  STILLAGE_ASSIGN(const auto stat, os::stat_at(parent_->get(), name));
  if (stat) written_[index_of(output)] = *stat;
  return {};
}

Status OutputWriter::make_folder(const Output& output) {
  if (staged_.holds(output.path)) {
    STILLAGE_TRY(staged_.enter(output.path));
  } else {
    STILLAGE_TRY(folder_.make_folders(output.path));
  }
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
    const std::string path = staged_.place_of(output.path);
    STILLAGE_ASSIGN(const os::Fd parent, folder_.open_folder(os::parent_path(path)));
    const int how = output.kind == OutputKind::directory ? O_PATH | O_DIRECTORY : O_RDONLY | O_NONBLOCK;
    auto fd = os::open_at(parent.get(), std::string(os::file_name(path)), how | O_NOFOLLOW);
    if (!fd) return fail_in("cannot set permissions", fd.error());
    STILLAGE_TRY(os::set_mode(fd->get(), output.mode));
    if (output.kind == OutputKind::file) {
      STILLAGE_ASSIGN(written_[index_of(output)], os::stat_fd(fd->get()));
    }
  }
  return {};
}

Status OutputWriter::finish() {
  if (crew_) STILLAGE_TRY(crew_->finish());
  for (const Output& output : manifest_.outputs) {
    if (action_of(output) != RestoreAction::write) continue;
    if (output.kind == OutputKind::symlink) STILLAGE_TRY(make_link(output));
    if (output.kind == OutputKind::directory) STILLAGE_TRY(make_folder(output));
  }
  STILLAGE_TRY(set_modes());
  parent_ = {};
  return staged_.appear();
}

void OutputWriter::abandon() {
  crew_.reset();
  if (making_.file && parent_) (void)os::unlink_at(parent_->get(), making_.name);
  making_ = {};
  staged_.abandon();
}

}  // namespace stillage::cache
