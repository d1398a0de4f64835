// SPDX-License-Identifier: MIT
#pragma once
// Where the npm client and Node of a user are, and of which version: what the clients tell their scripts
// about themselves, found out without starting them.

#include <string>

#include "run/environment.h"

namespace stillage::run {

struct NpmClient {
  std::string name;         ///< "npm", "yarn" or "pnpm"
  std::string main_file;    ///< the program's script, links resolved; "" if it is not on the PATH
  std::string package_dir;  ///< the folder of the client's own package; "" if it is not one
  std::string version;      ///< "" if unknown

  /// The first number of the version; 0 if unknown.
  int major() const;
};

/// The client of that name on the PATH.
NpmClient find_npm_client(const std::string& name, const Environment& environment);

struct NodeProgram {
  std::string path;     ///< links resolved; "" if there is none on the PATH
  std::string version;  ///< "v20.1.0"; "" if unknown

  /// The folder above bin/: where npm's global files are.
  std::string prefix() const;
};

/// Node on the PATH. Its version is in the headers that come with it; where there are none, it is asked.
NodeProgram find_node(const Environment& environment);

}  // namespace stillage::run
