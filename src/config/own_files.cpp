// SPDX-License-Identifier: MIT
#include "config/own_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "base/bytes.h"
#include "os/file.h"
#include "os/path.h"
#include "os/state_file.h"

namespace stillage::config {
namespace {

constexpr os::StateFormat kFormat{"OWNF", 1};
constexpr const char* kOwnFilesName = "/summaries";
/// How every summary begins (docs/formats/summary.md).
constexpr std::string_view kSummaryStart = "{\n  \"format\": 1,\n  \"version\": ";

std::vector<std::string> remembered(const std::string& state_folder) {
  const auto file = os::StateFile::read(state_folder + kOwnFilesName, kFormat);
  if (!file) return {};
  std::vector<std::string> paths;
  for (base::ByteReader reader(file->payload()); !reader.at_end() && reader.ok();)
    paths.emplace_back(reader.text());
  return paths;
}

bool starts_as_summary(const std::string& path) {
  const auto file = os::open_path(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  char start[kSummaryStart.size()];
  return file && ::read(file->get(), start, sizeof start) == static_cast<ssize_t>(sizeof start) &&
         std::string_view(start, sizeof start) == kSummaryStart;
}

}  // namespace

std::vector<std::string> own_summaries(const std::string& state_folder, const std::string& root) {
  if (state_folder.empty()) return {};
  std::vector<std::string> paths = remembered(state_folder);
  std::erase_if(paths,
                [&](const std::string& path) { return !starts_as_summary(os::join_path(root, path)); });
  return paths;
}

Status remember_summary(const std::string& state_folder, const std::string& root, const std::string& path) {
  STILLAGE_ASSIGN(const std::string real, os::real_path(path));
  const auto below = os::path_below(real, root);
  if (state_folder.empty() || !below) return {};
  std::vector<std::string> paths = own_summaries(state_folder, root);
  if (std::find(paths.begin(), paths.end(), *below) != paths.end()) return {};
  paths.emplace_back(*below);
  base::ByteWriter writer;
  for (const std::string& each : paths) writer.text(each);
  return os::StateFile::write(state_folder + kOwnFilesName, kFormat, writer.bytes());
}

}  // namespace stillage::config
