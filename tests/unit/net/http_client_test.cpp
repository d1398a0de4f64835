// SPDX-License-Identifier: MIT
#include <set>
#include <thread>

#include "base/strings.h"
#include "client_fixture.h"
#include "support/in_time.h"
#include "support/nginx.h"
#include "support/scripted_server.h"

namespace stillage::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using test::Connection;
using test::http_answer;
using test::Nginx;
using test::ScriptedServer;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t x = 12345;
  for (char& byte : bytes) byte = static_cast<char>((x = x * 1664525 + 1013904223) >> 24);
  return bytes;
}

TEST_F(Client, PutsAndGetsOverOneConnection) {
  const Nginx nginx;
  const std::string bytes = pattern(3'000'000);
  const auto stored = put(nginx.url() + "/a/key", bytes);
  ASSERT_TRUE(stored) << stored.error().message;
  EXPECT_EQ(stored->status, 201);
  const auto fetched = perform(request(nginx.url() + "/a/key"));
  ASSERT_TRUE(fetched) << fetched.error().message;
  EXPECT_EQ(fetched->status, 200);
  EXPECT_EQ(fetched->received, bytes.size());
  EXPECT_EQ(fetched->content_length, bytes.size());
  EXPECT_EQ(sink_.bytes(), bytes);
  EXPECT_EQ(perform(request(nginx.url() + "/none"))->status, 404);
  EXPECT_EQ(perform(request(nginx.url() + "/a/key", "HEAD"))->content_length, bytes.size());
  // The last field of each line of the log is the number of the connection.
  const std::string log = nginx.access_log(4);
  std::set<std::string> connections;
  for (const auto line : base::split(base::trim(log), '\n'))
    connections.emplace(line.substr(line.rfind(' ')));
  EXPECT_EQ(connections.size(), 1U) << log;
}

TEST_F(Client, AnEmptyBodyIsABody) {
  const Nginx nginx;
  ASSERT_TRUE(put(nginx.url() + "/empty", ""));
  ASSERT_TRUE(sink_.begin({}));
  ASSERT_TRUE(sink_.write("old"));
  const auto fetched = perform(request(nginx.url() + "/empty"));
  ASSERT_TRUE(fetched && fetched->status == 200);
  EXPECT_EQ(sink_.bytes(), "");
}

TEST_F(Client, GetsRanges) {
  const Nginx nginx;
  ASSERT_TRUE(put(nginx.url() + "/key", "0123456789"));
  HttpRequest asked = request(nginx.url() + "/key");
  asked.range = ByteRange{3, 4};
  const auto part = perform(asked);
  ASSERT_TRUE(part) << part.error().message;
  EXPECT_EQ(part->status, 206);
  EXPECT_EQ(sink_.bytes(), "3456");
}

TEST_F(Client, AServerThatIgnoresRangesIsNotBelieved) {
  ScriptedServer server([](Connection& c) {
    c.read_head();
    c.send(http_answer(200, "0123456789"));
  });
  HttpRequest asked = request(server.url());
  asked.range = ByteRange{3, 4};
  EXPECT_EQ(failure_of(asked).what, FailureKind::protocol);
}

TEST_F(Client, ThirtyTwoThreadsShareIt) {
  const Nginx nginx;
  std::vector<std::jthread> threads;
  std::atomic<int> right = 0;
  for (int i = 0; i < 32; ++i)
    threads.emplace_back([this, &nginx, &right, i] {
      for (int round = 0; round < 5; ++round) {
        const std::string key = nginx.url() + "/" + std::to_string(i) + "-" + std::to_string(round);
        const std::string bytes = pattern(static_cast<std::size_t>(1000 * i + 100'000 * round));
        MemorySource source(bytes);
        HttpRequest put = request(key, "PUT");
        HttpRequest get = request(key);
        put.body = &source;
        // However busy the machine is: this is about sharing.
        for (HttpRequest* const one : {&put, &get})
          one->deadlines = {.connect = minutes(1), .stall = minutes(1)};
        MemorySink sink(kMuch);
        const auto stored = client_.perform(put, sink);
        const auto fetched = client_.perform(get, sink);
        if (stored && stored->status == 201 && fetched && fetched->status == 200 && sink.bytes() == bytes)
          ++right;
      }
    });
  threads.clear();
  EXPECT_EQ(right, 160);
}

TEST_F(Client, MoreRequestsThanMayBeActiveWaitTheirTurn) {
  ScriptedServer server([](Connection& c) {
    while (!c.read_head().empty()) {
      std::this_thread::sleep_for(milliseconds(200));
      c.send(http_answer(200, "x"));
    }
  });
  HttpClient narrow({.tls = {}, .max_active = 1});
  std::vector<std::jthread> threads;
  std::atomic<int> right = 0;
  // The last waits for longer than any of the deadlines is.
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      MemorySink sink(10);
      if (narrow.perform(request(server.url()), sink)) ++right;
    });
  threads.clear();
  EXPECT_EQ(right, 8);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(Client, AConnectionThatTheServerHasClosedIsMadeAnew) {
  std::atomic<int> served = 0;
  ScriptedServer server([&](Connection& c) {
    // Each connection takes one request, and is closed without a word when the next one comes.
    c.read_head();
    c.read_body(100'000);
    ++served;
    c.send(http_answer(201, ""));
    c.read_head();
  });
  const std::string bytes = pattern(100'000);
  for (int i = 0; i < 3; ++i) {
    const auto stored = put(server.url() + "/key", bytes);
    ASSERT_TRUE(stored) << stored.error().message;
  }
  EXPECT_EQ(served, 3);
}

TEST_F(Client, NobodyListening) {
  const Failure failure =
      failure_of(request("http://127.0.0.1:" + std::to_string(test::free_port()) + "/key"));
  EXPECT_EQ(failure.what, FailureKind::transient);
  EXPECT_THAT(failure.message, StartsWith("GET http://127.0.0.1:"));
}

TEST_F(Client, NoSuchHost) {
  EXPECT_EQ(failure_of(request("http://no-such-host.invalid/key")).what, FailureKind::transient);
}

TEST_F(Client, AServerThatSaysNothing) {
  ScriptedServer server([](Connection& c) { c.hang(); });
  const auto began = std::chrono::steady_clock::now();
  const Failure failure = failure_of(request(server.url() + "/key"));
  EXPECT_EQ(failure.what, FailureKind::transient);
  EXPECT_EQ(failure.kind, ErrorKind::timeout);
  EXPECT_THAT(failure.message, HasSubstr("nothing has moved for 0.5 s"));
  EXPECT_LT(std::chrono::steady_clock::now() - began, test::in_time(milliseconds(2000)));
}

TEST_F(Client, AServerThatTakesTheBodyAndSaysNothing) {
  ScriptedServer server([](Connection& c) { c.hang(); });
  const auto answer = put(server.url() + "/key", "body");
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("no answer within 1 s"));
}

TEST_F(Client, AStallInTheBody) {
  ScriptedServer server([](Connection& c) {
    c.read_head();
    c.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789");
    c.hang();
  });
  const Failure failure = failure_of(request(server.url()));
  EXPECT_EQ(failure.kind, ErrorKind::timeout);
  EXPECT_EQ(sink_.bytes(), "0123456789");
}

TEST_F(Client, ATrickle) {
  ScriptedServer server([](Connection& c) {
    c.read_head();
    c.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    while (c.send("x")) std::this_thread::sleep_for(milliseconds(50));
  });
  EXPECT_THAT(failure_of(request(server.url())).message, HasSubstr("only"));
}

TEST_F(Client, ABodyThatEndsEarly) {
  ScriptedServer server([](Connection& c) {
    c.read_head();
    c.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789");
  });
  EXPECT_EQ(failure_of(request(server.url())).what, FailureKind::transient);
  ScriptedServer chunked([](Connection& c) {
    c.read_head();
    c.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n");
  });
  EXPECT_EQ(failure_of(request(chunked.url())).what, FailureKind::transient);
}

TEST_F(Client, Nonsense) {
  for (const char* const answer : {"SSH-2.0-OpenSSH_9\r\n", "HTTP/1.1 abc\r\n\r\n",
                                   "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "", "\r\n"}) {
    ScriptedServer server([answer](Connection& c) {
      c.read_head();
      c.send(answer);
    });
    const auto got = perform(request(server.url()));
    EXPECT_TRUE(!got || got->status != 200) << answer;
  }
  // Header fields without end.
  ScriptedServer endless([](Connection& c) {
    c.read_head();
    c.send("HTTP/1.1 200 OK\r\n");
    for (int i = 0; c.send("X-" + std::to_string(i) + ": " + std::string(1000, 'x') + "\r\n") && i < 100'000;)
      ++i;
  });
  EXPECT_FALSE(perform(request(endless.url())));
}

TEST_F(Client, AnEndlessAnswerThatSaysNoIsCutOff) {
  ScriptedServer server([](Connection& c) {
    c.read_head();
    c.send("HTTP/1.1 500 No\r\n\r\n");
    while (c.send(std::string(65536, 'n'))) {
    }
  });
  const auto answer = perform(request(server.url()));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 500);
  EXPECT_EQ(answer->error_body.size(), 16U << 10);
}

TEST_F(Client, InterimAnswersAreNotTheAnswer) {
  ScriptedServer server([](Connection& c) {
    c.read_head();
    c.send("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n" + http_answer(200, "body", "X-Late: 2\r\n"));
  });
  const auto answer = perform(request(server.url()));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_FALSE(answer->headers.find("x-early"));
  EXPECT_EQ(answer->headers.get("X-LATE"), "2");
  EXPECT_EQ(sink_.bytes(), "body");
}

TEST_F(Client, HeadersGoOutAsTheyAre) {
  std::string head;
  ScriptedServer server([&head](Connection& c) {
    head = c.read_head();
    c.send(http_answer(200, ""));
  });
  HttpRequest asked =
      request("http://me:p%40ss@127.0.0.1:" + std::to_string(server.port()) + "/a%20b/../c?d=%26");
  asked.headers.add("X-One", "1");
  asked.headers.add_secret("X-Two", "2");
  asked.headers.add("X-Empty", "");
  ASSERT_TRUE(perform(asked));
  EXPECT_THAT(head, StartsWith("GET /c?d=%26 HTTP/1.1\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nX-One: 1\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nX-Two: 2\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nX-Empty:\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\n"
                              "Authorization: Basic bWU6cEBzcw==\r\n"));
  EXPECT_THAT(head, HasSubstr("User-Agent: stillage/"));
  EXPECT_THAT(head, Not(HasSubstr("Expect")));
}

TEST_F(Client, AHeaderThatWouldStartAnotherIsNotSent) {
  ScriptedServer server([](Connection& c) { c.hang(); });
  HttpRequest asked = request(server.url());
  asked.headers.add("X-One", "1\r\nX-Two: 2");
  EXPECT_EQ(failure_of(asked).what, FailureKind::local);
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(Client, RedirectsWithinTheOriginAreFollowed) {
  ScriptedServer server([](Connection& c) {
    for (std::string head; !(head = c.read_head()).empty();) {
      const bool first = head.find("/first") != std::string::npos;
      const bool is_put = head.starts_with("PUT");
      if (is_put) c.read_body(4);
      c.send(first ? http_answer(is_put ? 307 : 302, "moved", "Location: /second\r\n")
                   : http_answer(200, "there"));
    }
  });
  ASSERT_TRUE(perform(request(server.url() + "/first")));
  EXPECT_EQ(sink_.bytes(), "there");
  const auto stored = put(server.url() + "/first", "body");
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->status, 200);
}

TEST_F(Client, RedirectsInACircleEnd) {
  ScriptedServer server([](Connection& c) {
    while (!c.read_head().empty()) c.send(http_answer(301, "", "Location: /again\r\n"));
  });
  EXPECT_THAT(failure_of(request(server.url())).message, HasSubstr("more than 5 times"));
}

TEST_F(Client, CredentialsNeverFollowARedirectToAnotherHost) {
  std::string leaked;
  ScriptedServer other([&leaked](Connection& c) {
    leaked = c.read_head();
    c.send(http_answer(200, "stolen"));
  });
  ScriptedServer server([&other](Connection& c) {
    c.read_head();
    c.send(http_answer(302, "", "Location: " + other.url() + "/trap\r\n"));
  });
  HttpRequest asked = request(server.url());
  asked.headers.add_secret("Authorization", "Bearer sekret-token");
  const Failure failure = failure_of(asked);
  EXPECT_EQ(failure.what, FailureKind::protocol);
  EXPECT_THAT(failure.message, HasSubstr(other.url()));
  EXPECT_EQ(leaked, "");
  EXPECT_EQ(other.connections(), 0);
}

}  // namespace
}  // namespace stillage::net
