// SPDX-License-Identifier: MIT
#include "net/resp.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/strings.h"

namespace stillage::net {
namespace {

/// Of a line: a type and a number, or a word, or what is wrong in words.
constexpr std::size_t kLongestLine = 64 << 10;

tl::unexpected<Failure> bad(std::string_view what) {
  return failure(FailureKind::protocol, fmt::format("what answers does not speak as Redis does: {}", what));
}

std::optional<std::int64_t> parse_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

Outcome<std::size_t> RespParser::take(std::string_view bytes) {
  const std::size_t given = bytes.size();
  while (!done_ && !bytes.empty()) {
    if (part_ == Part::head) {
      const std::size_t end = std::min(bytes.find('\n'), bytes.size() - 1) + 1;
      line_.append(bytes.substr(0, end));
      bytes.remove_prefix(end);
      if (line_.size() > kLongestLine) return bad("a line has no end");
      if (line_.ends_with('\n')) STILLAGE_TRY(take_head());
    } else {
      const std::string_view piece =
          bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
      bytes.remove_prefix(piece.size());
      STILLAGE_TRY(take_string(piece));
    }
  }
  return given - bytes.size();
}

Outcome<void> RespParser::take_head() {
  std::string line;
  line.swap(line_);
  if (line.size() < 3 || !line.ends_with("\r\n")) return bad("a line without a type");
  const char type = line.front();
  const std::string_view rest = std::string_view(line).substr(1, line.size() - 3);
  RespValue value;
  switch (type) {
    case '+':
    case ',':
    case '(':
    case '-':
      value.type = type == '-' ? RespValue::Type::error : RespValue::Type::text;
      value.text = rest;
      STILLAGE_TRY(count(rest.size()));
      break;
    case ':':
    case '#': {
      const auto number = type == ':'   ? parse_number(rest)
                          : rest == "t" ? std::optional<std::int64_t>(1)
                          : rest == "f" ? std::optional<std::int64_t>(0)
                                        : std::nullopt;
      if (!number) return bad("a number that is none");
      value.type = RespValue::Type::number;
      value.number = *number;
      break;
    }
    case '_':
      if (!rest.empty()) return bad("a null that is more");
      break;
    case '$':
    case '=':
    case '!':
      if (rest == "-1") break;
      string_ = {};
      string_.type = type == '!' ? RespValue::Type::error : RespValue::Type::bytes;
      return start_string(rest);
    case '*':
    case '~':
    case '%':
      if (rest == "-1") break;
      return start_array(rest, type == '%' ? 2 : 1);
    default:
      return bad(fmt::format("it begins with \"{}\"", base::printable(line.substr(0, 20))));
  }
  finish(std::move(value));
  return {};
}

Outcome<void> RespParser::start_string(std::string_view announced) {
  const auto size = parse_number(announced);
  if (!size || *size < 0) return bad("a string without a length");
  left_ = static_cast<std::uint64_t>(*size);
  const bool streamed = sink_ != nullptr && open_.empty() && string_.is(RespValue::Type::bytes);
  if (streamed)
    STILLAGE_TRY(sink_->begin(left_));
  else
    STILLAGE_TRY(count(left_));
  part_ = Part::string;
  if (left_ == 0) return take_string({});
  return {};
}

Outcome<void> RespParser::take_string(std::string_view piece) {
  left_ -= piece.size();
  if (part_ == Part::string) {
    if (sink_ != nullptr && open_.empty() && string_.is(RespValue::Type::bytes)) {
      if (!piece.empty()) STILLAGE_TRY(sink_->write(piece));
    } else {
      string_.text.append(piece);
    }
    if (left_ != 0) return {};
    part_ = Part::string_end;
    left_ = 2;
    return {};
  }
  line_.append(piece);
  if (left_ != 0) return {};
  if (line_ != "\r\n") return bad("a string is longer than announced");
  line_.clear();
  part_ = Part::head;
  finish(std::move(string_));
  return {};
}

Outcome<void> RespParser::start_array(std::string_view announced, std::uint64_t values_each) {
  const auto size = parse_number(announced);
  if (!size || *size < 0) return bad("an array without a length");
  const auto items = static_cast<std::uint64_t>(*size);
  if (items > limits_.values / values_each || items * values_each > limits_.values - values_)
    return bad("more values than can be meant");
  if (open_.size() == limits_.depth) return bad("arrays in arrays without end");
  values_ += items * values_each;
  RespValue array;
  array.type = RespValue::Type::array;
  if (items == 0)
    finish(std::move(array));
  else
    open_.push_back({std::move(array), items * values_each});
  return {};
}

Outcome<void> RespParser::count(std::uint64_t bytes) {
  if (bytes > limits_.bytes - bytes_) return bad("more bytes than can be meant");
  bytes_ += bytes;
  return {};
}

void RespParser::finish(RespValue value) {
  while (!open_.empty()) {
    Open& array = open_.back();
    array.value.items.push_back(std::move(value));
    if (array.value.items.size() < array.wanted) return;
    value = std::move(array.value);
    open_.pop_back();
  }
  value_ = std::move(value);
  done_ = true;
}

std::string resp_bulk(std::string_view text) {
  return fmt::format("${}\r\n{}\r\n", text.size(), text);
}

std::string resp_command(const std::vector<std::string>& words) {
  std::string command = fmt::format("*{}\r\n", words.size());
  for (const std::string& word : words) command += resp_bulk(word);
  return command;
}

}  // namespace stillage::net
