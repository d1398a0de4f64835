// SPDX-License-Identifier: MIT
#include "hasher/hash_strings.h"

#include <algorithm>
#include <cstdint>

#include "base/digest.h"
#include "base/hex.h"
#include "base/utf16.h"
#include "hasher/collation.h"

namespace stillage::hasher {
namespace {

/// A text and what its comparison takes.
struct Item {
  enum class Kind : std::uint8_t {
    plain,  ///< digits and small letters: collated as its bytes are
    ascii,
    other,
  };
  std::string_view text;
  Kind kind = Kind::plain;
  std::u16string units = {};  ///< only where the list holds one of the kind `other`
};

Item::Kind kind_of(std::string_view text) {
  auto kind = Item::Kind::plain;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return Item::Kind::other;
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'))) kind = Item::Kind::ascii;
  }
  return kind;
}

bool comes_before(const Item& a, const Item& b) {
  const auto kind = std::max(a.kind, b.kind);
  if (kind == Item::Kind::plain) return a.text < b.text;
  if (kind == Item::Kind::ascii) return compare_collated_ascii(a.text, b.text) < 0;
  return compare_collated_units(a.units, b.units) < 0;
}

void update(base::Sha1& sha1, std::string_view text, bool ascii) {
  if (ascii)
    sha1.update(text);
  else
    sha1.update(base::to_well_formed(text));
}

}  // namespace

std::string hash_strings(const std::vector<std::string_view>& strings) {
  std::vector<Item> items;
  items.reserve(strings.size());
  bool any_other = false;
  for (const std::string_view text : strings) {
    items.push_back({.text = text, .kind = kind_of(text)});
    any_other = any_other || items.back().kind == Item::Kind::other;
  }
  if (any_other)
    for (Item& item : items) item.units = base::to_utf16(item.text);
  std::stable_sort(items.begin(), items.end(), comes_before);
  base::Sha1 sha1;
  for (const Item& item : items) update(sha1, item.text, item.kind != Item::Kind::other);
  return base::to_hex(sha1.finish());
}

std::string backfill_hash_strings(const std::vector<std::string_view>& strings) {
  std::vector<std::string_view> sorted = strings;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](std::string_view a, std::string_view b) { return base::compare_code_units(a, b) < 0; });
  base::Sha1 sha1;
  for (const std::string_view text : sorted) update(sha1, text, base::is_ascii(text));
  return base::to_hex(sha1.finish());
}

}  // namespace stillage::hasher
