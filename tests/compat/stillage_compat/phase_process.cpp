// SPDX-License-Identifier: MIT
#include "phase_process.h"

#include <fmt/format.h>

#include "os/command.h"
#include "stillage/target_hasher.h"
#include "vector_file.h"

namespace stillage::compat {
namespace {

using base::Json;

Target target_of(const Json& json, const std::string& root) {
  Target target;
  target.id = text_of(json.at("id"));
  if (json.contains("packageName")) target.package_name = text_of(json["packageName"]);
  target.task = text_of(json.at("task"));
  const std::string cwd = text_of(json.at("cwd"));
  target.cwd = cwd.empty() ? root : root + '/' + cwd;
  target.cache = json.value("cache", true);
  if (json.contains("inputs")) target.inputs = texts_of(json["inputs"]);
  if (json.contains("environmentGlob")) target.environment_glob = texts_of(json["environmentGlob"]);
  if (json.contains("dependencies")) target.dependencies = texts_of(json["dependencies"]);
  return target;
}

TargetHasherOptions options_of(const Json& json, const std::string& root) {
  TargetHasherOptions options{.root = root, .compat = Compat::lage};
  if (json.contains("environmentGlob")) options.environment_glob = texts_of(json["environmentGlob"]);
  if (json.contains("cacheKey") && json["cacheKey"].is_string())
    options.cache_key = text_of(json["cacheKey"]);
  if (json.contains("cliArgs") && json["cliArgs"].is_array()) options.cli_args = texts_of(json["cliArgs"]);
  return options;
}

Json hash_all(const Json& phase, const std::string& root) {
  TargetHasher hasher(options_of(phase.at("hasher"), root));
  if (const Status opened = hasher.initialize(); !opened) return {{"initError", opened.error().message}};
  Json targets = Json::array();
  for (const Json& one : phase.at("targets")) {
    const Target target = target_of(one, root);
    const auto hash = hasher.hash(target);
    if (hash)
      targets.push_back({{"id", target.id}, {"hash", *hash}});
    else
      targets.push_back({{"id", target.id}, {"error", hash.error().message}});
  }
  if (const Status cleaned = hasher.cleanup(); !cleaned) return {{"initError", cleaned.error().message}};
  return {{"targets", targets}};
}

}  // namespace

Result<Json> run_phase(const std::string& vector_file, std::size_t phase, const std::string& root,
                       const Json& environment) {
  os::Command command{.argv = {"/proc/self/exe", "--phase", vector_file, std::to_string(phase), root},
                      .dir = root,
                      .env = os::environment()};
  for (const auto& [name, value] : environment.items()) {
    std::erase_if(command.env,
                  [&, &variable = name](const std::string& one) { return one.starts_with(variable + "="); });
    if (value.is_string()) command.env.push_back(name + "=" + text_of(value));
  }
  STILLAGE_ASSIGN(const os::CommandOutput output, os::run_command(command));
  if (output.exit_code != 0)
    return fail(ErrorKind::invalid, fmt::format("the phase ended with {}: {}", output.exit_code, output.err));
  return base::parse_json(output.out, "a phase's answer");
}

Status answer_phase(const std::vector<std::string>& arguments) {
  if (arguments.size() != 3) return fail(ErrorKind::invalid, "--phase takes VECTOR PHASE ROOT");
  STILLAGE_ASSIGN(const Json vector, read_vectors(arguments[0]));
  const Json& phase = vector.at("phases").at(std::stoul(arguments[1]));
  fmt::print("{}\n", base::to_text(hash_all(phase, arguments[2])));
  return {};
}

}  // namespace stillage::compat
