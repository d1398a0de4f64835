// SPDX-License-Identifier: MIT
#include "blob/azure_client_assertion.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "base/base64.h"
#include "base/digest.h"
#include "base/hex.h"
#include "base/json.h"
#include "base/strings.h"
#include "os/file.h"

namespace stillage::blob {
namespace {

constexpr std::uint64_t kLongestCertificate = 1 << 20;
constexpr std::chrono::minutes kLife{10};

struct Free {
  void operator()(BIO* one) const { BIO_free(one); }
  void operator()(EVP_PKEY* one) const { EVP_PKEY_free(one); }
  void operator()(X509* one) const { X509_free(one); }
  void operator()(PKCS12* one) const { PKCS12_free(one); }
  void operator()(EVP_MD_CTX* one) const { EVP_MD_CTX_free(one); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

struct KeyAndChain {
  Owned<EVP_PKEY> key;
  std::vector<Owned<X509>> certificates;
};

net::Failure refused(const std::string& path, std::string_view why) {
  // What OpenSSL has noted is not told: it may be about anything. It must not be found by others either.
  ERR_clear_error();
  return {net::FailureKind::unauthorised,
          fmt::format("AZURE_CLIENT_CERTIFICATE_PATH ({}) {}", base::printable(path), why)};
}

Owned<BIO> bio_of(std::string_view bytes) {
  return Owned<BIO>(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

/// Gives the password; without it OpenSSL would ask at the terminal.
int give_password(char* buffer, int size, int, void* password) {
  const auto& text = *static_cast<const std::string*>(password);
  if (text.size() > static_cast<std::size_t>(size)) return -1;
  std::copy(text.begin(), text.end(), buffer);
  return static_cast<int>(text.size());
}

KeyAndChain read_pem(std::string_view text, std::string password) {
  KeyAndChain read;
  read.key.reset(PEM_read_bio_PrivateKey(bio_of(text).get(), nullptr, give_password, &password));
  const Owned<BIO> bio = bio_of(text);
  while (X509* const one = PEM_read_bio_X509(bio.get(), nullptr, give_password, &password))
    read.certificates.emplace_back(one);
  return read;
}

KeyAndChain read_pkcs12(std::string_view bytes, const std::string& password) {
  KeyAndChain read;
  const Owned<PKCS12> file(d2i_PKCS12_bio(bio_of(bytes).get(), nullptr));
  EVP_PKEY* key = nullptr;
  X509* leaf = nullptr;
  STACK_OF(X509)* others = nullptr;
  if (!file || PKCS12_parse(file.get(), password.c_str(), &key, &leaf, &others) != 1) return read;
  read.key.reset(key);
  if (leaf != nullptr) read.certificates.emplace_back(leaf);
  for (int i = 0; i < sk_X509_num(others); ++i) read.certificates.emplace_back(sk_X509_value(others, i));
  sk_X509_free(others);
  return read;
}

std::string der_of(X509* certificate) {
  std::string der(static_cast<std::size_t>(std::max(i2d_X509(certificate, nullptr), 0)), '\0');
  auto* to = reinterpret_cast<unsigned char*>(der.data());
  i2d_X509(certificate, &to);
  return der;
}

template <class Digest>
std::string coded(const Digest& digest) {
  return base::to_base64url({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string signed_by(EVP_PKEY* key, std::string_view text) {
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t size = 0;
  if (!context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) != 1)
    return {};
  std::string signature(size, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes,
                     text.size()) != 1)
    return {};
  signature.resize(size);
  return signature;
}

}  // namespace

net::Outcome<std::string> client_assertion(const ClientCertificate& certificate, const std::string& client_id,
                                           const std::string& audience, WallTime now) {
  const std::string& path = certificate.path;
  const auto file = os::read_file(path, kLongestCertificate);
  if (!file)
    return net::failure(net::FailureKind::unauthorised,
                        "AZURE_CLIENT_CERTIFICATE_PATH: " + file.error().message);
  const bool is_pem = file->find("-----BEGIN ") != std::string::npos;
  KeyAndChain read =
      is_pem ? read_pem(*file, certificate.password) : read_pkcs12(*file, certificate.password);
  if (!read.key)
    return tl::make_unexpected(refused(path,
                                       "holds no private key that can be read; is it PEM or PKCS #12, and "
                                       "AZURE_CLIENT_CERTIFICATE_PASSWORD right?"));
  const auto leaf = std::find_if(
      read.certificates.begin(), read.certificates.end(),
      [&read](const auto& one) { return X509_check_private_key(one.get(), read.key.get()) == 1; });
  if (leaf == read.certificates.end())
    return tl::make_unexpected(refused(path, "holds no certificate that belongs to its private key"));
  if (EVP_PKEY_get_base_id(read.key.get()) != EVP_PKEY_RSA)
    return tl::make_unexpected(refused(path, "holds a key that is not RSA, which Microsoft Entra asks for"));
  // The leaf comes first in a chain.
  std::rotate(read.certificates.begin(), leaf, leaf + 1);

  const std::string der = der_of(read.certificates.front().get());
  base::Json header{{"alg", "RS256"},
                    {"typ", "JWT"},
                    {"x5t", coded(base::sha1(der))},
                    {"x5t#S256", coded(base::sha256(der))}};
  if (certificate.send_chain)
    for (const auto& one : read.certificates) header["x5c"].push_back(base::to_base64(der_of(one.get())));
  std::array<unsigned char, 16> id{};
  if (RAND_bytes(id.data(), static_cast<int>(id.size())) != 1)
    return tl::make_unexpected(refused(path, "can't be used: there are no random numbers"));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  const base::Json claims{{"aud", audience},
                          {"iss", client_id},
                          {"sub", client_id},
                          {"jti", base::to_hex(id)},
                          {"nbf", seconds},
                          {"iat", seconds},
                          {"exp", seconds + std::chrono::seconds(kLife).count()}};
  const std::string text =
      base::to_base64url(base::to_text(header)) + "." + base::to_base64url(base::to_text(claims));
  const std::string signature = signed_by(read.key.get(), text);
  ERR_clear_error();
  if (signature.empty()) return tl::make_unexpected(refused(path, "holds a key that does not sign"));
  return text + "." + base::to_base64url(signature);
}

}  // namespace stillage::blob
