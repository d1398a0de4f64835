// SPDX-License-Identifier: MIT
// Configuration texts of every format, read to the end: settings, then the graph of all that they define.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/log.h"
#include "config/config_text.h"
#include "config/settings.h"
#include "graph/target_graph.h"

namespace {

stillage::workspace::Workspace two_packages() {
  stillage::workspace::Workspace workspace;
  workspace.root = "/repo";
  for (const char* const name : {"app", "lib"}) {
    stillage::workspace::Package package;
    package.name = name;
    package.dir = std::string("packages/") + name;
    package.scripts = {{"build", "b"}, {"test", "t"}};
    workspace.packages.push_back(package);
  }
  workspace.reindex();
  return workspace;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace stillage;
  static const workspace::Workspace workspace = two_packages();
  static const workspace::PackageGraph packages = {{{1}, {}}, {{}, {0}}};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto format : {config::TextFormat::json, config::TextFormat::jsonc, config::TextFormat::yaml}) {
    auto source = config::parse_config("config", text, format);
    if (!source || !source->value.is_object()) continue;
    for (const auto unknown : {config::Source::UnknownKeys::error, config::Source::UnknownKeys::warning}) {
      source->unknown_keys = unknown;
      const auto settings = config::read_settings(*source, workspace, run::Environment());
      if (!settings) continue;
      (void)graph::all_targets(settings->pipeline, workspace);
      graph::Selection selection;
      selection.tasks = {"build", "lib#test"};
      (void)graph::build_target_graph(settings->pipeline, workspace, packages, selection);
    }
  }
  return 0;
}
