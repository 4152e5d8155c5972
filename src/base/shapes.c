/* SPDX-License-Identifier: Apache-2.0 */
#include "base/shapes.h"

#include "scepscope/ca_call.h"
#include "scepscope/exchange.h"
#include "scepscope/revocation.h"

/* ---- HTTP ---------------------------------------------------------------------------------------- */

const struct scs_shape scs_shape_frame_run = SCS_PLAIN_SHAPE(struct scs_frame_run);

static const struct scs_field http_message_fields[] = {
    SCS_TEXT_AT(struct scs_http_message, content_type),
    SCS_TEXT_AT(struct scs_http_message, content_encoding),
    SCS_TEXT_AT(struct scs_http_message, via),
    SCS_TEXT_AT(struct scs_http_message, body_text),
    SCS_MANY_AT(struct scs_http_message, frames.runs, frames.num_runs, &scs_shape_frame_run),
};
static const struct scs_shape http_message = SCS_SHAPE(struct scs_http_message, http_message_fields);

static const struct scs_field http_request_fields[] = {
    SCS_INSIDE_AT(struct scs_http_request, m, &http_message),
    SCS_TEXT_AT(struct scs_http_request, method),
    SCS_TEXT_AT(struct scs_http_request, host),
    SCS_TEXT_AT(struct scs_http_request, target),
    SCS_TEXT_AT(struct scs_http_request, user_agent),
};
const struct scs_shape scs_shape_http_request = SCS_SHAPE(struct scs_http_request, http_request_fields);

static const struct scs_field http_reply_fields[] = {
    SCS_INSIDE_AT(struct scs_http_reply, m, &http_message),
    SCS_TEXT_AT(struct scs_http_reply, reason),
    SCS_TEXT_AT(struct scs_http_reply, server),
    SCS_TEXT_AT(struct scs_http_reply, www_authenticate),
    SCS_TEXT_AT(struct scs_http_reply, location),
    SCS_TEXT_AT(struct scs_http_reply, retry_after),
    SCS_TEXT_AT(struct scs_http_reply, cache),
};
const struct scs_shape scs_shape_http_reply = SCS_SHAPE(struct scs_http_reply, http_reply_fields);

/* ---- certificates -------------------------------------------------------------------------------- */

static const struct scs_field bytes_fields[] = {SCS_MANY_AT(struct scs_bytes, p, len, &scs_shape_byte)};
static const struct scs_shape bytes = SCS_SHAPE(struct scs_bytes, bytes_fields);

static const struct scs_field cert_fields[] = {
    SCS_TEXT_AT(struct scs_cert_facts, subject),
    SCS_TEXT_AT(struct scs_cert_facts, issuer),
    SCS_TEXT_AT(struct scs_cert_facts, serial),
    SCS_TEXT_AT(struct scs_cert_facts, sha256),
    SCS_TEXT_AT(struct scs_cert_facts, sha1),
    SCS_TEXT_AT(struct scs_cert_facts, md5),
    SCS_TEXT_AT(struct scs_cert_facts, issuer_sha256),
    SCS_TEXT_AT(struct scs_cert_facts, subject_sha256),
    SCS_TEXT_AT(struct scs_cert_facts, spki_sha256),
    SCS_TEXT_AT(struct scs_cert_facts, ski),
    SCS_TEXT_AT(struct scs_cert_facts, aki),
    SCS_TEXT_AT(struct scs_cert_facts, key),
    SCS_TEXT_AT(struct scs_cert_facts, signature_algorithm),
    SCS_INSIDE_AT(struct scs_cert_facts, spki, &bytes),
    SCS_MANY_AT(struct scs_cert_facts, sans, num_sans, &scs_shape_text),
    SCS_MANY_AT(struct scs_cert_facts, ekus, num_ekus, &scs_shape_text),
};
const struct scs_shape scs_shape_cert = SCS_SHAPE(struct scs_cert_facts, cert_fields);

/* Lists of certificates are arrays of pointers to them. */
static const struct scs_field cert_pointer_fields[] = {{.at = 0, .kind = SCS_FIELD_ONE, .of = &scs_shape_cert}};
static const struct scs_shape cert_pointer = SCS_SHAPE(const struct scs_cert_facts *, cert_pointer_fields);

/* ---- SCEP ---------------------------------------------------------------------------------------- */

static const struct scs_field recipient_fields[] = {
    SCS_TEXT_AT(struct scs_recipient, issuer),         SCS_TEXT_AT(struct scs_recipient, serial),
    SCS_TEXT_AT(struct scs_recipient, issuer_sha256),  SCS_TEXT_AT(struct scs_recipient, ski),
    SCS_TEXT_AT(struct scs_recipient, key_encryption), SCS_TEXT_AT(struct scs_recipient, known_as),
};
static const struct scs_shape recipient = SCS_SHAPE(struct scs_recipient, recipient_fields);

static const struct scs_field challenge_fields[] = {SCS_TEXT_AT(struct scs_challenge, string_type),
                                                    SCS_TEXT_AT(struct scs_challenge, sha256)};
static const struct scs_shape challenge = SCS_SHAPE(struct scs_challenge, challenge_fields);

static const struct scs_field csr_fields[] = {
    SCS_INSIDE_AT(struct scs_csr, asked, &scs_shape_cert),
    SCS_TEXT_AT(struct scs_csr, common_name),
    SCS_TEXT_AT(struct scs_csr, signature_why),
    SCS_INSIDE_AT(struct scs_csr, challenge, &challenge),
    SCS_TEXT_AT(struct scs_csr, sid),
    SCS_TEXT_AT(struct scs_csr, template_name),
    SCS_MANY_AT(struct scs_csr, application_policies, num_application_policies, &scs_shape_text),
    SCS_MANY_AT(struct scs_csr, attributes, num_attributes, &scs_shape_text),
};
static const struct scs_shape csr = SCS_SHAPE(struct scs_csr, csr_fields);

static const struct scs_field envelope_fields[] = {
    SCS_MANY_AT(struct scs_envelope, recipients, num_recipients, &recipient),
    SCS_TEXT_AT(struct scs_envelope, cipher),
    SCS_TEXT_AT(struct scs_envelope, opened_with),
    SCS_TEXT_AT(struct scs_envelope, why_not),
    SCS_ONE_AT(struct scs_envelope, csr, &csr),
    SCS_TEXT_AT(struct scs_envelope, issuer),
    SCS_TEXT_AT(struct scs_envelope, subject),
    SCS_TEXT_AT(struct scs_envelope, serial),
    SCS_MANY_AT(struct scs_envelope, certificates, num_certificates, &cert_pointer),
};
static const struct scs_shape envelope = SCS_SHAPE(struct scs_envelope, envelope_fields);

static const struct scs_field pki_message_fields[] = {
    SCS_TEXT_AT(struct scs_pki_message, fail_info_text),
    SCS_TEXT_AT(struct scs_pki_message, server_message),
    SCS_TEXT_AT(struct scs_pki_message, transaction_id),
    SCS_INSIDE_AT(struct scs_pki_message, sender_nonce, &bytes),
    SCS_INSIDE_AT(struct scs_pki_message, recipient_nonce, &bytes),
    SCS_TEXT_AT(struct scs_pki_message, digest),
    SCS_TEXT_AT(struct scs_pki_message, signature_algorithm),
    SCS_TEXT_AT(struct scs_pki_message, signer_issuer),
    SCS_TEXT_AT(struct scs_pki_message, signer_serial),
    SCS_TEXT_AT(struct scs_pki_message, signer_issuer_sha256),
    SCS_TEXT_AT(struct scs_pki_message, signer_ski),
    SCS_ONE_AT(struct scs_pki_message, signer, &scs_shape_cert),
    SCS_MANY_AT(struct scs_pki_message, certificates, num_certificates, &cert_pointer),
    SCS_ONE_AT(struct scs_pki_message, envelope, &envelope),
    SCS_TEXT_AT(struct scs_pki_message, signature_why),
    SCS_TEXT_AT(struct scs_pki_message, digest_why),
    SCS_MANY_AT(struct scs_pki_message, extra_attributes, num_extra_attributes, &scs_shape_text),
};
static const struct scs_shape pki_message = SCS_SHAPE(struct scs_pki_message, pki_message_fields);

static const struct scs_field caps_fields[] = {SCS_MANY_AT(struct scs_caps, lines, num_lines, &scs_shape_text)};
const struct scs_shape scs_shape_caps = SCS_SHAPE(struct scs_caps, caps_fields);

static const struct scs_field ca_certs_fields[] = {
    SCS_MANY_AT(struct scs_ca_certs, certificates, num_certificates, &cert_pointer),
    SCS_TEXT_AT(struct scs_ca_certs, body_sha256),
};
const struct scs_shape scs_shape_ca_certs = SCS_SHAPE(struct scs_ca_certs, ca_certs_fields);

/* ---- connections and exchanges ------------------------------------------------------------------- */

static const struct scs_shape alert = SCS_PLAIN_SHAPE(struct scs_tls_alert);

static const struct scs_field tls_fields[] = {
    SCS_TEXT_AT(struct scs_tls_facts, cipher_name),
    SCS_TEXT_AT(struct scs_tls_facts, key_exchange),
    SCS_TEXT_AT(struct scs_tls_facts, sni),
    SCS_TEXT_AT(struct scs_tls_facts, alpn),
    SCS_TEXT_AT(struct scs_tls_facts, key_source),
    SCS_TEXT_AT(struct scs_tls_facts, why_not),
    SCS_ONE_AT(struct scs_tls_facts, server_certificate, &scs_shape_cert),
    SCS_ONE_AT(struct scs_tls_facts, client_certificate, &scs_shape_cert),
    SCS_MANY_AT(struct scs_tls_facts, server_chain, num_server_certificates, &cert_pointer),
    SCS_MANY_AT(struct scs_tls_facts, alerts, num_alerts, &alert),
};
const struct scs_shape scs_shape_tls = SCS_SHAPE(struct scs_tls_facts, tls_fields);

static const struct scs_shape icmp_seen = SCS_PLAIN_SHAPE(struct scs_icmp_seen);

static const struct scs_field connection_fields[] = {
    SCS_MANY_AT(struct scs_connection, icmp, num_icmp, &icmp_seen),
    SCS_ONE_AT(struct scs_connection, tls, &scs_shape_tls),
    SCS_TEXT_AT(struct scs_connection, host),
};
const struct scs_shape scs_shape_connection = SCS_SHAPE(struct scs_connection, connection_fields);

static const struct scs_field exchange_fields[] = {
    SCS_ONE_AT(struct scs_exchange, connection, &scs_shape_connection),
    SCS_TEXT_AT(struct scs_exchange, operation_name),
    SCS_TEXT_AT(struct scs_exchange, ca_ident),
    SCS_ONE_AT(struct scs_exchange, request, &scs_shape_http_request),
    SCS_ONE_AT(struct scs_exchange, reply, &scs_shape_http_reply),
    SCS_ONE_AT(struct scs_exchange, scep_request, &pki_message),
    SCS_ONE_AT(struct scs_exchange, scep_reply, &pki_message),
    SCS_ONE_AT(struct scs_exchange, caps, &scs_shape_caps),
    SCS_ONE_AT(struct scs_exchange, ca_certs, &scs_shape_ca_certs),
    SCS_TEXT_AT(struct scs_exchange, why_unanswered),
};
const struct scs_shape scs_shape_exchange = SCS_SHAPE(struct scs_exchange, exchange_fields);

static const struct scs_field server_fields[] = {SCS_ONE_AT(struct scs_server, last_caps, &scs_shape_exchange),
                                                 SCS_ONE_AT(struct scs_server, last_ca_certs, &scs_shape_exchange)};
const struct scs_shape scs_shape_server = SCS_SHAPE(struct scs_server, server_fields);

/* ---- the neighbours ------------------------------------------------------------------------------ */

static const struct scs_field ca_call_fields[] = {SCS_TEXT_AT(struct scs_ca_call, account)};
const struct scs_shape scs_shape_ca_call = SCS_SHAPE(struct scs_ca_call, ca_call_fields);

static const struct scs_field crl_fields[] = {SCS_TEXT_AT(struct scs_crl_facts, issuer)};
static const struct scs_shape crl = SCS_SHAPE(struct scs_crl_facts, crl_fields);
static const struct scs_shape ocsp = SCS_PLAIN_SHAPE(struct scs_ocsp_facts);

static const struct scs_field revocation_fields[] = {
    SCS_ONE_AT(struct scs_revocation, request, &scs_shape_http_request),
    SCS_ONE_AT(struct scs_revocation, reply, &scs_shape_http_reply),
    SCS_ONE_AT(struct scs_revocation, crl, &crl),
    SCS_ONE_AT(struct scs_revocation, answer, &ocsp),
};
const struct scs_shape scs_shape_revocation = SCS_SHAPE(struct scs_revocation, revocation_fields);
