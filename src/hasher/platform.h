// SPDX-License-Identifier: MIT
#pragma once
// What a target's key may depend on besides the tree (`keyOn`): the kind of machine, and Node's version.

#include <map>
#include <string>

#include "stillage/result.h"

namespace stillage::hasher {

class Platform {
 public:
  /// Programs are looked for as a script in the folder `root` finds them.
  explicit Platform(std::string root) : root_(std::move(root)) {}

  /// The value of "os" ("linux"), "arch" ("x86_64"), "libc" ("glibc 2.36") or "node" ("v20.11.0"; "none" if
  /// there is no Node). An `invalid` error for any other name.
  Result<std::string> value(const std::string& name);

 private:
  std::string root_;
  std::map<std::string, std::string> known_;
};

}  // namespace stillage::hasher
