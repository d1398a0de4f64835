// SPDX-License-Identifier: MIT
#pragma once
// The text format of yarn 1's lock file: YAML-like, but not YAML (keys come in lists, values follow without a
// colon).

#include <string>
#include <string_view>
#include <vector>

#include "stillage/result.h"
#include "workspace/data_node.h"

namespace stillage::workspace {

/// One entry: the patterns that it answers, and its fields (a map).
struct YarnEntry {
  std::vector<std::string_view> patterns;
  DataNode value;
};

struct YarnText {
  std::vector<YarnEntry> entries;
  DataDocument owner;  ///< of texts with escapes
};

/// Views into `text` and into the result itself. Errors (invalid) name `origin` and the line.
Result<YarnText> parse_yarn_text(std::string_view text, const std::string& origin);

}  // namespace stillage::workspace
