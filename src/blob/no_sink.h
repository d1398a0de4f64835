// SPDX-License-Identifier: MIT
#pragma once
// For answers whose body nobody wants.

#include "net/body.h"

namespace stillage::blob {

class NoSink final : public net::ByteSink {
 public:
  Status begin(std::optional<std::uint64_t>) override { return {}; }
  Status write(std::string_view) override { return {}; }
};

}  // namespace stillage::blob
