// SPDX-License-Identifier: MIT
#pragma once
// YAML as package managers write it: block mappings and lists, flow collections on one line, quoted and block
// scalars. The scanner of that subset is more than ten times as fast as yaml-cpp, which takes over where a
// file uses anything else (anchors, tags, scalars over several lines).

#include <string>
#include <string_view>

#include "stillage/result.h"
#include "workspace/data_node.h"

namespace stillage::workspace {

/// All documents of a text. Errors (invalid) name `origin` and the line.
Result<DataDocument> parse_yaml(std::string_view text, const std::string& origin);

/// The scanner alone: fails (unsupported) on whatever lies outside of its subset.
Result<DataDocument> scan_yaml(std::string_view text, const std::string& origin);

/// yaml-cpp alone, with bounds on the size of what it makes.
Result<DataDocument> parse_yaml_slowly(std::string_view text, const std::string& origin);

}  // namespace stillage::workspace
