// SPDX-License-Identifier: MIT
#pragma once
// Where bytes come from and go to. A source can be read again from its start, and a sink told to begin again,
// so that whoever moves the bytes may try more than once.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "os/fd.h"
#include "stillage/result.h"

namespace stillage::net {

/// Bytes of a size that is known before.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// How many bytes there are from the start to the end.
  virtual std::uint64_t size() const = 0;
  /// The next read starts from the first byte.
  virtual Status rewind() = 0;
  /// Fills the front of `buffer` and returns how much; 0 only at the end (or for an empty buffer).
  virtual Result<std::size_t> read(std::span<char> buffer) = 0;
};

/// Takes bytes. What it holds counts only when whoever moves the bytes has reported success.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  /// A new attempt starts: everything that has come so far is void. `size`, where it is known, is how many
  /// bytes are to come; it is what the other side says, so it may be refused but not believed.
  virtual Status begin(std::optional<std::uint64_t> size) = 0;
  /// Takes the next bytes; an error ends the transfer and is reported as it is.
  virtual Status write(std::string_view bytes) = 0;
};

/// Bytes in memory that outlive it.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::string_view bytes) : bytes_(bytes) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Status rewind() override;
  Result<std::size_t> read(std::span<char> buffer) override;

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
};

/// A range of an open file, which others may read at the same time. A file that has become shorter is an
/// `io` error.
class FileSource final : public ByteSource {
 public:
  /// The whole file as it is now.
  static Result<FileSource> open(const std::string& path);
  /// `size` bytes of `fd`, which outlives this object, from `offset` on; `name` is for errors.
  FileSource(int fd, std::uint64_t offset, std::uint64_t size, std::string name);

  std::uint64_t size() const override { return size_; }
  Status rewind() override;
  Result<std::size_t> read(std::span<char> buffer) override;

 private:
  os::Fd owned_;
  int fd_;
  std::uint64_t offset_;
  std::uint64_t size_;
  std::uint64_t at_ = 0;
  std::string name_;
};

/// Keeps up to `limit` bytes in memory; more is an `invalid` error.
class MemorySink final : public ByteSink {
 public:
  explicit MemorySink(std::uint64_t limit) : limit_(limit) {}
  Status begin(std::optional<std::uint64_t> size) override;
  Status write(std::string_view bytes) override;
  const std::string& bytes() const { return bytes_; }
  std::string take() { return std::move(bytes_); }

 private:
  std::uint64_t limit_;
  std::string bytes_;
};

/// Writes to an open file from `offset` on, and cuts it there when it begins again.
class FileSink final : public ByteSink {
 public:
  /// `fd` outlives this object; `name` is for errors.
  FileSink(int fd, std::string name, std::uint64_t offset = 0);
  Status begin(std::optional<std::uint64_t> size) override;
  Status write(std::string_view bytes) override;

 private:
  int fd_;
  std::string name_;
  std::uint64_t offset_;
  std::uint64_t at_;
};

/// Hands every byte of `source`, from its start, to `sink`, in pieces; begins with its size.
Status copy(ByteSource& source, ByteSink& sink);

}  // namespace stillage::net
