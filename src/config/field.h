// SPDX-License-Identifier: MIT
#pragma once
// Reading a configuration: a value together with the place where it stands, so that each complaint names
// file, line and option. Nothing here knows any option's meaning.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "config/json_lines.h"
#include "stillage/result.h"

namespace stillage::config {

/// A configuration as a value, and where it came from.
struct Source {
  /// What to do with keys that nobody knows: a typing error in a file of ours, an unknown feature elsewhere.
  enum class UnknownKeys { error, warning };

  std::string file;  ///< relative to the root; "" if there is no configuration
  base::Json value = base::Json::object();
  UnknownKeys unknown_keys = UnknownKeys::error;
  /// The line of something in the file, where lines can be told.
  std::function<std::optional<std::size_t>(const Path&)> line_of;
  /// Keys that an object of the file holds more than once; `value` has the last.
  std::vector<Path> repeated = {};
};

/// A function of a JavaScript configuration, as it arrives here.
inline constexpr const char* kFunctionKey =
    "\x01"
    "function";

class Field {
 public:
  Field(const base::Json& value, const Source& source, Path path = {})
      : value_(value), source_(source), path_(std::move(path)) {}

  const base::Json& json() const { return value_; }
  const Source& source() const { return source_; }
  const Path& path() const { return path_; }
  /// undefined and null are the same to configurations.
  bool is_null() const { return value_.is_null(); }

  /// "stillage.config.json:12"; without lines "lage.config.js (pipeline.build)".
  std::string place() const;
  /// An error (invalid): place, path, and what is wrong.
  tl::unexpected<Error> wrong(std::string_view what) const;

  /// The id of the function that the value is, or nothing.
  std::optional<std::string> function() const;

  /// A member or item; `value` lies in json().
  Field child(const std::string& key, const base::Json& value) const;

  Result<std::string> text() const;
  Result<bool> flag() const;
  /// A number within int's range, fractions rounded up.
  Result<int> number() const;
  Result<std::vector<std::string>> texts() const;
  /// One of the words.
  Result<std::string> word(const std::vector<std::string>& words) const;

 private:
  const base::Json& value_;
  const Source& source_;
  Path path_;
};

/// What to do with one key of an object. An empty `read` accepts the key and does nothing.
struct Option {
  std::string key;
  std::function<Status(const Field&)> read;
};

/// Hands each member of `object` to its option; members that are null are skipped. Unknown keys are an error
/// that names the nearest known one, or, where the source says so, go to `warnings`. `hint` may explain such
/// a key.
Status read_options(const Field& object, const std::vector<Option>& options,
                    std::vector<std::string>& warnings,
                    const std::function<std::string(const std::string&)>& hint = {});

/// Keys that an object holds twice: an error that names the last one, or, where the source says so, warnings.
Status check_repeated(const Source& source, std::vector<std::string>& warnings);

/// Ready-made readers into a variable.
std::function<Status(const Field&)> into(std::string& variable);
std::function<Status(const Field&)> into(bool& variable);
std::function<Status(const Field&)> into(int& variable);
std::function<Status(const Field&)> into(std::optional<bool>& variable);
std::function<Status(const Field&)> into(std::vector<std::string>& variable);
std::function<Status(const Field&)> into(std::optional<std::vector<std::string>>& variable);

}  // namespace stillage::config
