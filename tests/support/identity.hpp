#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace papilio::testing {

/// A certificate that signed itself, and its key, in PEM.
struct Identity {
  std::string certificate;
  std::string key;
};

/// For 127.0.0.1, valid since two hours ago.
/// @param valid_s until so many seconds from now; < 0: it has expired
inline Identity made_identity(long valid_s) {
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key{EVP_EC_gen("P-256"), EVP_PKEY_free};
  const std::unique_ptr<X509, void (*)(X509*)> certificate{X509_new(), X509_free};
  X509* made = certificate.get();
  constexpr long kTwoHours = 7200;
  const std::string name = "127.0.0.1";
  X509_set_version(made, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
  X509_gmtime_adj(X509_getm_notBefore(made), -kTwoHours);
  X509_gmtime_adj(X509_getm_notAfter(made), valid_s);
  X509_set_pubkey(made, key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(made, X509_get_subject_name(made));
  const auto extend = [&](int kind, const char* value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value);
    X509_add_ext(made, extension, -1);
    X509_EXTENSION_free(extension);
  };
  extend(NID_basic_constraints, "critical,CA:TRUE");
  extend(NID_subject_alt_name, "IP:127.0.0.1");
  if (X509_sign(made, key.get(), EVP_sha256()) == 0) throw std::runtime_error{"cannot sign"};
  const auto text_of = [](auto write) {
    const std::unique_ptr<BIO, int (*)(BIO*)> memory{BIO_new(BIO_s_mem()), BIO_free};
    write(memory.get());
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &data);
    return std::string{data, static_cast<std::size_t>(size)};
  };
  return {text_of([&](BIO* out) { PEM_write_bio_X509(out, made); }), text_of([&](BIO* out) {
            PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

}  // namespace papilio::testing
