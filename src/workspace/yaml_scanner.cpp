// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <optional>

#include "workspace/quoted_text.h"
#include "workspace/yaml.h"

namespace stillage::workspace {
namespace {

constexpr int kDeepest = 64;

std::string_view trim_spaces(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return text;
}

bool is_null(std::string_view plain) {
  return plain.empty() || plain == "~" || plain == "null" || plain == "Null" || plain == "NULL";
}

/// Whether a scalar without quotes starts with a character that means something else.
bool is_indicator(std::string_view text) {
  static constexpr std::string_view kIndicators = "&*!|>%@`\"'#,[]{}";
  if (text.empty()) return false;
  if (kIndicators.find(text.front()) != std::string_view::npos) return true;
  return (text.front() == '-' || text.front() == '?' || text.front() == ':') &&
         (text.size() == 1 || text[1] == ' ');
}

/// Recursive descent over lines. Every function returns false to give up: the whole text is then somebody
/// else's.
class Scanner {
 public:
  Scanner(std::string_view text, DataDocument& document)
      : rest_(without_byte_order_mark(text)), document_(document) {}

  bool run() {
    if (!next_line()) return false;
    bool separated = false;
    while (!at_end_) {
      if (content_ == "---" && indent_ == 0) {
        if (separated) document_.roots.emplace_back();
        separated = true;
        if (!next_line()) return false;
        continue;
      }
      if (!block(indent_, document_.roots.emplace_back(), 0)) return false;
      if (!at_end_ && content_ != "---") return false;
      separated = false;
    }
    if (separated) document_.roots.emplace_back();
    return true;
  }

  std::size_t line() const { return line_; }

 private:
  /// Takes one raw line off the text.
  std::string_view take_line() {
    const std::size_t end = rest_.find('\n');
    std::string_view raw = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    ++line_;
    if (raw.ends_with('\r')) raw.remove_suffix(1);
    return raw;
  }

  /// Goes to the next line that is neither blank nor a comment.
  bool next_line() {
    while (!rest_.empty()) {
      const std::string_view raw = take_line();
      const std::size_t first = raw.find_first_not_of(' ');
      if (first == std::string_view::npos || raw[first] == '#') continue;
      if (raw[first] == '\t' || (first == 0 && (raw[0] == '%' || raw.starts_with("...")))) return false;
      indent_ = first;
      content_ = trim_spaces(raw);
      // "--- text" is a document that starts on the separator's line.
      return first != 0 || !raw.starts_with("--- ");
    }
    at_end_ = true;
    content_ = {};
    return true;
  }

  bool is_item() const { return content_ == "-" || content_.starts_with("- "); }

  bool block(std::size_t indent, DataNode& node, int depth) {
    if (depth > kDeepest) return false;
    if (is_item()) return list(indent, node, depth);
    return map(indent, node, depth);
  }

  bool list(std::size_t indent, DataNode& node, int depth) {
    node.kind = DataNode::Kind::list;
    while (!at_end_ && indent_ == indent && is_item()) {
      const std::size_t before = content_.size();
      content_.remove_prefix(1);
      content_ = trim_spaces(content_);
      DataNode& item = node.items.emplace_back();
      if (content_.empty()) {
        if (!value_below(indent, item, depth, false)) return false;
      } else if (is_item() || starts_field()) {
        // A block that begins on the item's line is as deep as its first character.
        indent_ = indent + (before - content_.size());
        if (!block(indent_, item, depth + 1)) return false;
      } else if (!scalar(content_, indent, item, depth)) {
        return false;
      }
    }
    return at_end_ || indent_ < indent || (indent_ == indent && !is_item());
  }

  bool starts_field() {
    std::string_view after;
    std::string_view key;
    return content_.starts_with("? ") || take_key(content_, key, after);
  }

  bool map(std::size_t indent, DataNode& node, int depth) {
    node.kind = DataNode::Kind::map;
    while (!at_end_ && indent_ == indent && content_ != "---") {
      std::string_view key;
      std::string_view after;
      if (content_.starts_with("? ")) {
        const std::string_view written = trim_spaces(content_.substr(2));
        std::string_view left;
        if (!key_text(written, key, left) || !left.empty() || !next_line()) return false;
        if (at_end_ || indent_ != indent || (content_ != ":" && !content_.starts_with(": "))) return false;
        after = content_.substr(1);
      } else if (is_item() || !take_key(content_, key, after)) {
        return false;
      }
      if (key == "<<") return false;
      DataNode& value = node.fields.emplace_back(DataField{key, {}}).value;
      after = trim_spaces(after);
      if (after.empty() ? !value_below(indent, value, depth, true) : !scalar(after, indent, value, depth))
        return false;
    }
    return at_end_ || indent_ <= indent;
  }

  /// The value of a field or item whose own line says nothing: what is indented more, or nothing.
  bool value_below(std::size_t indent, DataNode& value, int depth, bool list_may_align) {
    if (!next_line()) return false;
    if (at_end_ || content_ == "---" || indent_ < indent) return true;
    if (indent_ > indent) {
      if (!is_item() && !starts_field()) return false;
      return block(indent_, value, depth + 1) && (at_end_ || indent_ <= indent);
    }
    if (list_may_align && is_item()) return list(indent, value, depth + 1);
    return true;
  }

  /// "key: rest" or "key:" into its parts.
  bool take_key(std::string_view from, std::string_view& key, std::string_view& after) {
    std::string_view left;
    if (!key_text(from, key, left)) return false;
    if (left != ":" && !left.starts_with(": ")) return false;
    after = left.substr(1);
    return true;
  }

  /// A quoted text, or a plain one up to the colon that ends it (or to the end).
  bool key_text(std::string_view from, std::string_view& key, std::string_view& left) {
    if (from.starts_with('"') || from.starts_with('\'')) {
      if (!quoted(from, key)) return false;
      left = trim_spaces(from);
      return true;
    }
    if (is_indicator(from)) return false;
    std::size_t end = 0;
    for (; end < from.size(); ++end) {
      if (from[end] == ':' && (end + 1 == from.size() || from[end + 1] == ' ')) break;
      if (from[end] == '#' && end > 0 && from[end - 1] == ' ') return false;
    }
    key = trim_spaces(from.substr(0, end));
    if (is_null(key)) return false;
    left = from.substr(end);
    return true;
  }

  /// Takes a quoted text off the front of `from`.
  bool quoted(std::string_view& from, std::string_view& text) {
    const auto taken = take_quoted(from, document_.owned);
    if (!taken) return false;
    text = *taken;
    return true;
  }

  /// A value on its key's line; goes to the next line.
  bool scalar(std::string_view from, std::size_t indent, DataNode& value, int depth) {
    if (from.starts_with('|') || from.starts_with('>')) return block_scalar(from, indent, value);
    if (!flow(from, value, depth + 1, false)) return false;
    if (!trim_spaces(from).empty() || !next_line()) return false;
    // Deeper text below would go on with the scalar.
    return at_end_ || indent_ <= indent;
  }

  /// One value, within a flow collection or as the rest of a line; taken off the front of `from`.
  bool flow(std::string_view& from, DataNode& value, int depth, bool in_collection) {
    if (depth > kDeepest) return false;
    from = trim_spaces(from);
    if (from.starts_with('{')) return flow_map(from, value, depth);
    if (from.starts_with('[')) return flow_list(from, value, depth);
    if (from.starts_with('"') || from.starts_with('\'')) {
      value.kind = DataNode::Kind::scalar;
      value.quoted = true;
      return quoted(from, value.text);
    }
    if (!in_collection && is_indicator(from)) return false;
    std::size_t end = in_collection ? std::min(from.find_first_of(",]}[{"), from.size()) : from.size();
    if (end < from.size() && (from[end] == '[' || from[end] == '{')) return false;
    const std::string_view plain = trim_spaces(from.substr(0, end));
    if (is_indicator(plain) || plain.find(": ") != std::string_view::npos || plain.ends_with(':') ||
        plain.find(" #") != std::string_view::npos)
      return false;
    from.remove_prefix(end);
    if (is_null(plain)) return true;
    value.kind = DataNode::Kind::scalar;
    value.text = plain;
    return true;
  }

  bool flow_map(std::string_view& from, DataNode& value, int depth) {
    value.kind = DataNode::Kind::map;
    from.remove_prefix(1);
    while (true) {
      from = trim_spaces(from);
      if (from.starts_with('}')) break;
      std::string_view key;
      if (from.starts_with('"') || from.starts_with('\'')) {
        if (!quoted(from, key)) return false;
        from = trim_spaces(from);
      } else {
        const std::size_t end = from.find_first_of(":,}]{[");
        if (end == std::string_view::npos || is_indicator(from)) return false;
        // A colon within a plain key is followed by something other than a space.
        std::size_t colon = end;
        while (colon < from.size() &&
               !(from[colon] == ':' && colon + 1 < from.size() && from[colon + 1] == ' ')) {
          if (std::string_view(",}]{[").find(from[colon]) != std::string_view::npos) return false;
          ++colon;
        }
        key = trim_spaces(from.substr(0, colon));
        if (is_null(key) || key.find(" #") != std::string_view::npos) return false;
        from.remove_prefix(colon);
      }
      if (!from.starts_with(": ") || key == "<<") return false;
      from.remove_prefix(1);
      if (!flow(from, value.fields.emplace_back(DataField{key, {}}).value, depth + 1, true)) return false;
      from = trim_spaces(from);
      if (from.starts_with(',')) {
        from.remove_prefix(1);
      } else if (!from.starts_with('}')) {
        return false;
      }
    }
    from.remove_prefix(1);
    return true;
  }

  bool flow_list(std::string_view& from, DataNode& value, int depth) {
    value.kind = DataNode::Kind::list;
    from.remove_prefix(1);
    while (true) {
      from = trim_spaces(from);
      if (from.starts_with(']')) break;
      if (from.empty() || from.starts_with(',')) return false;
      if (!flow(from, value.items.emplace_back(), depth + 1, true)) return false;
      from = trim_spaces(from);
      if (from.starts_with(',')) {
        from.remove_prefix(1);
      } else if (!from.starts_with(']')) {
        return false;
      }
    }
    from.remove_prefix(1);
    return true;
  }

  /// "|" and ">" with an optional "-" or "+"; lines indented more than the first one of a folded text are
  /// left to yaml-cpp.
  bool block_scalar(std::string_view header, std::size_t indent, DataNode& value) {
    const bool folded = header[0] == '>';
    const std::string_view chomp = header.substr(1);
    if (!chomp.empty() && chomp != "-" && chomp != "+") return false;
    std::string text;
    std::size_t own_indent = 0;
    std::size_t blank_lines = 0;
    bool any = false;
    while (!rest_.empty()) {
      const std::string_view before = rest_;
      const std::string_view raw = take_line();
      const std::size_t first = raw.find_first_not_of(' ');
      if (first == std::string_view::npos) {
        if (own_indent != 0 && raw.size() > own_indent) return false;
        ++blank_lines;
        continue;
      }
      if (first <= indent) {
        rest_ = before;
        --line_;
        break;
      }
      if (own_indent == 0) own_indent = first;
      if (first < own_indent || raw[first] == '\t' || (folded && first > own_indent)) return false;
      if (!any)
        text.append(blank_lines, '\n');
      else if (folded)
        text.append(blank_lines == 0 ? " " : std::string(blank_lines, '\n'));
      else
        text.append(blank_lines + 1, '\n');
      text.append(raw.substr(own_indent));
      blank_lines = 0;
      any = true;
    }
    if (!any) return false;
    if (chomp == "+") text.append(blank_lines + 1, '\n');
    if (chomp.empty()) text += '\n';
    value.kind = DataNode::Kind::scalar;
    value.quoted = true;
    value.text = document_.owned.emplace_back(std::move(text));
    return next_line() && (at_end_ || indent_ <= indent);
  }

  std::string_view rest_;
  DataDocument& document_;
  std::string_view content_;
  std::size_t indent_ = 0;
  std::size_t line_ = 0;
  bool at_end_ = false;
};

}  // namespace

Result<DataDocument> scan_yaml(std::string_view text, const std::string& origin) {
  DataDocument document;
  Scanner scanner(text, document);
  if (!scanner.run())
    return fail(ErrorKind::unsupported,
                fmt::format("{}:{}: not the plain kind of YAML", origin, scanner.line()));
  return document;
}

}  // namespace stillage::workspace
