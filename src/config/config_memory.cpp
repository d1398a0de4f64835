// SPDX-License-Identifier: MIT
#include "config/config_memory.h"

#include <algorithm>

#include "base/digest.h"
#include "base/hex.h"
#include "base/log.h"
#include "os/file.h"
#include "os/path.h"
#include "os/process.h"
#include "os/stat.h"
#include "os/state_file.h"
#include "os/user_dirs.h"

namespace stillage::config {
namespace {

using base::Json;

constexpr os::StateFormat kMemoryFormat{"CONF", 1};
constexpr std::uint64_t kLargestRemembered = std::uint64_t{8} << 20;
/// Variables that have a say in how Node works, whatever the configuration asks for.
constexpr const char* kAlwaysAsked[] = {"NODE_OPTIONS", "NODE_PATH", "TZ", "LANG", "LC_ALL", "LC_MESSAGES"};
/// Shorter values of variables are words ("true", "dev") that stand in many a configuration anyway.
constexpr std::size_t kShortestSecret = 6;

std::string digest(std::string_view text) {
  return base::to_hex(base::sha256(text));
}

std::optional<std::string> file_digest(const std::string& path) {
  const auto text = os::read_file(path, kLargestRemembered);
  return text ? std::optional(digest(*text)) : std::nullopt;
}

/// Whether the file was last changed before that time: then Node has read what is there now.
bool is_older(const std::string& path, std::int64_t time_ns) {
  const auto stat = os::stat_path(path, os::Links::follow);
  return stat && *stat && (*stat)->mtime_ns < time_ns && (*stat)->ctime_ns < time_ns;
}

/// A remote's options are where connection strings and tokens are.
bool names_a_remote(const Json& value) {
  const auto options = value.find("cacheOptions");
  return options != value.end() && options->is_object() && options->contains("cacheStorageConfig") &&
         (*options)["cacheStorageConfig"].is_object() && (*options)["cacheStorageConfig"].contains("options");
}

bool still_hold(const Json& files, const Json& absent) {
  return std::all_of(files.items().begin(), files.items().end(),
                     [](const auto& file) { return file_digest(file.key()) == file.value(); }) &&
         std::none_of(absent.begin(), absent.end(), [](const Json& path) {
           const auto stat = os::stat_path(path.get_ref<const std::string&>());
           return !stat || *stat;
         });
}

/// Whether the JSON is as remember() writes it.
bool is_sound(const Json& memory) {
  const auto is_object = [&](const char* name) { return memory.contains(name) && memory[name].is_object(); };
  return memory.is_object() && is_object("node") && is_object("files") && memory.contains("text") &&
         memory.contains("file") && memory.contains("names") && memory.contains("variables") &&
         memory.contains("value") && memory.contains("absent") && memory["absent"].is_array() &&
         std::all_of(memory["absent"].begin(), memory["absent"].end(),
                     [](const Json& path) { return path.is_string(); });
}

}  // namespace

ConfigMemory::ConfigMemory(const std::string& root, const run::Environment& environment)
    : root_(root), environment_(environment) {
  if (const auto user = os::user_cache_dir()) folder_ = os::join_path(*user, "configs");
}

std::string ConfigMemory::file_of(const std::string& place) const {
  return os::join_path(folder_, digest(root_ + '\0' + place).substr(0, 32));
}

/// Which Node the caller would start.
std::optional<Json> ConfigMemory::node() const {
  const auto program = os::find_program("node", environment_.value_or("PATH", ""), root_);
  if (!program) return std::nullopt;
  const auto path = os::real_path(*program);
  if (!path) return std::nullopt;
  const auto stat = os::stat_path(*path);
  if (!stat || !*stat) return std::nullopt;
  return Json{
      {"path", *path}, {"inode", (*stat)->inode}, {"size", (*stat)->size}, {"mtime", (*stat)->mtime_ns}};
}

/// The digests of these variables' values, null for those that are not there; for null, of all of them.
Json ConfigMemory::variables(const Json& names) const {
  if (names.is_null()) {
    std::string all;
    for (const std::string& variable : environment_.list()) (all += variable) += '\0';
    return digest(all);
  }
  Json digests = Json::object();
  const auto add = [&](const std::string& name) {
    const std::string* const value = environment_.find(name);
    digests[name] = value != nullptr ? Json(digest(*value)) : Json();
  };
  for (const char* const name : kAlwaysAsked) add(name);
  for (const Json& name : names)
    if (name.is_string()) add(name.get<std::string>());
  return digests;
}

std::optional<Json> ConfigMemory::recall(const std::string& place, std::string_view text) const {
  if (folder_.empty()) return std::nullopt;
  const auto file = os::StateFile::read(file_of(place), kMemoryFormat);
  if (!file) return std::nullopt;
  auto memory = base::parse_json(std::string(file->payload()), "remembered configuration");
  if (!memory || !is_sound(*memory)) return std::nullopt;
  const auto real = os::real_path(os::join_path(root_, place));
  if (!real || (*memory)["file"] != *real || (*memory)["text"] != digest(text) ||
      node() != (*memory)["node"] || variables((*memory)["names"]) != (*memory)["variables"] ||
      !still_hold((*memory)["files"], (*memory)["absent"]))
    return std::nullopt;
  return std::move((*memory)["value"]);
}

void ConfigMemory::distrust(const std::string& place, std::string_view text) const {
  if (!folder_.empty())
    (void)os::StateFile::write(file_of(place), kMemoryFormat, base::to_text({{"distrusted", digest(text)}}));
}

bool ConfigMemory::is_distrusted(const std::string& place, std::string_view text) const {
  const auto file = os::StateFile::read(file_of(place), kMemoryFormat);
  if (!file) return false;
  const auto memory = base::parse_json(std::string(file->payload()), "remembered configuration");
  return memory && memory->is_object() && memory->value("distrusted", Json()) == digest(text);
}

void ConfigMemory::remember(const std::string& place, std::string_view text, const Json& value,
                            const Json& facts, std::int64_t since_ns) const {
  if (folder_.empty() || !facts.is_object() || !value.is_object()) return;
  if (facts.contains("unsure")) {
    base::verbose(place + " is evaluated each time, as it depends on " + base::to_text(facts["unsure"]));
    return;
  }
  if (names_a_remote(value) || is_distrusted(place, text)) return;
  const Json& names = facts["variables"];
  const std::string value_text = base::to_text(value);
  const auto is_told = [&](const std::string& secret) {
    return secret.size() >= kShortestSecret && value_text.find(secret) != std::string::npos;
  };
  for (const std::string& variable : environment_.list()) {
    const std::size_t end = variable.find('=');
    const bool was_asked =
        names.is_null() || std::find(names.begin(), names.end(), variable.substr(0, end)) != names.end();
    if (was_asked && is_told(variable.substr(end + 1))) return;
  }
  const auto identity = node();
  if (!identity) return;

  Json files = Json::object();
  for (const Json& path : facts["files"]) {
    const auto found = file_digest(path.get<std::string>());
    if (!found || !is_older(path.get<std::string>(), since_ns)) return;
    files[path.get<std::string>()] = *found;
  }
  const Json memory = {{"file", facts["file"]}, {"text", digest(text)},         {"node", *identity},
                       {"files", files},        {"absent", facts["absent"]},    {"names", names},
                       {"value", value},        {"variables", variables(names)}};
  if (os::make_dirs(folder_, 0700))
    (void)os::StateFile::write(file_of(place), kMemoryFormat, base::to_text(memory));
}

}  // namespace stillage::config
