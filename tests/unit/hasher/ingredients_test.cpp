// SPDX-License-Identifier: MIT
#include "hasher/ingredients.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "base/hex.h"
#include "hasher/key_record.h"

namespace stillage::hasher {
namespace {

/// Writes down everything that is told, unmistakably.
class CanonicalText : public IngredientSink {
 public:
  void open(Section section) override { bytes_.u8(static_cast<std::uint8_t>(section)); }
  void add(std::string_view name, std::string_view value) override {
    bytes_.u8(0xff);
    bytes_.text(name);
    bytes_.text(value);
  }
  void add_all(const IngredientList& list) override { list.tell(*this); }
  const std::string& text() const { return bytes_.bytes(); }

 private:
  base::ByteWriter bytes_;
};

using Pairs = std::vector<std::pair<std::string, std::string>>;

class ListOfPairs : public IngredientList {
 public:
  explicit ListOfPairs(Pairs pairs) : pairs_(std::move(pairs)) {}
  void tell(IngredientSink& sink) const override {
    for (const auto& [name, value] : pairs_) sink.add(name, value);
  }

 private:
  Pairs pairs_;
};

/// The ingredients of an imaginary key, by section.
using Sections = std::vector<Pairs>;

enum class Sharing { none, all };

void tell(const Sections& sections, IngredientSink& sink, Sharing sharing = Sharing::none) {
  for (std::size_t i = 0; i < sections.size(); ++i) {
    sink.open(static_cast<Section>(i + 1));
    if (sharing == Sharing::all)
      sink.add_all(ListOfPairs(sections[i]));
    else
      for (const auto& [name, value] : sections[i]) sink.add(name, value);
  }
}

std::string key_of(const Sections& sections, Sharing sharing = Sharing::none) {
  KeyDigester digester;
  tell(sections, digester, sharing);
  return base::to_hex(digester.finish());
}

std::string record_bytes(const Sections& sections) {
  RecordSink sink;
  tell(sections, sink);
  return sink.finish("a#b", {});
}

KeyRecord record_of(const Sections& sections) {
  return parse_record(record_bytes(sections)).value();
}

/// Few letters and few sections, so that near misses are common.
Sections random_sections(std::mt19937& random) {
  const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
  const auto word = [&] {
    std::string text;
    for (unsigned n = below(3); n > 0; --n) text += "ab"[below(2)];
    return text;
  };
  Sections sections(kSectionCount);
  for (unsigned n = below(4); n > 0; --n) sections[below(3)].emplace_back(word(), word());
  return sections;
}

TEST(KeyDigester, EqualKeysMeanEqualIngredients) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::map<std::string, std::string> text_of_key;
  std::map<std::string, std::string> key_of_text;
  for (int i = 0; i < 20'000; ++i) {
    const Sections sections = random_sections(random);
    CanonicalText text;
    tell(sections, text);
    const std::string key = key_of(sections);
    ASSERT_EQ(text_of_key.emplace(key, text.text()).first->second, text.text());
    ASSERT_EQ(key_of_text.emplace(text.text(), key).first->second, key);
  }
  EXPECT_GT(text_of_key.size(), 5'000U);
  EXPECT_LT(text_of_key.size(), 20'000U) << "no two were equal: the test shows nothing";
}

TEST(KeyDigester, SharedSectionsCountLikeOthers) {
  std::mt19937 random(1);
  for (int i = 0; i < 100; ++i) {
    const Sections sections = random_sections(random);
    ASSERT_EQ(key_of(sections), key_of(sections, Sharing::all));
  }
}

TEST(KeyDigester, SectionsThatAreNotToldAreEmptyOnes) {
  KeyDigester digester;
  EXPECT_EQ(base::to_hex(digester.finish()), key_of(Sections(kSectionCount)));
}

TEST(KeyDigester, CanBeUsedAgain) {
  const Sections sections = {{{"id", "a#b"}}, {{"main", "tsc"}}};
  KeyDigester digester;
  tell({{{"id", "other"}}, {}, {{"x", "y"}}}, digester);
  digester.finish();
  tell(sections, digester);
  EXPECT_EQ(base::to_hex(digester.finish()), key_of(sections));
}

// The example of docs/formats/key.md, computed by another implementation of that page.
TEST(KeyDigester, MakesTheKeyOfTheDocumentation) {
  const Sections sections = {{{"id", "app#build"}, {"directory", "packages/app"}}, {{"main", "tsc"}}};
  EXPECT_EQ(key_of(sections), "09a7c7fa48a4cf14d0165c0d0cf33cb58d48f23596a74719a4f433a02933d4c6");
}

TEST(KeyRecord, SurvivesItsStorage) {
  std::mt19937 random(2);
  for (int i = 0; i < 100; ++i) {
    const std::string bytes = record_bytes(random_sections(random));
    const auto parsed = parse_record(bytes);
    ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
    ASSERT_EQ(serialise(*parsed), bytes);
  }
}

TEST(KeyRecord, HoldsNoValues) {
  const std::string bytes = record_bytes({{{"TOKEN", "hunter2-hunter2"}}});
  EXPECT_NE(bytes.find("TOKEN"), std::string::npos);
  EXPECT_EQ(bytes.find("hunter2"), std::string::npos);
}

TEST(KeyRecord, IsReadWholeOrNotAtAll) {
  const std::string bytes = record_bytes({{{"a", "1"}, {"b", "2"}}, {{"c", "3"}}});
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(parse_record(std::string_view(bytes).substr(0, size)).has_value()) << size;
  EXPECT_FALSE(parse_record(bytes + "x").has_value());
  std::string many = bytes;
  const std::size_t count = 1 + 8 + 3 + 32;
  ASSERT_EQ(many[count], 2);
  many[count] = '\x7f';
  EXPECT_FALSE(parse_record(many).has_value()) << "more ingredients than bytes";
  many.replace(count, 1, 9, '\xff');
  EXPECT_FALSE(parse_record(many).has_value()) << "a number without an end";
}

TEST(KeyRecord, OfNamesBeyondAllMeasureIsRefused) {
  Sections sections(1);
  const std::string name(60'000, 'x');
  for (int i = 0; i < 2'000; ++i) sections[0].emplace_back(name, "");
  const std::string bytes = record_bytes(sections);
  EXPECT_LT(bytes.size(), 100'000U);
  EXPECT_FALSE(parse_record(bytes).has_value());
}

TEST(Explain, NamesWhatCameWentAndChanged) {
  const KeyRecord before = record_of({{{"id", "a"}}, {}, {{"x", "1"}, {"y", "1"}, {"z", "1"}}});
  const KeyRecord now = record_of({{{"id", "a"}}, {{"main", "m"}}, {{"x", "1"}, {"y", "2"}, {"w", "1"}}});
  const std::vector<Difference> expected = {{Section::command, "main", Change::added},
                                            {Section::arguments, "w", Change::added},
                                            {Section::arguments, "y", Change::changed},
                                            {Section::arguments, "z", Change::removed}};
  EXPECT_EQ(explain(before, now), expected);
}

TEST(Explain, SaysWhenOnlyTheOrderDiffers) {
  const std::vector<Difference> expected = {{Section::target, "", Change::changed}};
  EXPECT_EQ(explain(record_of({{{"a", "1"}, {"b", "1"}}}), record_of({{{"b", "1"}, {"a", "1"}}})), expected);
}

TEST(Explain, FindsADifferenceExactlyIfTheKeysDiffer) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  int equal = 0;
  for (int i = 0; i < 20'000; ++i) {
    const Sections a = random_sections(random);
    const Sections b = random_sections(random);
    const bool same = key_of(a) == key_of(b);
    equal += same ? 1 : 0;
    ASSERT_EQ(explain(record_of(a), record_of(b)).empty(), same);
  }
  EXPECT_GT(equal, 0);
}

}  // namespace
}  // namespace stillage::hasher
