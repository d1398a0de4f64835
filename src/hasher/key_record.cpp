// SPDX-License-Identifier: MIT
#include "hasher/key_record.h"

#include <algorithm>
#include <span>

namespace stillage::hasher {
namespace {

constexpr std::uint8_t kVersion = 1;
/// Bytes of the smallest ingredient: two lengths of one byte, digest.
constexpr std::size_t kSmallestIngredient = 2 + std::tuple_size_v<ValueDigest>;
/// Names share their beginnings, so a small hostile record could ask for much memory.
constexpr std::size_t kMostNameBytes = 64 << 20;

/// Seven bits a byte, the lowest first; the highest bit says that more follow.
void write_number(base::ByteWriter& writer, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) writer.u8(static_cast<std::uint8_t>(number | 0x80));
  writer.u8(static_cast<std::uint8_t>(number));
}

/// A number, or one that is too large for anything if it has more than nine bytes.
std::uint64_t read_number(base::ByteReader& reader) {
  std::uint64_t number = 0;
  for (int shift = 0; shift < 63; shift += 7) {
    const std::uint8_t byte = reader.u8();
    number |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return number;
  }
  return UINT64_MAX;
}

std::size_t common_prefix(std::string_view a, std::string_view b) {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

using Ingredients = std::span<const RecordedIngredient>;

/// The ingredients of one section; they lie together.
Ingredients of_section(const KeyRecord& record, Section section) {
  const auto is_of = [section](const RecordedIngredient& ingredient) {
    return ingredient.section == section;
  };
  const auto begin = std::find_if(record.ingredients.begin(), record.ingredients.end(), is_of);
  const auto end = std::find_if_not(begin, record.ingredients.end(), is_of);
  return {record.ingredients.data() + (begin - record.ingredients.begin()),
          static_cast<std::size_t>(end - begin)};
}

/// By name; equal names keep their order.
std::vector<const RecordedIngredient*> by_name(Ingredients ingredients) {
  std::vector<const RecordedIngredient*> sorted;
  sorted.reserve(ingredients.size());
  for (const RecordedIngredient& ingredient : ingredients) sorted.push_back(&ingredient);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto* a, const auto* b) { return a->name < b->name; });
  return sorted;
}

/// The end of the run of ingredients that have the name of the one at `begin`.
std::size_t end_of_name(const std::vector<const RecordedIngredient*>& sorted, std::size_t begin) {
  std::size_t end = begin + 1;
  while (end < sorted.size() && sorted[end]->name == sorted[begin]->name) ++end;
  return end;
}

void explain_section(Section section, Ingredients before, Ingredients now, std::vector<Difference>& out) {
  if (std::equal(before.begin(), before.end(), now.begin(), now.end())) return;
  const auto old_names = by_name(before);
  const auto new_names = by_name(now);
  const std::size_t found_before = out.size();
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < old_names.size() || j < new_names.size()) {
    const int order = i == old_names.size()   ? 1
                      : j == new_names.size() ? -1
                                              : old_names[i]->name.compare(new_names[j]->name);
    if (order < 0) {
      out.push_back({section, old_names[i]->name, Change::removed});
      i = end_of_name(old_names, i);
    } else if (order > 0) {
      out.push_back({section, new_names[j]->name, Change::added});
      j = end_of_name(new_names, j);
    } else {
      const std::size_t old_end = end_of_name(old_names, i);
      const std::size_t new_end = end_of_name(new_names, j);
      if (!std::equal(old_names.begin() + static_cast<std::ptrdiff_t>(i),
                      old_names.begin() + static_cast<std::ptrdiff_t>(old_end),
                      new_names.begin() + static_cast<std::ptrdiff_t>(j),
                      new_names.begin() + static_cast<std::ptrdiff_t>(new_end),
                      [](const auto* a, const auto* b) { return a->value == b->value; }))
        out.push_back({section, old_names[i]->name, Change::changed});
      i = old_end;
      j = new_end;
    }
  }
  if (out.size() == found_before) out.push_back({section, "", Change::changed});
}

}  // namespace

void RecordWriter::close() {
  write_number(sections_, count_);
  sections_.raw(ingredients_.bytes());
  ingredients_.clear();
  count_ = 0;
  last_name_.clear();
  ++closed_;
}

void RecordWriter::open(Section section) {
  while (closed_ + 1 < static_cast<std::uint8_t>(section)) close();
}

void RecordWriter::add(std::string_view name, const ValueDigest& value) {
  const std::size_t shared = common_prefix(last_name_, name);
  write_number(ingredients_, shared);
  write_number(ingredients_, name.size() - shared);
  ingredients_.raw(name.substr(shared));
  ingredients_.raw(value);
  last_name_ = name;
  ++count_;
}

std::string RecordWriter::finish(std::string_view target_id, const base::Sha256Digest& key) {
  while (closed_ < kSectionCount) close();
  base::ByteWriter record;
  record.u8(kVersion);
  record.text(target_id);
  record.raw(key);
  record.raw(sections_.bytes());
  sections_.clear();
  closed_ = 0;
  return record.take();
}

void RecordSink::add(std::string_view name, std::string_view value) {
  sha256_.reset();
  sha256_.update(value);
  add_digested(name, value, sha256_.finish());
}

void RecordSink::add_digested(std::string_view name, std::string_view, const base::Sha256Digest& digest) {
  ValueDigest start{};
  std::copy_n(digest.begin(), start.size(), start.begin());
  writer_.add(name, start);
}

std::string serialise(const KeyRecord& record) {
  RecordWriter writer;
  for (const RecordedIngredient& ingredient : record.ingredients) {
    writer.open(ingredient.section);
    writer.add(ingredient.name, ingredient.value);
  }
  return writer.finish(record.target_id, record.key);
}

Result<KeyRecord> parse_record(std::string_view bytes) {
  base::ByteReader reader(bytes);
  if (reader.u8() != kVersion) return fail(ErrorKind::corrupt, "record of a key: of another version");
  KeyRecord record;
  record.target_id = reader.text();
  reader.raw(record.key);
  std::size_t name_bytes = 0;
  for (std::uint8_t i = 1; i <= kSectionCount; ++i) {
    const std::uint64_t count = read_number(reader);
    if (!reader.ok() || count > reader.left() / kSmallestIngredient)
      return fail(ErrorKind::corrupt, "record of a key: cut short");
    std::string last_name;
    for (std::uint64_t n = 0; n < count; ++n) {
      const std::uint64_t shared = read_number(reader);
      const std::uint64_t size = read_number(reader);
      if (!reader.ok() || shared > last_name.size() || size > reader.left())
        return fail(ErrorKind::corrupt, "record of a key: a name of the wrong length");
      last_name.resize(static_cast<std::size_t>(shared));
      last_name += reader.raw(static_cast<std::size_t>(size));
      name_bytes += last_name.size();
      if (name_bytes > kMostNameBytes)
        return fail(ErrorKind::corrupt, "record of a key: names beyond all measure");
      RecordedIngredient& ingredient = record.ingredients.emplace_back();
      ingredient.section = static_cast<Section>(i);
      ingredient.name = last_name;
      reader.raw(ingredient.value);
    }
  }
  if (!reader.ok() || !reader.at_end())
    return fail(ErrorKind::corrupt, "record of a key: of the wrong length");
  return record;
}

std::vector<Difference> explain(const KeyRecord& before, const KeyRecord& now) {
  std::vector<Difference> differences;
  for (std::uint8_t i = 1; i <= kSectionCount; ++i) {
    const auto section = static_cast<Section>(i);
    explain_section(section, of_section(before, section), of_section(now, section), differences);
  }
  return differences;
}

}  // namespace stillage::hasher
