// SPDX-License-Identifier: MIT
#include "config/function_answers.h"

#include <set>

#include "base/bytes.h"
#include "os/state_file.h"

namespace stillage::config {
namespace {

constexpr os::StateFormat kAnswersFormat{"FNAN", 1};
constexpr const char* kFileName = "/not-to-run";

}  // namespace

base::StringSet remembered_not_to_run(const std::string& state_folder) {
  base::StringSet ids;
  if (state_folder.empty()) return ids;
  const auto file = os::StateFile::read(state_folder + kFileName, kAnswersFormat);
  if (!file) return ids;
  for (base::ByteReader reader(file->payload()); !reader.at_end() && reader.ok();) ids.emplace(reader.text());
  return ids;
}

Status remember_not_to_run(const std::string& state_folder, const base::StringSet& ids) {
  if (state_folder.empty()) return {};
  base::ByteWriter writer;
  for (const std::string& id : std::set<std::string>(ids.begin(), ids.end())) writer.text(id);
  return os::StateFile::write(state_folder + kFileName, kAnswersFormat, writer.bytes());
}

}  // namespace stillage::config
