// SPDX-License-Identifier: MIT
#pragma once
// The header fields of a request, some of which are secret, and of an answer.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stillage::net {

struct Header {
  std::string name;  ///< of an answer: in lower case
  std::string value;
  bool secret = false;
};

class Headers {
 public:
  /// Appends a field.
  void add(std::string name, std::string value) {
    fields_.push_back({std::move(name), std::move(value), false});
  }
  /// Appends a field whose value must never be shown.
  void add_secret(std::string name, std::string value) {
    fields_.push_back({std::move(name), std::move(value), true});
  }

  /// The value of the first field of that name in any case.
  std::optional<std::string_view> find(std::string_view name) const;
  /// find(), or "".
  std::string_view get(std::string_view name) const { return find(name).value_or(std::string_view()); }
  const std::vector<Header>& fields() const { return fields_; }

 private:
  std::vector<Header> fields_;
};

/// Whether `name` is a token and `value` printable (RFC 9110 section 5): nothing that could start another
/// field.
bool is_valid_header(std::string_view name, std::string_view value);

/// `text` with every one of `secrets` that is not empty replaced by "<secret>".
std::string redact(std::string_view text, const std::vector<std::string>& secrets);

}  // namespace stillage::net
