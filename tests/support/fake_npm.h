// SPDX-License-Identifier: MIT
#pragma once
// The npm client as fake_npm.py plays it, over a folder.

#include <string>

#include "blob/npm_client.h"
#include "os/command.h"
#include "support/temp_dir.h"

namespace stillage::test {

class FakeNpm {
 public:
  FakeNpm() { dir_.make_dir("npm"); }

  blob::NpmClientOptions options() const {
    blob::NpmClientOptions options{.package = "cache",
                                   .registry = *net::Url::parse("http://registry.test/"),
                                   .environment = os::environment(),
                                   .scratch = dir_ / "scratch",
                                   .program = TEST_SUPPORT_DIR "/fake_npm.py"};
    options.environment.push_back("FAKE_NPM=" + dir_ / "npm");
    return options;
  }
  /// What it does from now on instead of its work.
  void wish(const std::string& what) const { dir_.write("npm/do", what); }
  /// All its calls so far.
  std::string calls() const { return dir_.read("npm/calls"); }
  std::string read(const std::string& file) const { return dir_.read("npm/" + file); }
  bool has(const std::string& file) const { return dir_.exists("npm/" + file); }
  /// The package of a version.
  std::string package(const std::string& version) const { return dir_ / ("npm/" + version + ".tgz"); }
  std::string scratch() const { return dir_ / "scratch"; }

 private:
  TempDir dir_;
};

}  // namespace stillage::test
