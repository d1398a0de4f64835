// SPDX-License-Identifier: MIT
#include "cache/package_folder.h"

#include <fcntl.h>
#include <fmt/format.h>

#include "base/strings.h"
#include "os/at.h"
#include "os/beneath.h"
#include "os/file.h"
#include "os/path.h"
#include "os/witness.h"

namespace stillage::cache {

PackageFolder::PackageFolder(int root, std::string root_path, std::string package_dir, os::Fd fd)
    : root_(root),
      root_path_(std::move(root_path)),
      package_dir_(std::move(package_dir)),
      fd_(std::move(fd)),
      known_(root_path_) {}

Result<PackageFolder> PackageFolder::open(int root, const std::string& root_path,
                                          const std::string& package_dir) {
  STILLAGE_ASSIGN(os::Fd fd,
                  os::open_beneath(root, package_dir, O_PATH | O_DIRECTORY, os::LinkPolicy::inside_only));
  return PackageFolder(root, root_path, package_dir, std::move(fd));
}

Status PackageFolder::follow(const std::string& path) {
  const std::string full = os::join_path(package_dir_, path);
  const auto refused = [&](std::string_view why) {
    return fail(ErrorKind::unsupported,
                fmt::format("{} is a link that {}: outputs behind it can be neither stored nor restored",
                            base::printable(full), why));
  };
  auto fd = os::open_beneath(root_, full, O_PATH | O_DIRECTORY, os::LinkPolicy::inside_only);
  if (!fd && fd.error().kind == ErrorKind::invalid) return refused("leads out of the checkout");
  if (!fd) return refused("leads to no folder");
  STILLAGE_ASSIGN(const std::string real, os::read_link_at(AT_FDCWD, os::path_of_fd(fd->get())));
  const auto from_root = os::path_below(real, root_path_);
  if (!from_root) return refused("leads out of the checkout");
  followed_.insert_or_assign(path, Followed{std::move(*fd), std::string(*from_root)});
  return {};
}

PackageFolder::Place PackageFolder::place_of(std::string_view path) const {
  // Links are few: the longest one on the way counts.
  Place place{fd_.get(), path, nullptr};
  std::size_t longest = 0;
  for (const auto& [link, followed] : followed_) {
    const auto rest = os::path_below(path, link);
    if (!rest || link.size() < longest) continue;
    longest = link.size();
    place = {followed.fd.get(), *rest, &followed};
  }
  return place;
}

Result<os::Fd> PackageFolder::open_folder(std::string_view path) const {
  const Place place = place_of(path);
  return os::open_beneath(place.fd, std::string(place.rest), O_RDONLY | O_DIRECTORY, os::LinkPolicy::refuse);
}

Result<os::Fd> PackageFolder::make_folders(std::string_view path) const {
  const Place place = place_of(path);
  return os::make_dirs_beneath(place.fd, std::string(place.rest), os::LinkPolicy::refuse);
}

Result<std::optional<os::FileStat>> PackageFolder::stat(std::string_view path) const {
  const os::WitnessPause outputs_are_in_snapshots;
  const Place place = place_of(os::parent_path(path));
  if (place.followed == nullptr)
    if (const auto known = known_.find(os::join_path(package_dir_, path));
        known && (!path.empty() || known->is_directory()))
      return known;
  if (path.empty()) return os::stat_at(fd_.get(), ".");
  const std::string name = os::join_path(place.rest, os::file_name(path));
  return os::stat_at(place.fd, name);
}

std::string PackageFolder::from_root(std::string_view path) const {
  const Place place = place_of(path);
  return place.followed != nullptr ? os::join_path(place.followed->from_root, place.rest)
                                   : os::join_path(package_dir_, path);
}

}  // namespace stillage::cache
