// SPDX-License-Identifier: MIT
#include "hasher/ingredients.h"

namespace stillage::hasher {
namespace {

constexpr std::string_view kScheme = "stillage key 1";

/// Makes a section's digest of a list.
class ListDigester : public IngredientSink {
 public:
  void open(Section /*section*/) override {}
  void add(std::string_view name, std::string_view value) override { encoder_.add(name, value); }
  void add_all(const IngredientList& list) override { list.tell(*this); }
  base::Sha256Digest finish() { return encoder_.finish(); }

 private:
  SectionEncoder encoder_;
};

const base::Sha256Digest& digest_of_nothing() {
  static const base::Sha256Digest digest = SectionEncoder().finish();
  return digest;
}

}  // namespace

std::string_view name_of(Section section) {
  switch (section) {
    case Section::target:
      return "target";
    case Section::command:
      return "command";
    case Section::arguments:
      return "arguments";
    case Section::cache_key:
      return "cache_key";
    case Section::outputs:
      return "outputs";
    case Section::options:
      return "options";
    case Section::variables:
      return "variables";
    case Section::platform:
      return "platform";
    case Section::environment_files:
      return "environment_files";
    case Section::inputs:
      return "inputs";
    case Section::dependency_inputs:
      return "dependency_inputs";
    case Section::packages:
      return "packages";
    case Section::local_packages:
      return "local_packages";
    case Section::patches:
      return "patches";
    case Section::dependencies:
      return "dependencies";
  }
  return "unknown";
}

const base::Sha256Digest& IngredientList::digest() const {
  if (!digest_) digest_ = compute_digest();
  return *digest_;
}

base::Sha256Digest IngredientList::compute_digest() const {
  ListDigester digester;
  tell(digester);
  return digester.finish();
}

void SectionEncoder::add(std::string_view name, std::string_view value) {
  ingredients_.text(name);
  ingredients_.text(value);
  ++count_;
}

base::Sha256Digest SectionEncoder::finish() {
  base::ByteWriter count;
  count.u64(count_);
  sha256_.reset();
  sha256_.update(count.bytes());
  sha256_.update(ingredients_.bytes());
  ingredients_ = base::ByteWriter();
  count_ = 0;
  return sha256_.finish();
}

void KeyDigester::open(Section section) {
  close();
  section_ = section;
}

void KeyDigester::add(std::string_view name, std::string_view value) {
  encoder_.add(name, value);
}

void KeyDigester::add_all(const IngredientList& list) {
  digests_[static_cast<std::size_t>(*section_) - 1] = list.digest();
  shared_ = true;
}

void KeyDigester::close() {
  if (section_ && !shared_) digests_[static_cast<std::size_t>(*section_) - 1] = encoder_.finish();
  section_.reset();
  shared_ = false;
}

base::Sha256Digest KeyDigester::finish() {
  close();
  base::ByteWriter record;
  record.text(kScheme);
  for (std::uint8_t i = 0; i < kSectionCount; ++i) {
    record.u8(static_cast<std::uint8_t>(i + 1));
    record.raw(digests_[i] ? *digests_[i] : digest_of_nothing());
    digests_[i].reset();
  }
  sha256_.reset();
  sha256_.update(record.bytes());
  return sha256_.finish();
}

}  // namespace stillage::hasher
