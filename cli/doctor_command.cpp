// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "base/strings.h"
#include "commands.h"
#include "config/machine_check.h"
#include "config/remote_check.h"
#include "config/remote_store.h"
#include "config/store_table.h"
#include "config/trust_check.h"
#include "os/file.h"

namespace stillage::cli {
namespace {

using config::Finding;
using config::Findings;
using config::Verdict;

struct Section {
  std::string name;
  std::string title;
  Findings findings;
};

/// Which remote, in words, with the names of its options but none of their values.
std::string describe(const CacheOptions& options) {
  const CacheStorageConfig& storage = *options.cache_storage_config;
  std::vector<std::string> names;
  for (const auto& [name, value] : storage.options) names.push_back(base::printable(name));
  std::string text = fmt::format("provider {}", base::printable(storage.provider));
  if (!names.empty()) text += "; options set: " + base::join(names, ", ");
  if (!storage.credential_name.empty())
    text += fmt::format("; credentialName {}", base::printable(storage.credential_name));
  if (storage.max_size != 0) text += fmt::format("; maxSize {}", base::human_size(storage.max_size));
  return text + (options.write_remote_cache ? "; writing is on" : "; writing is off");
}

Findings check_configured_remote(const CacheOptions& options, const config::StorePlace& place,
                                 const DoctorCommand& command) {
  const CacheStorageConfig& storage = *options.cache_storage_config;
  const auto store = config::open_blob_store(storage, place);
  if (!store)
    return {
        {.check = "configuration", .verdict = Verdict::problem, .text = store.error().message, .remedy = ""}};
  config::RemoteCheckOptions checks{.writes = command.write || options.write_remote_cache};
  const std::string& zone = command.zone.empty() ? options.trust.zone : command.zone;
  if (!zone.empty()) checks.prefix = "zones/" + zone + "/";
  if (storage.max_size != 0) checks.bytes = std::min(checks.bytes, storage.max_size);
  Findings findings = {{.check = "place", .text = (*store)->name(), .remedy = ""}};
  const auto add = [&](Findings more) { std::move(more.begin(), more.end(), std::back_inserter(findings)); };
  add(config::check_remote(**store, checks));
  const bool is_readable = std::none_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.check == "read" && finding.verdict == Verdict::problem;
  });
  add(config::check_keys(options, place.environment, checks.writes));
  if (is_readable && options.compat != Compat::lage)
    add(config::check_signed_entries(**store, options.trust, place.environment));
  return findings;
}

Section check_remotes(const config::CachePlace& place, const run::Environment& environment,
                      const DoctorCommand& command) {
  if (!config::names_remote(place.options))
    return {"remote",
            "Remote cache",
            {{.check = "configuration",
              .verdict = Verdict::note,
              .text = "none is configured",
              .remedy = "name one as cacheOptions.cacheStorageConfig, or in STILLAGE_REMOTE"}}};
  return {"remote", "Remote cache: " + describe(place.options),
          check_configured_remote(place.options, {.root = place.root, .environment = environment}, command)};
}

Section check_configuration(const config::CachePlace& place) {
  Section section{"configuration", "Configuration of " + place.root, {}};
  for (const std::string& warning : place.warnings)
    section.findings.push_back({.check = "hint", .verdict = Verdict::note, .text = warning, .remedy = ""});
  if (section.findings.empty())
    section.findings.push_back({.check = "cacheOptions", .text = "nothing to complain of", .remedy = ""});
  return section;
}

void print(const Section& section) {
  fmt::print("{}\n", section.title);
  for (const Finding& finding : section.findings) {
    const char* const mark = finding.verdict == Verdict::good   ? "ok     "
                             : finding.verdict == Verdict::note ? "note   "
                                                                : "PROBLEM";
    fmt::print("  {}  {}: {}\n", mark, finding.check, finding.text);
    if (!finding.remedy.empty()) fmt::print("           {}\n", finding.remedy);
  }
}

base::Json to_json(const std::vector<Section>& sections, bool is_well) {
  base::Json rows = base::Json::array();
  for (const Section& section : sections)
    for (const Finding& finding : section.findings) {
      base::Json row = {{"section", section.name},
                        {"check", finding.check},
                        {"verdict", config::to_string(finding.verdict)},
                        {"text", base::printable(finding.text)},
                        {"remedy", finding.remedy}};
      for (const auto& [name, value] : finding.figures) row["figures"][name] = value;
      rows.push_back(std::move(row));
    }
  return {{"ok", is_well}, {"findings", rows}};
}

}  // namespace

Result<int> doctor(const DoctorCommand& command) {
  STILLAGE_ASSIGN(const std::string here, os::current_dir());
  const run::Environment environment = run::Environment::of_process();
  STILLAGE_ASSIGN(const config::CachePlace place, config::find_cache_place(here, environment));
  const std::vector<Section> sections = {
      check_configuration(place),
      check_remotes(place, environment, command),
      {"local", "Local cache", config::check_local_store(place)},
      {"programs", "Programs", config::check_programs(place, environment)}};
  const bool is_well = std::all_of(sections.begin(), sections.end(), [](const Section& section) {
    return std::all_of(section.findings.begin(), section.findings.end(),
                       [](const Finding& finding) { return finding.verdict != Verdict::problem; });
  });
  if (command.json)
    fmt::print("{}", base::to_pretty_text(to_json(sections, is_well)));
  else
    for (const Section& section : sections) print(section);
  return is_well ? 0 : 1;
}

}  // namespace stillage::cli
