/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the rules about TLS ask over and over: whose connection this is, who ended the handshake, whether it matters.
 * Facts only; "no" also when the capture does not show it. Every connection given here has TLS facts.
 */
#ifndef SCS_DIAGNOSE_HANDSHAKE_H
#define SCS_DIAGNOSE_HANDSHAKE_H

#include "diagnose/rules.h"

/* Alerts the rules tell apart. RFC 8446 6.2, RFC 5246 7.2.2. */
enum scs_alert {
    SCS_ALERT_CLOSE_NOTIFY = 0,
    SCS_ALERT_HANDSHAKE_FAILURE = 40,
    SCS_ALERT_NO_CERTIFICATE = 41,
    SCS_ALERT_BAD_CERTIFICATE = 42,
    SCS_ALERT_UNSUPPORTED_CERTIFICATE = 43,
    SCS_ALERT_CERTIFICATE_REVOKED = 44,
    SCS_ALERT_CERTIFICATE_EXPIRED = 45,
    SCS_ALERT_CERTIFICATE_UNKNOWN = 46,
    SCS_ALERT_UNKNOWN_CA = 48,
    SCS_ALERT_ACCESS_DENIED = 49,
    SCS_ALERT_PROTOCOL_VERSION = 70,
    SCS_ALERT_NO_RENEGOTIATION = 100,
    SCS_ALERT_CERTIFICATE_REQUIRED = 116
};

/* A rule about one connection that explains why it failed. */
#define SCS_TLS_ROW(rule_id, level, sure, cause, function)                                                                       \
    {                                                                                                                            \
        .id = rule_id, .severity = SCS_SEV_##level, .confidence = SCS_##sure, .depth = SCS_DEPTH_TLS,                            \
        .scope = SCS_SCOPE_CONNECTION, .explains = cause, .check = {                                                             \
            .connection = function                                                                                               \
        }                                                                                                                        \
    }

/* ---- whose ---------------------------------------------------------------------------------------- */

/* scs_handshake_is_policy: the server host calls itself, as the policy module does, and no other request is seen on it. */
bool scs_handshake_is_policy(const struct scs_judge *j, const struct scs_connection *c);
/* scs_handshake_is_intune: the client asked for a host of Intune's service. */
bool scs_handshake_is_intune(const struct scs_connection *c);
/* scs_handshake_by_ndes: the client is a host on which SCEP is served. */
bool scs_handshake_by_ndes(const struct scs_judge *j, const struct scs_connection *c);

/*
 * scs_handshake_concerns: trouble on this connection is worth telling; lowers the verdict's confidence by the doubt there
 * is whether its server has to do with SCEP at all, and its severity where not even a name speaks for that. Intune's
 * service is another story: never.
 */
bool scs_handshake_concerns(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v);
/* scs_handshake_recovered: within seconds the client came through to the same server (or name), by another version perhaps. */
bool scs_handshake_recovered(const struct scs_judge *j, const struct scs_connection *c);
/* scs_handshake_beside: the client used another connection to the server within seconds before, during or after this one. */
bool scs_handshake_beside(const struct scs_judge *j, const struct scs_connection *c);
/* scs_handshake_matters: it concerns, and did not recover. */
bool scs_handshake_matters(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v);

/* ---- how it went ---------------------------------------------------------------------------------- */

/* scs_handshake_whole: the capture has its beginning and lost nothing of it, so what is not there was not sent. */
bool scs_handshake_whole(const struct scs_judge *j, const struct scs_connection *c);
/* scs_handshake_alert: the first alert of one side that ends a handshake; NULL. */
const struct scs_tls_alert *scs_handshake_alert(const struct scs_connection *c, bool from_server);
/* When this side first said by FIN or RST that it will send no more; SCS_NO_TIME. */
int64_t scs_handshake_end_ns(const struct scs_half *half);
/* scs_handshake_unanswered: to a whole ClientHello the server said nothing: it closed, reset or let five seconds pass. */
bool scs_handshake_unanswered(const struct scs_judge *j, const struct scs_connection *c);
/* scs_handshake_client_left: it ended by the client's will before the client sent application data. */
bool scs_handshake_client_left(const struct scs_connection *c);
/* scs_handshake_in_operation: while it was made, a PKIOperation waited for its answer from the host that made it. */
bool scs_handshake_in_operation(const struct scs_judge *j, const struct scs_connection *c);
/* scs_handshake_exchange: the connection's first exchange with this status (0: any); NULL. */
const struct scs_exchange *scs_handshake_exchange(const struct scs_judge *j, const struct scs_connection *c, unsigned status);

/* ---- facts all of them say ------------------------------------------------------------------------ */

/* client, server, port, sni, version; `hop` on the policy module's leg, which is a finding of its own. */
void scs_handshake_say(const struct scs_judge *j, struct scs_verdict *v, const struct scs_connection *c);
/* alert, alert_name, by. */
void scs_handshake_say_alert(struct scs_verdict *v, const struct scs_tls_alert *alert);

#endif
