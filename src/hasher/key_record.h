// SPDX-License-Identifier: MIT
#pragma once
// What went into a key, small enough to keep: the name of every ingredient and a digest of its value, never
// the value itself, as that may be a secret (docs/formats/digests.md). Two records of a target tell why its
// key changed.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hasher/ingredients.h"
#include "stillage/result.h"

namespace stillage::hasher {

/// The first 8 bytes of the SHA-256 of a value: enough to tell that it is another one.
using ValueDigest = std::array<std::uint8_t, 8>;

struct RecordedIngredient {
  Section section = Section::target;
  std::string name;
  ValueDigest value{};
  friend bool operator==(const RecordedIngredient&, const RecordedIngredient&) = default;
};

struct KeyRecord {
  std::string target_id;
  base::Sha256Digest key{};
  /// In the order of the key's encoding.
  std::vector<RecordedIngredient> ingredients;
  friend bool operator==(const KeyRecord&, const KeyRecord&) = default;
};

/// Makes a record's bytes.
class RecordWriter {
 public:
  /// As those of an IngredientSink; `value` is the digest of one.
  void open(Section section);
  void add(std::string_view name, const ValueDigest& value);
  /// The record of everything since the last finish().
  std::string finish(std::string_view target_id, const base::Sha256Digest& key);

 private:
  void close();

  base::ByteWriter sections_;  ///< those that are closed
  std::uint8_t closed_ = 0;    ///< how many these are
  base::ByteWriter ingredients_;
  std::uint64_t count_ = 0;
  std::string last_name_;
};

/// Makes the record of what it is told.
class RecordSink : public IngredientSink {
 public:
  void open(Section section) override { writer_.open(section); }
  void add(std::string_view name, std::string_view value) override;
  void add_digested(std::string_view name, std::string_view value, const base::Sha256Digest& digest) override;
  void add_all(const IngredientList& list) override { list.tell(*this); }
  std::string finish(std::string_view target_id, const base::Sha256Digest& key) {
    return writer_.finish(target_id, key);
  }

 private:
  RecordWriter writer_;
  base::Sha256 sha256_;
};

/// The record as bytes.
std::string serialise(const KeyRecord& record);

/// The record that these bytes are; a `corrupt` error for any others.
Result<KeyRecord> parse_record(std::string_view bytes);

enum class Change : std::uint8_t { added, removed, changed };

/// One ingredient that two keys do not have in common.
struct Difference {
  Section section = Section::target;
  /// A path, the name of a variable, …; "" where only the order of the section's ingredients differs.
  std::string name;
  Change change = Change::changed;
  friend bool operator==(const Difference&, const Difference&) = default;
};

/// What differs between two records, in the order of the sections and, within each, of the names. Nothing
/// exactly if their ingredients are the same.
std::vector<Difference> explain(const KeyRecord& before, const KeyRecord& now);

}  // namespace stillage::hasher
