// SPDX-License-Identifier: MIT
#include "graph/exec_id.h"

#include <algorithm>
#include <span>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/hex.h"

namespace stillage::graph {
namespace {

constexpr std::string_view kMark = "#exec-";
constexpr std::size_t kDigestBytes = 4;

}  // namespace

std::string exec_target_id(std::string_view dir, const std::vector<std::string>& command,
                           const std::vector<std::string>& outputs) {
  base::ByteWriter identity;
  for (const auto* const words : {&command, &outputs}) {
    identity.u64(words->size());
    for (const std::string& word : *words) identity.text(word);
  }
  const base::Sha256Digest digest = base::sha256(identity.bytes());
  return std::string(dir).append(kMark) + base::to_hex(std::span(digest).first(kDigestBytes));
}

bool is_exec_target_id(std::string_view id) {
  const std::size_t mark = id.rfind(kMark);
  if (mark == std::string_view::npos) return false;
  const std::string_view digits = id.substr(mark + kMark.size());
  return digits.size() == 2 * kDigestBytes &&
         digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace stillage::graph
