// SPDX-License-Identifier: MIT
#pragma once
// What a check found, in words and figures: `stillage doctor` shows them.

#include <map>
#include <string>
#include <vector>

namespace stillage::config {

enum class Verdict {
  good,
  note,     ///< worth knowing; nothing is wrong
  problem,  ///< something will not work
};

struct Finding {
  std::string check = {};  ///< what was looked at, in a word or two: "read"
  Verdict verdict = Verdict::good;
  std::string text = {};    ///< a sentence for people (lower case, no full stop, no secrets)
  std::string remedy = {};  ///< what to do; "" where there is nothing
  /// For programs: "latencyMs", "putBytesPerSecond", …
  std::map<std::string, double> figures = {};
};

using Findings = std::vector<Finding>;

/// "good", "note" or "problem".
inline const char* to_string(Verdict verdict) {
  return verdict == Verdict::good ? "good" : verdict == Verdict::note ? "note" : "problem";
}

}  // namespace stillage::config
