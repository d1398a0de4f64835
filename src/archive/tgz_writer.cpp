// SPDX-License-Identifier: MIT
#include "archive/tgz_writer.h"

#include <fmt/format.h>

#include "archive/tar_header.h"

namespace stillage::archive {

Status TgzWriter::begin(const Output& member) {
  std::string headers;
  append_tar_headers(member, headers);
  size_ = member.kind == OutputKind::file ? member.size : 0;
  written_ = 0;
  return gzip_.write(headers);
}

Status TgzWriter::write(std::string_view bytes) {
  written_ += bytes.size();
  return gzip_.write(bytes);
}

Status TgzWriter::end() {
  if (written_ != size_)
    return fail(ErrorKind::invalid,
                fmt::format("what is packed has {} bytes instead of {}", written_, size_));
  return gzip_.write(std::string(tar_padding(size_), '\0'));
}

Status TgzWriter::add_file(const std::string& path, std::string_view content) {
  STILLAGE_TRY(begin({.path = path, .kind = OutputKind::file, .mode = 0644, .size = content.size()}));
  STILLAGE_TRY(write(content));
  return end();
}

Status TgzWriter::finish() {
  STILLAGE_TRY(gzip_.write(std::string(kTarEnd, '\0')));
  return gzip_.finish();
}

}  // namespace stillage::archive
