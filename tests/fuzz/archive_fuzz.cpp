// SPDX-License-Identifier: MIT
// Entries from nowhere. The first byte chooses what the rest is: 'j' the JSON of a manifest; 't' such a JSON,
// a NUL and the tar of the files, which are put into sound frames (a fuzzer won't find its way through a
// compressor); anything else, together with that byte: the bytes of an entry.
#include <sys/mman.h>
#include <zstd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "archive/entry_reader.h"
#include "archive/manifest_json.h"
#include "archive/tar_header.h"
#include "archive/trailer.h"
#include "os/file.h"

namespace {

using namespace stillage;

void require(bool condition) {
  if (!condition) std::abort();
}

std::string frame(std::string_view content) {
  std::string bytes(ZSTD_compressBound(content.size()), '\0');
  bytes.resize(ZSTD_compress(bytes.data(), bytes.size(), content.data(), content.size(), 1));
  return bytes;
}

/// Sees to it that what comes out of an entry is what its manifest declares.
class StrictSink : public archive::FileSink {
 public:
  Result<bool> begin(const archive::Output& output) override {
    size_ = output.size;
    bytes_.clear();
    return output.path.size() % 7 != 0;
  }
  Status write(std::string_view bytes) override {
    bytes_ += bytes;
    require(bytes_.size() <= size_);
    return {};
  }
  Status end(const archive::Output& output) override {
    require(base::sha256(bytes_) == output.digest);
    return {};
  }

 private:
  std::uint64_t size_ = 0;
  std::string bytes_;
};

void check(const archive::Manifest& manifest) {
  archive::OutputOrder order;
  for (const archive::Output& output : manifest.outputs) {
    require(archive::is_safe_path(output.path));
    require(order.add(output.path, output.kind).has_value());
    require(output.mode <= 0777);
  }
  const auto again = archive::decode_manifest(archive::encode_manifest(manifest), "again");
  require(again.has_value() && *again == manifest);
}

void read_entry(std::string_view bytes) {
  os::Fd file(::memfd_create("entry", MFD_CLOEXEC));
  require(static_cast<bool>(file) && os::write_all(file.get(), bytes, "entry").has_value());
  auto reader = archive::EntryReader::open(std::move(file), "entry");
  require(reader.has_value());
  (void)reader->verify();
  const auto manifest = reader->manifest();
  if (!manifest) return;
  check(*manifest);
  StrictSink sink;
  (void)reader->extract(*manifest, sink);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.starts_with('j')) {
    const auto manifest = archive::decode_manifest(std::string(bytes.substr(1)), "entry");
    if (manifest) check(*manifest);
  } else if (bytes.starts_with('t')) {
    bytes.remove_prefix(1);
    const std::size_t end = std::min(bytes.find('\0'), bytes.size());
    const std::string_view json = bytes.substr(0, end);
    std::string head;
    archive::append_manifest_header(json.size(), head);
    head += json;
    head.append(archive::tar_padding(json.size()), '\0');
    std::string entry = frame(head) + frame(bytes.substr(std::min(end + 1, bytes.size())));
    entry += archive::make_trailer(base::xxh128(entry));
    read_entry(entry);
  } else {
    read_entry(bytes);
  }
  return 0;
}
