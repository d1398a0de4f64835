// SPDX-License-Identifier: MIT
#pragma once
// What a key is made of: named values in sections, in a fixed order (docs/formats/key.md). One function walks
// the ingredients of a target and tells them to a sink; one sink makes the key of them, another the record
// that `why` reads. So what is hashed and what is explained can't drift apart.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/digest.h"

namespace stillage::hasher {

/// The parts of a key, by the numbers that the encoding has for them.
enum class Section : std::uint8_t {
  target = 1,
  command,
  arguments,
  cache_key,
  outputs,
  options,
  variables,
  platform,
  environment_files,
  inputs,
  dependency_inputs,
  packages,
  local_packages,
  patches,
  dependencies,
};
inline constexpr std::uint8_t kSectionCount = 15;

/// The name of a section, as in the enum.
std::string_view name_of(Section section);

class IngredientList;

/// Takes the ingredients of one key.
class IngredientSink {
 public:
  virtual ~IngredientSink() = default;
  /// What follows belongs to `section`. Sections come in ascending order, each at most once.
  virtual void open(Section section) = 0;
  virtual void add(std::string_view name, std::string_view value) = 0;
  /// The same, of a value whose SHA-256 is known.
  virtual void add_digested(std::string_view name, std::string_view value, const base::Sha256Digest& digest) {
    (void)digest;
    add(name, value);
  }
  /// All ingredients of the open section at once.
  virtual void add_all(const IngredientList& list) = 0;
};

/// The ingredients of a whole section that many keys share.
class IngredientList {
 public:
  virtual ~IngredientList() = default;
  /// Calls sink.add() for each ingredient.
  virtual void tell(IngredientSink& sink) const = 0;
  /// The digest of the section's encoding, computed once. Not for two threads at a time.
  const base::Sha256Digest& digest() const;

 protected:
  /// The digest that a SectionEncoder makes of what tell() tells, unless the section's encoding is another.
  virtual base::Sha256Digest compute_digest() const;

 private:
  mutable std::optional<base::Sha256Digest> digest_;
};

/// Encodes one section: its ingredients framed by lengths, behind their number.
class SectionEncoder {
 public:
  void add(std::string_view name, std::string_view value);
  /// The digest of what was added; empties the encoder.
  base::Sha256Digest finish();

 private:
  base::ByteWriter ingredients_;
  std::uint64_t count_ = 0;
  base::Sha256 sha256_;
};

/// Makes the key.
class KeyDigester : public IngredientSink {
 public:
  void open(Section section) override;
  void add(std::string_view name, std::string_view value) override;
  void add_all(const IngredientList& list) override;
  /// The key of everything that was told since the last finish().
  base::Sha256Digest finish();

 private:
  void close();

  std::array<std::optional<base::Sha256Digest>, kSectionCount> digests_;
  std::optional<Section> section_;
  bool shared_ = false;
  SectionEncoder encoder_;
  base::Sha256 sha256_;
};

}  // namespace stillage::hasher
