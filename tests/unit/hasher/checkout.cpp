// SPDX-License-Identifier: MIT
#include "unit/hasher/checkout.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <functional>

#include "os/command.h"
#include "os/file.h"

namespace stillage::test {
namespace {

void require(bool condition, const std::string& what) {
  if (condition) return;
  std::fprintf(stderr, "test checkout: %s\n", what.c_str());
  std::abort();
}

}  // namespace

Checkout::Checkout(std::string name) : name_(std::move(name)) {
  dir_.make_dir(name_);
  git({"init", "-q", "."});
  write(".gitignore", "node_modules\ndist\n*.log\n.env.local\n");
  write_root_package();
  write_lock();
  write("tsconfig.json", "{}\n");
  write("README.md", "# Read me\n");
  write("LICENSE", "MIT\n");
  write("shared/data.txt", "shared\n");
  write("packages/app/package.json",
        R"({"name": "@x/app", "version": "1.0.0", "scripts": {"build": "tsc", "prebuild": "echo"},)"
        R"( "dependencies": {"@x/lib": "*", "left": "^1.0.0"}})");
  write("packages/app/src/a.ts", "export const a = 1;\n");
  write("packages/app/src/b.ts", "export const b = 2;\n");
  write("packages/app/run.sh", "#!/bin/sh\n", 0755);
  symlink("packages/app/link", "src/a.ts");
  symlink("packages/app/shared", "../../shared");
  write("packages/lib/package.json",
        R"({"name": "@x/lib", "version": "1.0.0", "scripts": {"build": "tsc"}})");
  write("packages/lib/src/lib.ts", "export const lib = 1;\n");
  write("packages/other/package.json",
        R"({"name": "@x/other", "version": "1.0.0", "dependencies": {"unrelated": "1"}})");
  write("packages/other/src/other.ts", "export const other = 1;\n");
  commit_all();
}

void Checkout::write(std::string_view relative, std::string_view content, unsigned mode) const {
  dir_.write(name_ + "/" + std::string(relative), content, mode);
}

void Checkout::write_root_package(const std::string& more) const {
  write("package.json", R"({"name": "root", "private": true, "workspaces": ["packages/*"])" + more + "}");
}

void Checkout::write_lock(std::string_view left_integrity, std::string_view deep_version,
                          std::string_view unrelated_integrity) const {
  write("package-lock.json", fmt::format(R"({{"name": "root", "lockfileVersion": 3, "packages": {{
  "": {{"name": "root", "workspaces": ["packages/*"]}},
  "node_modules/@x/app": {{"resolved": "packages/app", "link": true}},
  "node_modules/@x/lib": {{"resolved": "packages/lib", "link": true}},
  "node_modules/@x/other": {{"resolved": "packages/other", "link": true}},
  "packages/app": {{"name": "@x/app", "version": "1.0.0", "dependencies": {{"@x/lib": "*", "left": "^1.0.0"}}}},
  "packages/lib": {{"name": "@x/lib", "version": "1.0.0"}},
  "packages/other": {{"name": "@x/other", "version": "1.0.0", "dependencies": {{"unrelated": "1"}}}},
  "node_modules/left": {{"version": "1.2.0", "integrity": "{}", "dependencies": {{"deep": "*"}}}},
  "node_modules/deep": {{"version": "{}", "integrity": "sha512-deep"}},
  "node_modules/unrelated": {{"version": "1.0.0", "integrity": "{}"}}
}}}}
)",
                                         left_integrity, deep_version, unrelated_integrity));
}

void Checkout::remove(std::string_view relative) const {
  require(os::remove_tree(path(relative)).has_value(), "remove");
}

void Checkout::rename(std::string_view from, std::string_view to) const {
  require(::rename(path(from).c_str(), path(to).c_str()) == 0, "rename");
}

void Checkout::symlink(std::string_view relative, std::string_view text) const {
  dir_.symlink(name_ + "/" + std::string(relative), text);
}

void Checkout::git(std::vector<std::string> args) const {
  os::Command command;
  command.argv = {"git", "-c", "user.name=t", "-c", "user.email=t@t", "-c", "init.defaultBranch=main"};
  command.argv.insert(command.argv.end(), args.begin(), args.end());
  command.dir = root();
  command.env = os::environment();
  const auto output = os::run_command(command);
  require(output && output->exit_code == 0, "git " + args.front() + ": " + (output ? output->err : ""));
}

void Checkout::commit_all() const {
  git({"add", "-A"});
  git({"commit", "-q", "-m", "all"});
}

Target Checkout::app() const {
  Target target;
  target.id = "@x/app#build";
  target.package_name = "@x/app";
  target.task = "build";
  target.cwd = path("packages/app");
  target.outputs = {"lib/**", "gen/**"};
  target.dependencies = {"@x/lib#build"};
  return target;
}

Target Checkout::lib() const {
  Target target;
  target.id = "@x/lib#build";
  target.package_name = "@x/lib";
  target.task = "build";
  target.cwd = path("packages/lib");
  return target;
}

Target Checkout::root_target(const std::string& task) const {
  Target target;
  target.id = "#" + task;
  target.task = task;
  target.cwd = root();
  return target;
}

TargetHasherOptions Checkout::options() const {
  TargetHasherOptions options;
  options.root = root();
  options.targets = {app(), lib()};
  return options;
}

std::string Checkout::key(const Target& target, const TargetHasherOptions& options) const {
  TargetHasher hasher(options);
  const auto ready = hasher.initialize();
  require(ready.has_value(), ready ? "" : ready.error().message);
  const std::function<std::string(const Target&)> hash = [&](const Target& wanted) {
    for (const std::string& id : wanted.dependencies) {
      Target dependency = lib();
      dependency.id = id;
      for (const Target& known : options.targets)
        if (known.id == id) dependency = known;
      hash(dependency);
    }
    const auto key = hasher.hash(wanted);
    require(key.has_value(), key ? "" : key.error().message);
    return *key;
  };
  const std::string key = hash(target);
  require(hasher.cleanup().has_value(), "cleanup");
  return key;
}

ScopedVariable::ScopedVariable(std::string name, const char* value) : name_(std::move(name)) {
  const char* const before = std::getenv(name_.c_str());
  was_set_ = before != nullptr;
  if (was_set_) before_ = before;
  if (value != nullptr)
    ::setenv(name_.c_str(), value, 1);
  else
    ::unsetenv(name_.c_str());
}

ScopedVariable::~ScopedVariable() {
  if (was_set_)
    ::setenv(name_.c_str(), before_.c_str(), 1);
  else
    ::unsetenv(name_.c_str());
}

}  // namespace stillage::test
