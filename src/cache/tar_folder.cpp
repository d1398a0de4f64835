// SPDX-License-Identifier: MIT
#include "cache/tar_folder.h"

#include <fcntl.h>
#include <fmt/format.h>

#include "base/strings.h"
#include "os/at.h"
#include "os/beneath.h"
#include "os/file.h"
#include "os/path.h"
#include "os/stat.h"

namespace stillage::cache {
namespace {

using archive::TarKind;
using archive::TarMember;

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
/// Beyond this a file system's time would be another one.
constexpr std::int64_t kLastSecond = std::int64_t{1} << 33;

tl::unexpected<Error> bad(const std::string& path, std::string_view why) {
  return fail(ErrorKind::corrupt, fmt::format("{} {}", base::printable(path), why));
}

Result<os::Fd> make_folder(int folder, const std::string& path) {
  auto made = os::make_dirs_beneath(folder, path, os::LinkPolicy::refuse);
  if (made || made.error().kind != ErrorKind::invalid) return made;
  return bad(path, "lies behind a link");
}

}  // namespace

Status TarFolder::open_parent(const std::string& path) {
  const std::string_view parent = os::parent_path(path);
  // Mostly the folder is the one of the member before. A link may have taken its place since; what is open is
  // still beneath.
  if (!parent_ || parent != parent_path_) {
    parent_ = {};
    STILLAGE_ASSIGN(parent_, make_folder(folder_, std::string(parent)));
    parent_path_ = parent;
  }
  name_ = os::file_name(path);
  return {};
}

Status TarFolder::make_way(const TarMember& member) {
  STILLAGE_TRY(open_parent(member.path));
  STILLAGE_ASSIGN(const auto there, os::stat_at(parent_.get(), name_));
  if (!there) return {};
  if (there->is_directory()) return bad(member.path, "is a folder and a file");
  return os::unlink_at(parent_.get(), name_);
}

/// The other file is there already, or the tar makes no sense.
Status TarFolder::copy_of(const TarMember& member) {
  const std::string other = os::normalise_path("/" + member.link).substr(1);
  auto from = os::open_beneath(folder_, other, O_RDONLY | O_NONBLOCK | O_NOFOLLOW, os::LinkPolicy::refuse);
  if (!from) return bad(member.path, "is a link to a file that is not there");
  STILLAGE_ASSIGN(const os::FileStat stat, os::stat_fd(from->get()));
  if (!stat.is_regular()) return bad(member.path, "is a hard link to what is no file");
  return os::copy_bytes(from->get(), file_.get(), base::printable(member.path), stat.size);
}

Status TarFolder::begin(const TarMember& member) {
  if (member.kind == TarKind::directory) {
    STILLAGE_ASSIGN(const os::Fd made, make_folder(folder_, member.path));
    return {};
  }
  // A hard link to itself is what it was.
  if (member.kind == TarKind::hard_link && os::normalise_path("/" + member.link) == "/" + member.path)
    return bad(member.path, "is a link to itself");
  STILLAGE_TRY(make_way(member));
  if (member.kind == TarKind::symlink) {
    if (member.link.empty()) return bad(member.path, "is a link to nowhere");
    return os::symlink_at(member.link, parent_.get(), name_);
  }
  STILLAGE_ASSIGN(file_, os::open_at(parent_.get(), name_, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
  return member.kind == TarKind::hard_link ? copy_of(member) : Status();
}

Status TarFolder::write(std::string_view bytes) {
  return os::write_all(file_.get(), bytes, name_);
}

Status TarFolder::end(const TarMember& member) {
  if (member.kind == TarKind::directory) return {};
  if (file_) {
    STILLAGE_TRY(os::set_mode(file_.get(), member.mode & 0777 & ~os::file_mode_mask()));
    file_ = {};
  }
  if (member.mtime < -kLastSecond || member.mtime > kLastSecond) return {};
  return os::set_mtime_at(parent_.get(), name_, member.mtime * kNsPerSecond);
}

}  // namespace stillage::cache
