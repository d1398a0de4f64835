// SPDX-License-Identifier: MIT
#include "run/npm_client.h"

#include <fmt/format.h>

#include <charconv>

#include "base/json.h"
#include "base/strings.h"
#include "os/file.h"
#include "os/path.h"
#include "os/process.h"

namespace stillage::run {
namespace {

constexpr std::uint64_t kMaxClientFile = 4 << 20;

std::string program_on_path(std::string_view name, const Environment& environment) {
  const auto program = os::find_program(name, environment.value_or("PATH", ""), "");
  return program ? os::real_path(*program).value_or("") : "";
}

/// The nearest package.json above the script that carries the client's name, and what version it says.
void read_package(NpmClient& client) {
  std::string_view folder = os::parent_path(client.main_file);
  for (int level = 0; level < 3 && folder.size() > 1; ++level, folder = os::parent_path(folder)) {
    const auto text = os::read_file_if_any(os::join_path(folder, "package.json"), kMaxClientFile);
    if (!text || !*text) continue;
    const auto json = base::parse_json(**text, client.main_file);
    if (!json || !json->is_object() || json->value("name", base::Json()) != client.name) continue;
    const base::Json version = json->value("version", base::Json());
    client.package_dir = folder;
    if (version.is_string()) client.version = version.get<std::string>();
    return;
  }
}

/// The value of `#define NAME number` in the headers of Node.
std::string defined_number(std::string_view header, std::string_view name) {
  const std::string define = fmt::format("#define {} ", name);
  const std::size_t start = header.find(define);
  if (start == std::string_view::npos) return "";
  const std::string_view rest = header.substr(start + define.size());
  const std::string_view number = base::trim(rest.substr(0, rest.find('\n')));
  return number.find_first_not_of("0123456789") == std::string_view::npos ? std::string(number) : "";
}

std::string version_of_headers(const std::string& prefix) {
  const auto header = os::read_file_if_any(prefix + "/include/node/node_version.h", kMaxClientFile);
  if (!header || !*header) return "";
  const std::string major = defined_number(**header, "NODE_MAJOR_VERSION");
  const std::string minor = defined_number(**header, "NODE_MINOR_VERSION");
  const std::string patch = defined_number(**header, "NODE_PATCH_VERSION");
  return major.empty() || minor.empty() || patch.empty() ? "" : fmt::format("v{}.{}.{}", major, minor, patch);
}

std::string version_when_asked(const std::string& program, const Environment& environment) {
  std::string text;
  os::ProcessWatch watch;
  watch.output = [&](os::OutputStream stream, std::string_view piece) {
    if (stream == os::OutputStream::out && text.size() < 100) text += piece;
  };
  const auto end =
      os::run_process({.argv = {program, "--version"}, .env = environment.list(), .cwd = "/"}, watch);
  return end && end->exit_code == 0 ? std::string(base::trim(text)) : "";
}

}  // namespace

int NpmClient::major() const {
  int number = 0;
  std::from_chars(version.data(), version.data() + version.size(), number);
  return number;
}

std::string NodeProgram::prefix() const {
  return std::string(os::parent_path(os::parent_path(path)));
}

NpmClient find_npm_client(const std::string& name, const Environment& environment) {
  NpmClient client;
  client.name = name;
  client.main_file = program_on_path(name, environment);
  if (!client.main_file.empty()) read_package(client);
  return client;
}

NodeProgram find_node(const Environment& environment) {
  NodeProgram node;
  node.path = program_on_path("node", environment);
  if (node.path.empty()) return node;
  node.version = version_of_headers(node.prefix());
  if (node.version.empty()) node.version = version_when_asked(node.path, environment);
  return node;
}

}  // namespace stillage::run
