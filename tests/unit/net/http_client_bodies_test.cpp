// SPDX-License-Identifier: MIT
// What gives and takes the bodies may be slow, refuse, fail, or be stopped.
#include <thread>

#include "client_fixture.h"
#include "support/in_time.h"
#include "support/scripted_server.h"

namespace stillage::net {
namespace {

using std::chrono::milliseconds;
using test::Connection;
using test::http_answer;
using test::ScriptedServer;

class RefusingSink final : public ByteSink {
 public:
  Status begin(std::optional<std::uint64_t>) override { return {}; }
  Status write(std::string_view) override { return fail(ErrorKind::io, "the disk is full"); }
};

TEST_F(Client, ASinkMayRefuse) {
  std::atomic<bool> client_has_gone = false;
  ScriptedServer server([&](Connection& c) {
    c.read_head();
    c.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
    while (c.send(std::string(65536, 'x'))) {
    }
    client_has_gone = true;
  });
  RefusingSink sink;
  const auto answer = client_.perform(request(server.url()), sink);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().what, FailureKind::local);
  EXPECT_EQ(answer.error().message, "the disk is full");
  for (int i = 0; i < 200 && !client_has_gone; ++i) std::this_thread::sleep_for(milliseconds(10));
  EXPECT_TRUE(client_has_gone);
}

TEST_F(Client, WhoAsksMayRefuseTheHead) {
  ScriptedServer server([](Connection& c) {
    c.read_head();
    c.send(http_answer(200, "page"));
  });
  HttpRequest asked = request(server.url());
  asked.accept = [](const HttpHead&) -> Outcome<void> { return failure(FailureKind::too_large, "no"); };
  EXPECT_EQ(failure_of(asked).what, FailureKind::too_large);
  EXPECT_EQ(sink_.bytes(), "");
}

/// Says it has more than it has.
class BrokenSource final : public ByteSource {
 public:
  std::uint64_t size() const override { return 100; }
  Status rewind() override { return {}; }
  Result<std::size_t> read(std::span<char>) override { return fail(ErrorKind::io, "the file is gone"); }
};

TEST_F(Client, ASourceMayFail) {
  ScriptedServer server([](Connection& c) { c.hang(); });
  BrokenSource source;
  HttpRequest asked = request(server.url(), "PUT");
  asked.body = &source;
  const Failure failure = failure_of(asked);
  EXPECT_EQ(failure.what, FailureKind::local);
  EXPECT_EQ(failure.message, "the file is gone");
}

/// Takes its time, longer than the deadline below, for the first piece.
class SlowSink final : public ByteSink {
 public:
  Status begin(std::optional<std::uint64_t>) override { return {}; }
  Status write(std::string_view bytes) override {
    if (total == 0) std::this_thread::sleep_for(milliseconds(2500));
    largest = std::max(largest, bytes.size());
    total += bytes.size();
    return {};
  }
  std::size_t largest = 0;
  std::uint64_t total = 0;
};

TEST_F(Client, ASlowSinkHoldsTheServerBackWithoutDeadlineOrMemory) {
  constexpr std::uint64_t kSize = 12 << 20;
  const std::string answer_bytes =
      "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kSize) + "\r\n\r\n" + std::string(kSize, 'x');
  ScriptedServer server([&](Connection& c) {
    c.read_head();
    c.send(answer_bytes);
  });
  SlowSink sink;
  HttpRequest asked = request(server.url());
  asked.deadlines.stall = milliseconds(2000);
  const auto answer = client_.perform(asked, sink);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(sink.total, kSize);
  EXPECT_LE(sink.largest, 1U << 20);
}

TEST_F(Client, StopsWhenAsked) {
  ScriptedServer server([](Connection& c) { c.hang(); });
  std::stop_source stop;
  HttpRequest asked = request(server.url());
  asked.deadlines.stall = milliseconds(60'000);
  std::jthread later([&] {
    std::this_thread::sleep_for(milliseconds(100));
    stop.request_stop();
  });
  const auto began = std::chrono::steady_clock::now();
  const auto answer = client_.perform(asked, sink_, stop.get_token());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().what, FailureKind::cancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - began, test::in_time(milliseconds(1000)));
  EXPECT_EQ(client_.perform(asked, sink_, stop.get_token()).error().what, FailureKind::cancelled);
}

}  // namespace
}  // namespace stillage::net
