// SPDX-License-Identifier: MIT
#pragma once
// The frame of every state file (docs/formats/state.md): a kind, a version, a checksum, then the payload.
// Written atomically; read as a whole or not at all. A file that is missing, damaged, of another kind or of
// another version reads as nothing: state can always be made anew.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "os/mapped_file.h"
#include "stillage/result.h"

namespace stillage::os {

/// What a state file holds (four letters) and in which version of that format.
struct StateFormat {
  char kind[5];
  std::uint32_t version;
};

/// A read state file: the payload lives as long as this object.
class StateFile {
 public:
  static std::optional<StateFile> read(const std::string& path, const StateFormat& format);
  static Status write(const std::string& path, const StateFormat& format, std::string_view payload);
  /// The same, of a payload in pieces.
  static Status write(const std::string& path, const StateFormat& format,
                      const std::vector<std::string>& pieces);

  std::string_view payload() const { return payload_; }

 private:
  StateFile(MappedFile file, std::string_view payload) : file_(std::move(file)), payload_(payload) {}
  MappedFile file_;
  std::string_view payload_;
};

}  // namespace stillage::os
