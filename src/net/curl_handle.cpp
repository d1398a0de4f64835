// SPDX-License-Identifier: MIT
#include "net/curl_handle.h"

#include <cstdlib>
#include <functional>
#include <string>

#include "base/log.h"
#include "net/curl_library.h"
#include "stillage/version.h"

namespace stillage::net {
namespace {

constexpr long kReceiveBuffer = 128 << 10;
constexpr long kSendBuffer = 128 << 10;

std::size_t header_callback(char* line, std::size_t size, std::size_t count, void* transfer) {
  return static_cast<Transfer*>(transfer)->on_header({line, size * count});
}

std::size_t write_callback(char* bytes, std::size_t size, std::size_t count, void* transfer) {
  return static_cast<Transfer*>(transfer)->on_body({bytes, size * count});
}

std::size_t read_callback(char* buffer, std::size_t size, std::size_t count, void* transfer) {
  return static_cast<Transfer*>(transfer)->on_upload(buffer, size * count);
}

int seek_callback(void* transfer, curl_off_t offset, int origin) {
  if (offset != 0 || origin != SEEK_SET) return CURL_SEEKFUNC_FAIL;
  static_cast<Transfer*>(transfer)->on_rewind();
  return CURL_SEEKFUNC_OK;
}

int connected_callback(void* transfer, char*, char*, int, int) {
  static_cast<Transfer*>(transfer)->connected = true;
  return CURL_PREREQFUNC_OK;
}

void set_text(CURL* handle, CURLoption option, const std::string& text) {
  if (!text.empty()) curl().easy_setopt(handle, option, text.c_str());
}

void set_method(CURL* handle, const Transfer& transfer) {
  if (transfer.method == "HEAD") {
    curl().easy_setopt(handle, CURLOPT_NOBODY, 1L);
  } else if (transfer.has_body) {
    curl().easy_setopt(handle, CURLOPT_UPLOAD, 1L);
    curl().easy_setopt(handle, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(transfer.body_size));
    curl().easy_setopt(handle, CURLOPT_CUSTOMREQUEST, transfer.method.c_str());
  } else if (transfer.method != "GET") {
    curl().easy_setopt(handle, CURLOPT_CUSTOMREQUEST, transfer.method.c_str());
  }
}

}  // namespace

CURLM* make_multi() {
  static const CURLcode ready = curl().global_init(CURL_GLOBAL_DEFAULT);
  CURLM* const multi = ready == CURLE_OK ? curl().multi_init() : nullptr;
  if (multi == nullptr) std::abort();
  return multi;
}

void warn_if_unverified(const TlsOptions& tls) {
  if (tls.verification == TlsVerification::on) return;
  base::warn_once("net/tls-verification",
                  "TLS certificates of a remote are not verified, as the configuration asks for: anyone on "
                  "the way can read and change what goes there");
}

void set_tls(CURL* handle, const TlsOptions& tls, const CaPaths& ca) {
  if (tls.verification == TlsVerification::off) {
    curl().easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 0L);
    curl().easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (!tls.ca_file.empty()) {
    curl().easy_setopt(handle, CURLOPT_CAINFO, tls.ca_file.c_str());
    curl().easy_setopt(handle, CURLOPT_CAPATH, nullptr);
  } else {
    set_text(handle, CURLOPT_CAINFO, ca.file);
    set_text(handle, CURLOPT_CAPATH, ca.folder);
  }
  set_text(handle, CURLOPT_SSLCERT, tls.client_certificate);
  set_text(handle, CURLOPT_SSLKEY, tls.client_key);
  set_text(handle, CURLOPT_KEYPASSWD, tls.client_key_password);
}

bool set_up(Transfer& transfer, const TlsOptions& tls, const CaPaths& ca) {
  transfer.handle.reset(curl().easy_init());
  CURL* const handle = transfer.handle.get();
  if (handle == nullptr) return false;
  curl().easy_setopt(handle, CURLOPT_ERRORBUFFER, transfer.error_text);
  curl().easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl().easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl().easy_setopt(handle, CURLOPT_URL, transfer.url.c_str());
  curl().easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);  // signatures are over the path as it is
  curl().easy_setopt(handle, CURLOPT_USERAGENT, (std::string("stillage/") + version()).c_str());
  curl().easy_setopt(handle, CURLOPT_HTTPHEADER, transfer.headers.get());
  curl().easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl().easy_setopt(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl().easy_setopt(handle, CURLOPT_HTTP09_ALLOWED, 0L);
  curl().easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(transfer.deadlines.connect.count()));
  curl().easy_setopt(handle, CURLOPT_BUFFERSIZE, kReceiveBuffer);
  curl().easy_setopt(handle, CURLOPT_UPLOAD_BUFFERSIZE, kSendBuffer);
  if (const auto& who = transfer.user_info) {
    curl().easy_setopt(handle, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl().easy_setopt(handle, CURLOPT_USERNAME, who->user.c_str());
    curl().easy_setopt(handle, CURLOPT_PASSWORD, who->password.c_str());
  }
  if (transfer.direct) curl().easy_setopt(handle, CURLOPT_NOPROXY, "*");
  set_method(handle, transfer);
  set_tls(handle, tls, ca);
  curl().easy_setopt(handle, CURLOPT_HEADERFUNCTION, header_callback);
  curl().easy_setopt(handle, CURLOPT_HEADERDATA, &transfer);
  curl().easy_setopt(handle, CURLOPT_WRITEFUNCTION, write_callback);
  curl().easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
  curl().easy_setopt(handle, CURLOPT_READFUNCTION, read_callback);
  curl().easy_setopt(handle, CURLOPT_READDATA, &transfer);
  curl().easy_setopt(handle, CURLOPT_SEEKFUNCTION, seek_callback);
  curl().easy_setopt(handle, CURLOPT_SEEKDATA, &transfer);
  curl().easy_setopt(handle, CURLOPT_PREREQFUNCTION, connected_callback);
  curl().easy_setopt(handle, CURLOPT_PREREQDATA, &transfer);
  return true;
}

CaPaths ca_from_environment(const std::function<const char*(const char*)>& look_up) {
  const auto value = [&look_up](const char* name) {
    const char* const text = look_up(name);
    return std::string(text != nullptr ? text : "");
  };
  if (std::string bundle = value("CURL_CA_BUNDLE"); !bundle.empty()) return {std::move(bundle), ""};
  CaPaths paths{value("SSL_CERT_FILE"), value("SSL_CERT_DIR")};
  // libcurl looks into the system's folder of authorities besides a file that it is given.
  if (paths == CaPaths()) paths.file = value("NODE_EXTRA_CA_CERTS");
  return paths;
}

}  // namespace stillage::net
