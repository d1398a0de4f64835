// SPDX-License-Identifier: MIT
#pragma once
// Access to one package's folder that cannot leave it: no call passes through a link, except those that
// follow() has let in, which lead to somewhere inside the checkout. Paths are relative to the package. Not
// for use from two threads at a time.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "os/fd.h"
#include "os/known_looks.h"
#include "os/stat.h"
#include "stillage/result.h"

namespace stillage::cache {

class PackageFolder {
 public:
  /// `root` is the open root folder of the checkout, `root_path` its real path.
  static Result<PackageFolder> open(int root, const std::string& root_path, const std::string& package_dir);

  /// Lets later calls pass through the link at `path`, if it leads to a folder inside the checkout; an
  /// `unsupported` error otherwise.
  Status follow(const std::string& path);
  bool follows_links() const { return !followed_.empty(); }

  /// The folder for listing it; "" is the package's. An `invalid` error if a link is on the way.
  Result<os::Fd> open_folder(std::string_view path) const;
  /// The same, making what is missing.
  Result<os::Fd> make_folders(std::string_view path) const;
  /// Not through a final link.
  Result<std::optional<os::FileStat>> stat(std::string_view path) const;
  /// Where the path really lies, relative to the root: the name by which git knows it.
  std::string from_root(std::string_view path) const;
  const std::string& package_dir() const { return package_dir_; }
  int fd() const { return fd_.get(); }

 private:
  struct Followed {
    os::Fd fd;
    std::string from_root;
  };
  struct Place {
    int fd;
    std::string_view rest;
    const Followed* followed;
  };
  PackageFolder(int root, std::string root_path, std::string package_dir, os::Fd fd);
  Place place_of(std::string_view path) const;

  int root_;
  std::string root_path_;
  std::string package_dir_;
  os::Fd fd_;
  os::KnownTree known_;
  std::map<std::string, Followed, std::less<>> followed_;
};

}  // namespace stillage::cache
