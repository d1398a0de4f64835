// SPDX-License-Identifier: MIT
#include "watch/wire.h"

#include "base/bytes.h"

namespace stillage::watch {

std::string encode(const Question& question) {
  base::ByteWriter writer;
  writer.u32(kProtocol);
  writer.u8(static_cast<std::uint8_t>(question.kind));
  writer.text(question.cookie);
  writer.text(question.mount_namespace);
  writer.u64(question.instance);
  writer.u64(question.since);
  return writer.take();
}

std::optional<Question> parse_question(std::string_view payload) {
  base::ByteReader reader(payload);
  if (reader.u32() != kProtocol) return std::nullopt;
  Question question;
  const std::uint8_t kind = reader.u8();
  if (kind < 1 || kind > 4) return std::nullopt;
  question.kind = static_cast<QuestionKind>(kind);
  question.cookie = reader.text();
  question.mount_namespace = reader.text();
  question.instance = reader.u64();
  question.since = reader.u64();
  if (!reader.ok() || !reader.at_end()) return std::nullopt;
  return question;
}

std::string encode(const Answer& answer) {
  base::ByteWriter writer;
  writer.u32(kProtocol);
  writer.u8(answer.is_known ? 1 : 0);
  writer.text(answer.reason);
  writer.u64(answer.instance);
  writer.raw(answer.digest);
  writer.u64(answer.since);
  writer.i64(answer.completed_ns);
  writer.u8(answer.is_cut ? 1 : 0);
  writer.i64(answer.pid);
  writer.u64(answer.watches);
  writer.u64(answer.paths.size());
  for (const std::string& path : answer.paths) writer.text(path);
  return writer.take();
}

std::optional<Answer> parse_answer(std::string_view payload) {
  base::ByteReader reader(payload);
  if (reader.u32() != kProtocol) return std::nullopt;
  Answer answer;
  answer.is_known = reader.u8() == 1;
  answer.reason = reader.text();
  answer.instance = reader.u64();
  reader.raw(answer.digest);
  answer.since = reader.u64();
  answer.completed_ns = reader.i64();
  answer.is_cut = reader.u8() != 0;
  answer.pid = reader.i64();
  answer.watches = reader.u64();
  const std::uint64_t count = reader.u64();
  if (count > reader.left() / 8) return std::nullopt;
  for (std::uint64_t i = 0; i < count; ++i) answer.paths.emplace_back(reader.text());
  if (!reader.ok() || !reader.at_end()) return std::nullopt;
  return answer;
}

}  // namespace stillage::watch
