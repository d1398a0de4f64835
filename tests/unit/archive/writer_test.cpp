// SPDX-License-Identifier: MIT
#include "archive/entry_writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <random>
#include <thread>

#include "entry_builder.h"
#include "os/dir.h"
#include "support/scale.h"

namespace stillage::archive {
namespace {

using test::KeepFiles;
using test::TempDir;

constexpr int kLevel = 1;

/// A folder to pack and one for temporary files.
class EntryWriterTest : public testing::Test {
 protected:
  EntryWriterTest() {
    tree_.make_dir("store");
    tree_.make_dir("src");
    source_ = std::move(*os::open_path(tree_ / "src", O_PATH | O_DIRECTORY));
  }

  EntryWriter writer(std::string_view scan_for = {}) {
    auto created = EntryWriter::create(tree_ / "store", scan_for, kLevel);
    EXPECT_TRUE(created);
    return std::move(*created);
  }
  Status add(EntryWriter& writer, const std::string& path) {
    return writer.add_file(source_.get(), path, path);
  }

  EntryReader read(const EntryWriter::Finished& finished) {
    auto reader = EntryReader::open(std::move(*os::open_path(finished.path, O_RDONLY)), "entry");
    EXPECT_TRUE(reader);
    return std::move(*reader);
  }

  std::size_t temp_files() { return os::list_dir(tree_ / "store")->size(); }

  TempDir tree_;
  os::Fd source_;
};

std::string random_bytes(std::size_t size, unsigned seed) {
  std::mt19937_64 random(seed);
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; i += 8) {
    const std::uint64_t word = random();
    bytes.replace(i, std::min<std::size_t>(8, size - i), reinterpret_cast<const char*>(&word),
                  std::min<std::size_t>(8, size - i));
  }
  return bytes;
}

TEST_F(EntryWriterTest, RoundTripOfEveryKindAndOddNames) {
  const std::string long_segment(255, 'n');
  const std::string long_path = "deep/" + long_segment + "/" + long_segment + "/file";
  const std::string bytes_path = "bytes/" + std::string(120, '\xfe') + "/\xff\x01\n";
  std::map<std::string, std::string> contents = {
      {"-rf", "x"},
      {"a b/\"quoted\" \\ back.js", "y"},
      {"a/empty", ""},
      {"a/block", std::string(512, 'b')},
      {"a/exec.sh", "#!/bin/sh\n"},
      {bytes_path, "not UTF-8"},
      {long_path, "long"},
      {std::string(100, 'c'), "fits"},
      {std::string(101, 'd'), "does not"},
      {"random", random_bytes(3'000'001, 1)},
      {"zeros", std::string(2'000'000, '\0')},
      {"\xc3\xbc/\xf0\x9f\xa6\x84", "letters"},
  };
  for (const auto& [path, content] : contents)
    tree_.write("src/" + path, content, path == "a/exec.sh" ? 0755 : 0640);

  EntryWriter writer = this->writer();
  std::vector<Output> expected;
  std::map<std::string, Output> others = {
      {"link", {.path = "link", .kind = OutputKind::symlink, .link = "../outside/\xff"}},
      {"m-link",
       {.path = "m-link", .kind = OutputKind::symlink, .link = "/" + std::string(kMaxLink - 1, 'l')}},
      {"m/empty", {.path = "m/empty", .kind = OutputKind::directory, .mode = 0700}},
      {"m/" + std::string(99, 'e'),
       {.path = "m/" + std::string(99, 'e'), .kind = OutputKind::directory, .mode = 0755}},
  };
  for (const auto& [path, content] : contents)
    others[path] = test::file_output(path, content, path == "a/exec.sh" ? 0755 : 0640);
  for (const auto& [path, output] : others) {
    expected.push_back(output);
    switch (output.kind) {
      case OutputKind::file:
        ASSERT_TRUE(add(writer, path)) << path;
        break;
      case OutputKind::symlink:
        ASSERT_TRUE(writer.add_symlink(path, output.link));
        break;
      case OutputKind::directory:
        ASSERT_TRUE(writer.add_directory(path, output.mode | S_IFDIR | S_ISGID));
        break;
    }
  }
  EXPECT_EQ(writer.outputs(), expected);

  Manifest manifest;
  manifest.key = std::string(64, '0');
  manifest.target = "pack\xff#build";
  manifest.command = {{"build", "tsc && \"echo\""}, {"args", "\xff"}};
  manifest.created_ns = 1'769'000'000'123'456'789;
  manifest.duration_ns = 42;
  manifest.platform = {{"os", "linux"}, {"node", "v18.0.0"}};
  manifest.bound_to = "/home/someone/\xff";
  manifest.log = {
      {LogStream::out, "one\n"}, {LogStream::err, std::string("\x1b[31m\0\xff", 7)}, {LogStream::out, ""}};
  const auto finished = writer.finish(manifest, os::Durability::flushed);
  ASSERT_TRUE(finished);
  manifest.outputs = expected;
  EXPECT_EQ(finished->manifest, manifest);
  EXPECT_EQ(temp_files(), 1U);

  EntryReader reader = read(*finished);
  EXPECT_EQ(reader.size(), finished->size);
  EXPECT_EQ(os::stat_path(finished->path)->value().size, finished->size);
  ASSERT_TRUE(reader.verify());
  const auto back = reader.manifest();
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, manifest);
  KeepFiles sink;
  const Status extracted = reader.extract(*back, sink);
  ASSERT_TRUE(extracted) << extracted.error().message;
  EXPECT_TRUE(sink.files == contents);
}

TEST_F(EntryWriterTest, AnEntryWithoutOutputs) {
  const auto finished = writer().finish(test::manifest_of({}), os::Durability::rename_only);
  ASSERT_TRUE(finished);
  EntryReader reader = read(*finished);
  KeepFiles sink;
  EXPECT_TRUE(reader.verify());
  EXPECT_TRUE(reader.extract(*reader.manifest(), sink));
  EXPECT_TRUE(sink.files.empty());
}

TEST_F(EntryWriterTest, FilesThatAreNotWantedArePassedOver) {
  tree_.write("src/a", random_bytes(600'000, 1));
  tree_.write("src/b", "b");
  EntryWriter writer = this->writer();
  ASSERT_TRUE(add(writer, "a") && add(writer, "b"));
  const auto finished = writer.finish(test::manifest_of({}), os::Durability::rename_only);
  EntryReader reader = read(*finished);
  KeepFiles sink;
  sink.skipped = "a";
  ASSERT_TRUE(reader.extract(*reader.manifest(), sink));
  EXPECT_EQ(sink.files, (std::map<std::string, std::string>{{"b", "b"}}));
  EXPECT_EQ(sink.written, 1U);
}

TEST_F(EntryWriterTest, ASinkThatFailsEndsTheExtraction) {
  struct Refuses : KeepFiles {
    Status write(std::string_view) override { return fail(ErrorKind::io, "no space"); }
  };
  tree_.write("src/a", "a");
  EntryWriter writer = this->writer();
  ASSERT_TRUE(add(writer, "a"));
  EntryReader reader = read(*writer.finish(test::manifest_of({}), os::Durability::rename_only));
  Refuses sink;
  const Status status = reader.extract(*reader.manifest(), sink);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "no space");
  EXPECT_TRUE(sink.files.empty());
}

TEST_F(EntryWriterTest, EqualOutputsGiveEqualBytes) {
  std::string first;
  for (int round = 0; round < 2; ++round) {
    tree_.write("src/a", "content");
    tree_.write("src/b", random_bytes(300'000, 7));
    EntryWriter writer = this->writer();
    ASSERT_TRUE(add(writer, "a") && add(writer, "b") && writer.add_symlink("c", "a"));
    const auto finished = writer.finish(test::manifest_of({}), os::Durability::rename_only);
    const std::string bytes = *os::read_file(finished->path);
    if (round == 0) first = bytes;
    EXPECT_TRUE(bytes == first);
  }
}

// The body of this one does not fit into memory, so it goes through a file.
TEST_F(EntryWriterTest, LargeIncompressibleFiles) {
  std::map<std::string, std::string> contents;
  for (const char* name : {"a", "b", "c"}) {
    contents[name] = random_bytes(9'000'000 + contents.size(), static_cast<unsigned>(name[0]));
    tree_.write(std::string("src/") + name, contents[name]);
  }
  EntryWriter writer = this->writer();
  for (const auto& [path, content] : contents) ASSERT_TRUE(add(writer, path));
  EXPECT_EQ(temp_files(), 0U);  // what there is has no name
  const auto finished = writer.finish(test::manifest_of({}), os::Durability::rename_only);
  ASSERT_TRUE(finished);
  EXPECT_EQ(temp_files(), 1U);
  EntryReader reader = read(*finished);
  EXPECT_EQ(os::stat_path(finished->path)->value().size, finished->size);
  ASSERT_TRUE(reader.verify());
  KeepFiles sink;
  ASSERT_TRUE(reader.extract(*reader.manifest(), sink));
  EXPECT_TRUE(sink.files == contents);
}

TEST_F(EntryWriterTest, MemoryDoesNotGrowWithTheFiles) {
  const os::Fd file = std::move(*os::open_path(tree_ / "src/huge", O_WRONLY | O_CREAT));
  const std::string piece = random_bytes(1 << 20, 3);
  for (int i = 0; i < 192; ++i) ASSERT_TRUE(os::write_all(file.get(), piece, "huge"));
  struct Count : FileSink {
    Result<bool> begin(const Output&) override { return true; }
    Status write(std::string_view bytes) override {
      total += bytes.size();
      return {};
    }
    Status end(const Output&) override { return {}; }
    std::uint64_t total = 0;
  };
  rusage before{};
  ::getrusage(RUSAGE_SELF, &before);
  EntryWriter writer = this->writer("/not/in/there");
  ASSERT_TRUE(add(writer, "huge"));
  const auto finished = writer.finish(test::manifest_of({}), os::Durability::rename_only);
  ASSERT_TRUE(finished);
  EntryReader reader = read(*finished);
  ASSERT_TRUE(reader.verify());
  Count sink;
  ASSERT_TRUE(reader.extract(*reader.manifest(), sink));
  rusage after{};
  ::getrusage(RUSAGE_SELF, &after);
  EXPECT_EQ(sink.total, 192ULL << 20);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 64 << 10) << "KiB";
}

// A soak test packs more than the size field of a header can say; OracleTest has the header for all others.
TEST_F(EntryWriterTest, AHugeFileComesBackWithItsSize) {
  const std::uint64_t size = stillage::test::scale(64ULL << 20, 8ULL << 30) + 5;
  std::printf("scale: a file of %llu bytes\n", static_cast<unsigned long long>(size));
  const os::Fd file = std::move(*os::open_path(tree_ / "src/sparse", O_WRONLY | O_CREAT));
  ASSERT_EQ(::ftruncate(file.get(), static_cast<off_t>(size)), 0);
  EntryWriter writer = this->writer();
  ASSERT_TRUE(add(writer, "sparse"));
  const auto finished = writer.finish(test::manifest_of({}), os::Durability::rename_only);
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->manifest.outputs[0].size, size);
  struct Count : FileSink {
    Result<bool> begin(const Output&) override { return true; }
    Status write(std::string_view bytes) override {
      total += bytes.size();
      return {};
    }
    Status end(const Output&) override {
      ended = true;
      return {};
    }
    std::uint64_t total = 0;
    bool ended = false;
  } sink;
  EntryReader reader = read(*finished);
  ASSERT_TRUE(reader.extract(*reader.manifest(), sink));
  EXPECT_EQ(sink.total, size);
  EXPECT_TRUE(sink.ended);
}

TEST_F(EntryWriterTest, OutputsOutOfOrderOrUnsafeAreRefused) {
  tree_.write("src/b", "b");
  EntryWriter writer = this->writer();
  ASSERT_TRUE(add(writer, "b"));
  EXPECT_EQ(add(writer, "b").error().kind, ErrorKind::invalid);
  EXPECT_EQ(writer.add_symlink("a", "x").error().kind, ErrorKind::invalid);
  EXPECT_EQ(writer.add_symlink("b/below", "x").error().kind, ErrorKind::invalid);
  EXPECT_EQ(writer.add_directory("../c", 0755).error().kind, ErrorKind::invalid);
  EXPECT_EQ(writer.add_symlink("c", "").error().kind, ErrorKind::invalid);
  EXPECT_EQ(writer.add_symlink("c", std::string(4096, 'x')).error().kind, ErrorKind::invalid);
  EXPECT_EQ(writer.add_symlink("c", std::string("a\0b", 3)).error().kind, ErrorKind::invalid);
  // None of these did harm.
  ASSERT_TRUE(writer.add_directory("c", 0755));
  const auto finished = writer.finish(test::manifest_of({}), os::Durability::rename_only);
  ASSERT_TRUE(finished);
  KeepFiles sink;
  EntryReader reader = read(*finished);
  EXPECT_TRUE(reader.extract(*reader.manifest(), sink));
  EXPECT_EQ(finished->manifest.outputs.size(), 2U);
}

TEST_F(EntryWriterTest, WhatIsNoRegularFileIsRefused) {
  tree_.write("src/real", "x");
  tree_.symlink("src/link", "real");
  tree_.make_dir("src/folder");
  ASSERT_EQ(::mkfifo((tree_ / "src/fifo").c_str(), 0644), 0);
  EntryWriter writer = this->writer();
  EXPECT_EQ(add(writer, "fifo").error().kind, ErrorKind::unsupported);
  EXPECT_EQ(add(writer, "folder").error().kind, ErrorKind::unsupported);
  EXPECT_FALSE(add(writer, "link"));
  EXPECT_FALSE(add(writer, "missing"));
  EXPECT_TRUE(add(writer, "real"));
}

TEST_F(EntryWriterTest, TheStatOfWhatWasPackedIsKept) {
  tree_.write("src/a", "abc", 0750);
  EntryWriter writer = this->writer();
  ASSERT_TRUE(add(writer, "a"));
  const os::FileStat stat = os::stat_path(tree_ / "src/a")->value();
  EXPECT_EQ(writer.last_stat().inode, stat.inode);
  EXPECT_EQ(writer.last_stat().ctime_ns, stat.ctime_ns);
  EXPECT_EQ(writer.outputs()[0].mode, 0750U);
}

// Somebody appends to the file all the time: sooner or later that happens within one packing.
TEST_F(EntryWriterTest, AFileThatChangesMeanwhileIsNotPacked) {
  tree_.write("src/log", random_bytes(4'000'000, 5));
  std::atomic<bool> stop = false;
  std::thread appends([&] {
    const os::Fd file = std::move(*os::open_path(tree_ / "src/log", O_WRONLY | O_APPEND));
    while (!stop) (void)os::write_all(file.get(), "x", "log");
  });
  Status status;
  for (int i = 0; i < 100 && status; ++i) {
    EntryWriter writer = this->writer();
    status = add(writer, "log");
    if (!status) {
      EXPECT_FALSE(writer.finish(test::manifest_of({}), os::Durability::rename_only));
    }
  }
  stop = true;
  appends.join();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::invalid);
  EXPECT_EQ(status.error().message, "log changed while it was packed");
  EXPECT_EQ(temp_files(), 0U);
}

TEST_F(EntryWriterTest, ATextIsFoundWhereverItLies) {
  const std::string root = "/home/someone/work/checkout";
  const std::size_t piece = 256 << 10;
  std::size_t found = 0;
  std::size_t tried = 0;
  // Around the border between two pieces that are read, at both ends of the file, and in the middle of
  // nowhere.
  std::vector<std::size_t> places = {0, 1, 100, 3 * piece - root.size()};
  for (std::size_t i = 0; i <= root.size() + 1; ++i) places.push_back(piece - i);
  for (const std::size_t at : places) {
    std::string content(3 * piece, '/');
    content.replace(at, root.size(), root);
    tree_.write("src/f", content);
    EntryWriter writer = this->writer(root);
    ASSERT_TRUE(add(writer, "f"));
    ++tried;
    if (writer.found_path()) ++found;
  }
  EXPECT_EQ(found, tried);

  EntryWriter links = writer(root);
  ASSERT_TRUE(links.add_symlink("a", "/home/someone/work"));
  EXPECT_FALSE(links.found_path());
  ASSERT_TRUE(links.add_symlink("b", root + "/x"));
  EXPECT_TRUE(links.found_path());
}

TEST_F(EntryWriterTest, ATextIsNotFoundAcrossFiles) {
  tree_.write("src/a", "...check");
  tree_.write("src/b", "out...");
  tree_.write("src/c", "checkou");
  EntryWriter writer = this->writer("checkout");
  ASSERT_TRUE(add(writer, "a") && add(writer, "b") && add(writer, "c"));
  EXPECT_FALSE(writer.found_path());
  EntryWriter none = this->writer();
  ASSERT_TRUE(add(none, "a"));
  EXPECT_FALSE(none.found_path());
}

// What the writer takes, the reader takes: the log of few bytes comes first, and what makes up for it at the
// end.
TEST_F(EntryWriterTest, ALogThatIsLargeBesideLargeOutputsIsTaken) {
  tree_.write("src/a", random_bytes(200'000, 11));
  EntryWriter writer = this->writer();
  ASSERT_TRUE(add(writer, "a"));
  Manifest manifest = test::manifest_of({});
  manifest.log = {{LogStream::out, std::string(40 << 20, 'x')}};
  const auto finished = writer.finish(manifest, os::Durability::rename_only);
  ASSERT_TRUE(finished) << finished.error().message;
  const auto back = read(*finished).manifest();
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_TRUE(back->log == manifest.log);
}

TEST_F(EntryWriterTest, ALogThatIsABombIsRefusedAndNothingIsLeftBehind) {
  Manifest manifest = test::manifest_of({});
  manifest.log = {{LogStream::out, std::string(20 << 20, 'x')}};
  const auto finished = writer().finish(manifest, os::Durability::rename_only);
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().kind, ErrorKind::invalid);
  EXPECT_EQ(temp_files(), 0U);
}

TEST_F(EntryWriterTest, AFolderThatIsMissingIsAnError) {
  auto writer = EntryWriter::create(tree_ / "nowhere", {}, kLevel);
  ASSERT_TRUE(writer);
  EXPECT_EQ(writer->finish(test::manifest_of({}), os::Durability::rename_only).error().kind, ErrorKind::io);
  EXPECT_FALSE(EntryWriter::create(tree_ / "store", {}, 0));
  EXPECT_FALSE(EntryWriter::create(tree_ / "store", {}, 20));
}

// Contexts are handed on from one entry to the next, and from thread to thread.
TEST_F(EntryWriterTest, ManyWritersAtOnce) {
  tree_.write("src/a", random_bytes(100'000, 9));
  const auto bytes_of_one = [&] {
    EntryWriter writer = this->writer();
    EXPECT_TRUE(add(writer, "a"));
    return *os::read_file(writer.finish(test::manifest_of({}), os::Durability::rename_only)->path);
  };
  const std::string expected = bytes_of_one();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) EXPECT_TRUE(bytes_of_one() == expected);
    });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace stillage::archive
