// SPDX-License-Identifier: MIT
// Seals and keys from nowhere: whatever the bytes, a value or an error; and what was read survives writing.
// The first byte chooses: 's' the rest is a seal, 'k' the text of a private key, anything else the end of a
// blob.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "archive/seal_frame.h"
#include "archive/signing_key.h"

namespace {

using namespace stillage::archive;

void require(bool condition) {
  if (!condition) std::abort();
}

void read_seal(std::string_view bytes) {
  const auto signature = decode_signature(bytes);
  if (!signature) return;
  require(is_valid_key_id(signature->key_id));
  require(signature->bytes.size() == signature_size(signature->algorithm));
  require(encode_signature(*signature) == bytes);
  // Nobody knows this key's secret but this line.
  const SigningKey key = {.algorithm = signature->algorithm,
                          .id = signature->key_id,
                          .secret = "a secret that nobody can guess!!"};
  const SignedFacts facts = {.format = 1, .key = "key", .target = "target"};
  require(!verify({verify_key_of(key)}, *signature, facts));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.starts_with('s')) {
    read_seal(bytes.substr(1));
  } else if (bytes.starts_with('k')) {
    const auto key = parse_private_key(bytes.substr(1), "the fuzzer");
    if (key) require(parse_private_key(private_key_text(*key), "the fuzzer").has_value());
  } else {
    read_seal(find_seal(bytes));
  }
  return 0;
}
