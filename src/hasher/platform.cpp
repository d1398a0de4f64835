// SPDX-License-Identifier: MIT
#include "hasher/platform.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>

#include "base/strings.h"
#include "os/command.h"

namespace stillage::hasher {
namespace {

std::string libc() {
#ifdef _CS_GNU_LIBC_VERSION
  std::array<char, 64> text{};
  if (::confstr(_CS_GNU_LIBC_VERSION, text.data(), text.size()) > 0) return text.data();
#endif
  return "other";
}

/// Asked anew by every process: version managers put a stand-in on PATH that picks a version by the folder.
std::string node_version(const std::string& root) {
  os::Command command;
  command.argv = {"node", "--version"};
  command.dir = root;
  command.env = os::environment();
  const auto output = os::run_command(command);
  return output && output->exit_code == 0 ? std::string(base::trim(output->out)) : "none";
}

}  // namespace

Result<std::string> Platform::value(const std::string& name) {
  if (const auto it = known_.find(name); it != known_.end()) return it->second;
  struct utsname machine {};
  ::uname(&machine);
  std::string value;
  if (name == "os")
    value = base::to_lower(machine.sysname);
  else if (name == "arch")
    value = machine.machine;
  else if (name == "libc")
    value = libc();
  else if (name == "node")
    value = node_version(root_);
  else
    return fail(ErrorKind::invalid, fmt::format("keyOn \"{}\" is none of os, arch, libc, node", name));
  return known_[name] = value;
}

}  // namespace stillage::hasher
