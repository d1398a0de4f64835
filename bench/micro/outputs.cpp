// SPDX-License-Identifier: MIT
#include "outputs.h"

#include <fcntl.h>

#include <algorithm>
#include <utility>

#include "os/at.h"
#include "os/dir.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/path.h"

namespace stillage::bench {
namespace {

Status read_folder(const std::string& folder, const std::string& as, PackageOutputs& package) {
  package.folders.push_back(as);
  STILLAGE_ASSIGN(const auto names, os::list_dir(folder));
  for (const os::DirEntry& name : names) {
    const std::string path = os::join_path(folder, name.name);
    if (name.kind == os::FileKind::directory) {
      STILLAGE_TRY(read_folder(path, os::join_path(as, name.name), package));
      continue;
    }
    if (name.kind != os::FileKind::regular) continue;
    STILLAGE_ASSIGN(const os::Fd file, os::open_path(path, O_RDONLY));
    STILLAGE_ASSIGN(const os::FileStat stat, os::stat_fd(file.get()));
    STILLAGE_ASSIGN(std::string content, os::read_all(file.get(), path, stat.size));
    package.files.push_back({os::join_path(as, name.name), stat.mode & 0777, std::move(content)});
  }
  return {};
}

}  // namespace

Result<std::vector<PackageOutputs>> read_outputs(const std::string& monorepo) {
  std::vector<PackageOutputs> all;
  STILLAGE_ASSIGN(const auto packages, os::list_dir(monorepo + "/packages"));
  for (const os::DirEntry& package : packages) {
    PackageOutputs outputs;
    outputs.dir = "packages/" + package.name;
    STILLAGE_TRY(read_folder(monorepo + "/" + outputs.dir + "/src", "lib", outputs));
    std::sort(outputs.files.begin(), outputs.files.end(),
              [](const OutputFile& a, const OutputFile& b) { return a.path < b.path; });
    all.push_back(std::move(outputs));
  }
  return all;
}

Status make_package(const std::string& root, const PackageOutputs& package) {
  return os::make_dirs(root + "/" + package.dir);
}

Status create_plainly(const std::string& root, const PackageOutputs& package) {
  STILLAGE_ASSIGN(const os::Fd top, os::open_path(root + "/" + package.dir, O_PATH | O_DIRECTORY));
  for (const std::string& folder : package.folders) STILLAGE_TRY(os::make_dir_at(top.get(), folder));
  os::Fd parent;
  std::string_view parent_path;
  for (const OutputFile& file : package.files) {
    const std::string_view wanted = os::parent_path(file.path);
    if (!parent || wanted != parent_path) {
      STILLAGE_ASSIGN(parent, os::open_at(top.get(), std::string(wanted), O_PATH | O_DIRECTORY));
      parent_path = wanted;
    }
    STILLAGE_ASSIGN(const os::Fd made, os::open_at(parent.get(), std::string(os::file_name(file.path)),
                                                   O_WRONLY | O_CREAT | O_EXCL, file.mode));
    STILLAGE_TRY(os::write_all(made.get(), file.content, file.path));
  }
  return {};
}

}  // namespace stillage::bench
