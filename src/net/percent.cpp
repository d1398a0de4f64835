// SPDX-License-Identifier: MIT
#include "net/percent.h"

#include <array>
#include <cstdint>

#include "base/hex.h"

namespace stillage::net {
namespace {

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

std::string encode(std::string_view bytes, std::string_view also_kept) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text;
  text.reserve(bytes.size());
  for (const char c : bytes) {
    if (is_unreserved(c) || also_kept.find(c) != std::string_view::npos) {
      text += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    text += '%';
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace

std::string percent_encode(std::string_view bytes) {
  return encode(bytes, "");
}

std::string percent_encode_path(std::string_view path) {
  return encode(path, "/");
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      bytes += text[i];
      continue;
    }
    std::array<std::uint8_t, 1> byte{};
    if (text.size() - i < 3 || !base::from_hex(text.substr(i + 1, 2), byte)) return std::nullopt;
    bytes += static_cast<char>(byte[0]);
    i += 2;
  }
  return bytes;
}

}  // namespace stillage::net
