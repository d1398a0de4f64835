// SPDX-License-Identifier: MIT
#include "workspace/yarn_text.h"

#include <fmt/format.h>

#include <optional>

#include "workspace/quoted_text.h"

namespace stillage::workspace {
namespace {

/// Entries, their fields, and the fields' own: nothing is deeper.
constexpr std::size_t kDeepestEntry = 4;

class Reader {
 public:
  Reader(std::string_view text, YarnText& out) : rest_(without_byte_order_mark(text)), out_(out) {}

  bool run() {
    next_line();
    while (!at_end_) {
      if (indent_ != 0) return false;
      YarnEntry& entry = out_.entries.emplace_back();
      std::string_view from = content_;
      bool more = true;
      while (more) {
        const auto pattern = word(from, true);
        if (!pattern) return false;
        entry.patterns.push_back(pattern->text);
        more = from.starts_with(',');
        if (more) from.remove_prefix(1);
        skip_spaces(from);
      }
      if (from.starts_with(':')) {
        if (from.size() != 1 || !next_line()) return false;
        if (!at_end_ && indent_ > 0 && !fields(entry.value, 1)) return false;
        if (entry.value.kind == DataNode::Kind::nothing) entry.value.kind = DataNode::Kind::map;
      } else {
        const auto value = word(from, false);
        if (!value || !from.empty() || !next_line()) return false;
        entry.value = *value;
      }
    }
    return true;
  }

  std::size_t line() const { return line_; }

 private:
  static void skip_spaces(std::string_view& from) {
    while (from.starts_with(' ')) from.remove_prefix(1);
  }

  bool next_line() {
    while (!rest_.empty()) {
      const std::size_t end = rest_.find('\n');
      std::string_view raw = rest_.substr(0, end);
      rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
      ++line_;
      while (raw.ends_with('\r') || raw.ends_with(' ')) raw.remove_suffix(1);
      const std::size_t first = raw.find_first_not_of(' ');
      if (first == std::string_view::npos || raw[first] == '#') continue;
      if (first % 2 != 0) return false;
      indent_ = first / 2;
      content_ = raw.substr(first);
      return true;
    }
    at_end_ = true;
    return true;
  }

  /// A quoted text, or a bare one up to a space, comma or (in a key) the colon that ends the line.
  std::optional<DataNode> word(std::string_view& from, bool is_key) {
    DataNode node;
    node.kind = DataNode::Kind::scalar;
    if (from.starts_with('"')) {
      const auto text = take_quoted(from, out_.owner.owned);
      if (!text) return std::nullopt;
      node.quoted = true;
      node.text = *text;
      return node;
    }
    std::size_t end = 0;
    while (end < from.size() && from[end] != ' ' && from[end] != ',' &&
           !(is_key && from[end] == ':' && end + 1 == from.size()))
      ++end;
    if (end == 0) return std::nullopt;
    node.text = from.substr(0, end);
    from.remove_prefix(end);
    return node;
  }

  bool fields(DataNode& node, std::size_t depth) {
    node.kind = DataNode::Kind::map;
    if (indent_ != depth || depth > kDeepestEntry) return false;
    while (!at_end_ && indent_ == depth) {
      std::string_view from = content_;
      const auto key = word(from, true);
      if (!key) return false;
      DataNode& value = node.fields.emplace_back(DataField{key->text, {}}).value;
      if (from == ":") {
        if (!next_line()) return false;
        if (!at_end_ && indent_ > depth && !fields(value, depth + 1)) return false;
        value.kind = DataNode::Kind::map;
        continue;
      }
      skip_spaces(from);
      const auto text = word(from, false);
      if (!text || !from.empty() || !next_line()) return false;
      value = *text;
    }
    return at_end_ || indent_ < depth;
  }

  std::string_view rest_;
  YarnText& out_;
  std::string_view content_;
  std::size_t indent_ = 0;
  std::size_t line_ = 0;
  bool at_end_ = false;
};

}  // namespace

Result<YarnText> parse_yarn_text(std::string_view text, const std::string& origin) {
  YarnText out;
  Reader reader(text, out);
  if (!reader.run())
    return fail(ErrorKind::invalid,
                fmt::format("{}:{}: not the format of a yarn 1 lock file", origin, reader.line()));
  return out;
}

}  // namespace stillage::workspace
