// SPDX-License-Identifier: MIT
#include "net/resp.h"

#include <gmock/gmock.h>

namespace stillage::net {
namespace {

using ::testing::HasSubstr;
using Type = RespValue::Type;

/// The reply that these bytes are, given in pieces of that size; what is left over is a failure of the test.
Outcome<RespValue> parse(std::string_view bytes, std::size_t piece = 1000, RespLimits limits = {},
                         ByteSink* sink = nullptr) {
  RespParser parser(limits, sink);
  while (!bytes.empty() && !parser.done()) {
    STILLAGE_ASSIGN(const std::size_t taken, parser.take(bytes.substr(0, piece)));
    bytes.remove_prefix(taken);
  }
  EXPECT_TRUE(bytes.empty());
  if (!parser.done()) return failure(FailureKind::transient, "more is to come");
  return parser.take_value();
}

void expect_bad(std::string_view bytes, RespLimits limits = {}) {
  for (const std::size_t piece : {1, 1000}) {
    const auto value = parse(bytes, piece, limits);
    ASSERT_FALSE(value) << bytes;
    EXPECT_EQ(value.error().what, FailureKind::protocol) << bytes << ": " << value.error().message;
  }
}

TEST(Resp, ReadsEveryKindOfReplyInPiecesOfAnySize) {
  for (const std::size_t piece : {1, 2, 3, 1000}) {
    EXPECT_EQ(parse("+OK\r\n", piece)->text, "OK");
    EXPECT_TRUE(parse("-ERR no\r\n", piece)->is(Type::error));
    EXPECT_EQ(parse(":-12\r\n", piece)->number, -12);
    EXPECT_EQ(parse("$5\r\na\r\nb\n\r\n", piece)->text, "a\r\nb\n");
    EXPECT_EQ(parse("$0\r\n\r\n", piece)->type, Type::bytes);
    EXPECT_TRUE(parse("$-1\r\n", piece)->is(Type::null));
    EXPECT_TRUE(parse("*-1\r\n", piece)->is(Type::null));
    EXPECT_TRUE(parse("_\r\n", piece)->is(Type::null));
    EXPECT_EQ(parse("#t\r\n", piece)->number, 1);
    EXPECT_EQ(parse(",1.5\r\n", piece)->text, "1.5");
    EXPECT_EQ(parse("(123456789012345678901234567890\r\n", piece)->text, "123456789012345678901234567890");
    EXPECT_EQ(parse("=6\r\ntxt:hi\r\n", piece)->text, "txt:hi");
    EXPECT_TRUE(parse("!5\r\nERR x\r\n", piece)->is(Type::error));
    const auto nested = parse("*3\r\n$1\r\na\r\n*2\r\n:1\r\n*0\r\n$-1\r\n", piece);
    ASSERT_TRUE(nested);
    ASSERT_EQ(nested->items.size(), 3U);
    EXPECT_EQ(nested->items[0].text, "a");
    ASSERT_EQ(nested->items[1].items.size(), 2U);
    EXPECT_EQ(nested->items[1].items[0].number, 1);
    EXPECT_TRUE(nested->items[2].is(Type::null));
    EXPECT_EQ(parse("%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n", piece)->items.size(), 4U);
  }
}

TEST(Resp, LeavesTheNextReplyAlone) {
  RespParser parser({});
  EXPECT_EQ(*parser.take("+OK\r\n:1\r\n"), 5U);
  EXPECT_TRUE(parser.done());
}

TEST(Resp, RefusesWhatNoServerOfRedisSays) {
  for (const std::string_view bytes :
       {"HTTP/1.1 400 Bad Request\r\n", "\r\n", "+\n", "x1\r\n", ":\r\n", ":1x\r\n",
        ":99999999999999999999\r\n", "$\r\n", "$-2\r\n", "$3\r\nabcde\r\n", "*-2\r\n", "*x\r\n", "#x\r\n",
        "_x\r\n", ">1\r\n+a\r\n", "|1\r\n", "$?\r\n", "*?\r\n"})
    expect_bad(bytes);
}

TEST(Resp, AnnouncementsReserveNothingAndAreBounded) {
  expect_bad("$9000000000000000000\r\n");
  expect_bad("*9000000000000000000\r\n");
  expect_bad("%5000000000000000000\r\n");
  expect_bad("*2\r\n$6\r\n123456\r\n$6\r\n", {.bytes = 10});
  expect_bad("*2\r\n*2\r\n:1\r\n:1\r\n*2\r\n", {.values = 5});
  expect_bad("*1\r\n*1\r\n*1\r\n*1\r\n", {.depth = 3});
  expect_bad("+" + std::string(100'000, 'a'));
  EXPECT_TRUE(parse("*2\r\n$5\r\n12345\r\n$5\r\n12345\r\n", 1000, {.bytes = 10}));
}

TEST(Resp, AStringGoesToASinkInstead) {
  for (const std::size_t piece : {1, 1000}) {
    MemorySink sink(100);
    const auto value = parse("$6\r\nab\r\ncd\r\n", piece, {.bytes = 1}, &sink);
    ASSERT_TRUE(value) << value.error().message;
    EXPECT_EQ(value->text, "");
    EXPECT_EQ(sink.bytes(), "ab\r\ncd");
    MemorySink untouched(100);
    EXPECT_TRUE(parse("$-1\r\n", piece, {}, &untouched)->is(Type::null));
    EXPECT_TRUE(parse("-ERR x\r\n", piece, {}, &untouched)->is(Type::error));
  }
  MemorySink small(3);
  const auto refused = parse("$6\r\nabcdef\r\n", 1000, {}, &small);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, FailureKind::local);
}

TEST(Resp, CommandsAreArraysOfStrings) {
  EXPECT_EQ(resp_command({"SET", "a\r\n", ""}), "*3\r\n$3\r\nSET\r\n$3\r\na\r\n\r\n$0\r\n\r\n");
}

}  // namespace
}  // namespace stillage::net
