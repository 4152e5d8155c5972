/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rule rows by group. A group is one file, rules_<group>.c, which defines its array and its
 * number; rules.c lists the groups. Adding a group is one pair of lines here and one row there.
 * Order matters inside a group: between rules of one depth that explain the same exchange the
 * earlier row is the finding, so rows go from the exact cause to the general one.
 */
#ifndef SCS_DIAGNOSE_RULES_H
#define SCS_DIAGNOSE_RULES_H

#include <stddef.h>

#include "scepscope/rule.h"

/* CAP-*: what the capture itself can and cannot show. */
extern const struct scs_rule scs_rules_capture[];
extern const size_t scs_num_rules_capture;
/* NET-*: connections that were never made. */
extern const struct scs_rule scs_rules_connect[];
extern const size_t scs_num_rules_connect;
/* DNS-*: names that were not found. */
extern const struct scs_rule scs_rules_dns[];
extern const size_t scs_num_rules_dns;
/* NET-*: what happened to those that were. */
extern const struct scs_rule scs_rules_network[];
extern const size_t scs_num_rules_network;
/* TLS-*: certificates of both sides. */
extern const struct scs_rule scs_rules_tls_cert[];
extern const size_t scs_num_rules_tls_cert;
/* TLS-*: handshakes that failed, clients that left; CONN-INTUNE-*. */
extern const struct scs_rule scs_rules_tls[];
extern const size_t scs_num_rules_tls;
/* PROXY-*: gateways and filters in front of NDES. */
extern const struct scs_rule scs_rules_proxy[];
extern const size_t scs_num_rules_proxy;
/* PROXY-*: what they do to what passes through them. */
extern const struct scs_rule scs_rules_relay[];
extern const size_t scs_num_rules_relay;
/* HTTP-400, -404, -411, -413, -414: HTTP.sys and IIS's request filtering. */
extern const struct scs_rule scs_rules_limits[];
extern const size_t scs_num_rules_limits;
/* HTTP-401, -403, -5xx ...: access to the SCEP end point, NDES, its pool. */
extern const struct scs_rule scs_rules_status[];
extern const size_t scs_num_rules_status;
/* POLICY-*: the policy module's hop. */
extern const struct scs_rule scs_rules_policy[];
extern const size_t scs_num_rules_policy;
/* HTTP-*, NDES-*: pages, framing, silence. */
extern const struct scs_rule scs_rules_http[];
extern const size_t scs_num_rules_http;
/* CAPS-*: answers to GetCACaps. */
extern const struct scs_rule scs_rules_caps[];
extern const size_t scs_num_rules_caps;
/* CACERT-*, NEXTCA-*: answers to GetCACert and GetNextCACert. */
extern const struct scs_rule scs_rules_cacert[];
extern const size_t scs_num_rules_cacert;
/* SCEP-*: the request message. */
extern const struct scs_rule scs_rules_message[];
extern const size_t scs_num_rules_message;
/* SCEP-*: its algorithms, recipients, clock and signer. */
extern const struct scs_rule scs_rules_crypto[];
extern const size_t scs_num_rules_crypto;
/* SCEP-SIG-*, SCEP-DIGEST-*, REP-SIG-*: signatures and digests. */
extern const struct scs_rule scs_rules_signature[];
extern const size_t scs_num_rules_signature;
/* CHAL-*: challenge passwords. */
extern const struct scs_rule scs_rules_challenge[];
extern const size_t scs_num_rules_challenge;
/* CSR-*: what the certificate request asks for. */
extern const struct scs_rule scs_rules_csr[];
extern const size_t scs_num_rules_csr;
/* SCEP-*: what a client does over several requests. */
extern const struct scs_rule scs_rules_session[];
extern const size_t scs_num_rules_session;
/* REP-*, DELIV-*: the CertRep and its delivery. */
extern const struct scs_rule scs_rules_reply[];
extern const size_t scs_num_rules_reply;
/* DELIV-*, REP-CERT-*: what became of the certificate. */
extern const struct scs_rule scs_rules_delivery[];
extern const size_t scs_num_rules_delivery;
/* REP-PENDING*, REP-POLL-*: waiting for approval. */
extern const struct scs_rule scs_rules_pending[];
extern const size_t scs_num_rules_pending;
/* TLS-OCSP-*, TLS-CRL-*: what SCEP servers fetch to check certificates. */
extern const struct scs_rule scs_rules_revocation[];
extern const size_t scs_num_rules_revocation;
/* CA-*: the way from NDES to its certification authority. */
extern const struct scs_rule scs_rules_ca[];
extern const size_t scs_num_rules_ca;
/* CA-*: what that authority and the domain answered. */
extern const struct scs_rule scs_rules_ca_call[];
extern const size_t scs_num_rules_ca_call;
/* PERF-*: how long things took. */
extern const struct scs_rule scs_rules_perf[];
extern const size_t scs_num_rules_perf;

#endif
