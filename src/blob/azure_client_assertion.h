// SPDX-License-Identifier: MIT
#pragma once
// A client that proves who it is with a certificate: a JSON Web Token (RFC 7515, RFC 7523), signed with the
// certificate's key (RS256), whose header names the certificate by its thumbprints (x5t, x5t#S256).

#include <string>
#include <string_view>

#include "blob/renewed.h"

namespace stillage::blob {

/// What an assertion of this form is called in a question for a token.
inline constexpr std::string_view kAssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

struct ClientCertificate {
  std::string path;           ///< of a PEM file with certificate and private key, or of a PKCS #12 file
  std::string password = {};  ///< of the key, or of the file
  bool send_chain = false;    ///< all certificates of the file go along (x5c)
};

/// An assertion of `client_id` for `audience`, good for ten minutes from `now` on. An `unauthorised` failure
/// if the file can't be read, or its key is none that can be used; it names the file.
net::Outcome<std::string> client_assertion(const ClientCertificate& certificate, const std::string& client_id,
                                           const std::string& audience, WallTime now);

}  // namespace stillage::blob
