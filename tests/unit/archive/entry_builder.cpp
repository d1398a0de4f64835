// SPDX-License-Identifier: MIT
#include "entry_builder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include <cstdlib>

#include "archive/manifest_json.h"
#include "archive/tar_header.h"
#include "archive/trailer.h"

namespace stillage::archive::test {
namespace {

void pad(std::string& tar) {
  tar.append((512 - tar.size() % 512) % 512, '\0');
}

}  // namespace

Result<bool> KeepFiles::begin(const Output& output) {
  open_.clear();
  return output.path != skipped;
}

Status KeepFiles::write(std::string_view bytes) {
  open_ += bytes;
  written += bytes.size();
  return {};
}

Status KeepFiles::end(const Output& output) {
  EXPECT_EQ(base::sha256(open_), output.digest);
  files[output.path] = open_;
  return {};
}

std::string zstd_frame(std::string_view content, bool states_size) {
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, states_size ? 1 : 0);
  std::string frame(ZSTD_compressBound(content.size()), '\0');
  const std::size_t size =
      ZSTD_compress2(context, frame.data(), frame.size(), content.data(), content.size());
  ZSTD_freeCCtx(context);
  if (ZSTD_isError(size) != 0) std::abort();
  frame.resize(size);
  return frame;
}

std::string manifest_tar(std::string_view json) {
  std::string tar = ustar_header(".stillage/manifest.json", '0', 0644, json.size());
  tar += json;
  pad(tar);
  return tar;
}

std::string files_tar(const std::vector<Output>& outputs,
                      const std::map<std::string, std::string>& contents) {
  std::string tar;
  for (const Output& output : outputs) {
    append_tar_headers(output, tar);
    if (output.kind != OutputKind::file) continue;
    tar += contents.at(output.path);
    pad(tar);
  }
  tar.append(1024, '\0');
  return tar;
}

std::string ustar_header(std::string_view name, char type, unsigned mode, std::uint64_t size,
                         std::string_view link) {
  std::string block(512, '\0');
  block.replace(0, name.size(), name);
  block.replace(100, 7, fmt::format("{:07o}", mode));
  block.replace(108, 7, "0000000");
  block.replace(116, 7, "0000000");
  block.replace(124, 11, fmt::format("{:011o}", size));
  block.replace(136, 11, "00000000000");
  block.replace(148, 8, "        ");
  block[156] = type;
  block.replace(157, link.size(), link);
  block.replace(257, 5, "ustar");
  block.replace(263, 2, "00");
  block.replace(329, 7, "0000000");
  block.replace(337, 7, "0000000");
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  block.replace(148, 7, fmt::format("{:06o}", sum) + '\0');
  return block;
}

std::string sealed(std::string bytes) {
  const std::string trailer = make_trailer(base::xxh128(bytes));
  return std::move(bytes) + trailer;
}

std::string entry_of(const Manifest& manifest, std::string_view tar) {
  return sealed(zstd_frame(manifest_tar(encode_manifest(manifest))) + zstd_frame(tar, false));
}

Output file_output(std::string path, std::string_view content, unsigned mode) {
  return {.path = std::move(path),
          .kind = OutputKind::file,
          .mode = mode,
          .size = content.size(),
          .digest = base::sha256(content)};
}

Manifest manifest_of(std::vector<Output> outputs) {
  Manifest manifest;
  manifest.key = std::string(64, 'a');
  manifest.target = "app#build";
  manifest.outputs = std::move(outputs);
  return manifest;
}

EntryReader reader_of(std::string_view bytes) {
  os::Fd file(::memfd_create("entry", MFD_CLOEXEC));
  if (!file || !os::write_all(file.get(), bytes, "entry")) std::abort();
  auto reader = EntryReader::open(std::move(file), "entry");
  if (!reader) std::abort();
  return std::move(*reader);
}

ReadAll read_all(std::string_view bytes) {
  ReadAll result;
  EntryReader reader = reader_of(bytes);
  result.verified = reader.verify();
  const auto manifest = reader.manifest();
  if (!manifest)
    result.read = tl::make_unexpected(manifest.error());
  else
    result.read = reader.extract(*manifest, result.sink);
  return result;
}

}  // namespace stillage::archive::test
