// SPDX-License-Identifier: MIT
#include "config/config_search.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/stages.h"
#include "base/strings.h"
#include "config/config_memory.h"
#include "config/config_text.h"
#include "os/file.h"
#include "os/path.h"
#include "os/stat.h"

namespace stillage::config {
namespace {

constinit base::Stage kConfigStage("config");
constexpr std::uint64_t kLargestConfig = std::uint64_t{8} << 20;
constexpr const char* kOwnFile = "stillage.config.json";
constexpr const char* kPackageManifest = "package.json";

/// The text of a file that exists and is one.
Result<std::optional<std::string>> read_place(const std::string& root, const std::string& place) {
  const std::string path = os::join_path(root, place);
  STILLAGE_ASSIGN(const auto stat, os::stat_path(path, os::Links::follow));
  if (!stat || !stat->is_regular()) return std::optional<std::string>();
  auto text = os::read_file(path, kLargestConfig);
  if (!text) return fail_in(place, text.error());
  return std::optional(std::move(*text));
}

bool is_script(std::string_view place) {
  return place.ends_with(".js") || place.ends_with(".ts") || place.ends_with(".cjs") ||
         place.ends_with(".mjs");
}

/// Whether functions are anywhere in the value.
bool holds_function(const base::Json& value) {
  if (value.is_object() && value.contains(kFunctionKey)) return true;
  return value.is_structured() && std::any_of(value.begin(), value.end(), holds_function);
}

class Search {
 public:
  Search(const std::string& root, const run::Environment& environment)
      : root_(root), environment_(environment) {}

  /// Nothing if the place holds no configuration.
  Result<std::optional<Source>> look(const std::string& place, const char* member,
                                     Source::UnknownKeys unknown) {
    STILLAGE_ASSIGN(const auto text, read_place(root_, place));
    // Most package.json files have no such field, and parsing one costs more than looking.
    if (!text || (member != nullptr && text->find('"' + std::string(member) + '"') == std::string::npos))
      return std::optional<Source>();
    Result<Source> source = member != nullptr          ? parse_config_member(place, *text, member)
                            : place == kOwnFile        ? parse_config(place, *text, TextFormat::jsonc)
                            : is_script(place)         ? evaluate(place, *text)
                            : place.ends_with(".json") ? parse_config(place, *text, TextFormat::json)
                                                       : parse_config(place, *text, TextFormat::yaml);
    if (!source) return tl::make_unexpected(std::move(source).error());
    if (source->value.is_null()) return std::optional<Source>();
    source->unknown_keys = unknown;
    if (!source->value.is_object())
      return Field(source->value, *source).wrong("a configuration must be an object");
    return std::optional(std::move(*source));
  }

  std::optional<ScriptConfig> take_script() { return std::move(script_); }

 private:
  Result<Source> evaluate(const std::string& place, std::string_view text) {
    Source source;
    source.file = place;
    source.value = nullptr;
    if (base::trim(text).empty()) return source;
    const ConfigMemory memory(root_, environment_);
    if (auto known = memory.recall(place, text)) {
      source.value = std::move(*known);
      if (!holds_function(source.value)) return source;
      // Its functions are asked in each run, by a Node that gets ready meanwhile.
      STILLAGE_TRY(start_node(place));
      STILLAGE_TRY(script_->expect(
          place, source.value, [root = root_, environment = environment_, place, text = std::string(text)] {
            ConfigMemory(root, environment).distrust(place, text);
          }));
      return source;
    }
    const std::int64_t since = base::now_ns();
    STILLAGE_TRY(start_node(place));
    STILLAGE_ASSIGN(source.value, script_->load(place));
    memory.remember(place, text, source.value, script_->facts(), since);
    return source;
  }

  Status start_node(const std::string& place) {
    if (script_) return {};
    STILLAGE_ASSIGN(auto script, ScriptConfig::start(root_, place, environment_));
    script_.emplace(std::move(script));
    return {};
  }

  const std::string& root_;
  const run::Environment& environment_;
  std::optional<ScriptConfig> script_;
};

}  // namespace

const std::vector<std::string>& config_places() {
  static const std::vector<std::string> places = [] {
    std::vector<std::string> all = {kOwnFile, kPackageManifest};
    for (const char* const stem : {".lagerc", ".config/lagerc"})
      for (const char* const ending : {"", ".json", ".yaml", ".yml", ".js", ".ts", ".cjs", ".mjs"})
        all.push_back(std::string(stem) + ending);
    for (const char* const ending : {".js", ".ts", ".cjs", ".mjs"})
      all.push_back(std::string("lage.config") + ending);
    return all;
  }();
  return places;
}

Result<FoundConfig> find_config(const std::string& root, const run::Environment& environment) {
  const base::StageTimer timer(kConfigStage);
  Search search(root, environment);
  FoundConfig found;
  const auto try_place = [&](const std::string& place, const char* member,
                             Source::UnknownKeys unknown) -> Result<bool> {
    STILLAGE_ASSIGN(auto source, search.look(place, member, unknown));
    if (!source) return false;
    found.source = std::move(*source);
    if (holds_function(found.source.value)) found.script = search.take_script();
    return true;
  };
  for (const std::string& place : config_places()) {
    if (place == kPackageManifest) {
      STILLAGE_ASSIGN(const bool is_ours, try_place(place, "stillage", Source::UnknownKeys::error));
      if (is_ours) return found;
      STILLAGE_ASSIGN(const bool is_lages, try_place(place, "lage", Source::UnknownKeys::warning));
      if (is_lages) return found;
      continue;
    }
    const auto unknown = place == kOwnFile ? Source::UnknownKeys::error : Source::UnknownKeys::warning;
    STILLAGE_ASSIGN(const bool is_here, try_place(place, nullptr, unknown));
    if (is_here) return found;
  }
  return found;
}

}  // namespace stillage::config
