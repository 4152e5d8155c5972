/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the rules ask over and over: who answered, what kind of exchange this is, what the server did
 * at other times. Facts only; "no" also when the capture does not show it.
 */
#ifndef SCS_DIAGNOSE_PREDICATES_H
#define SCS_DIAGNOSE_PREDICATES_H

#include "scepscope/rule.h"

#define SCS_SECOND  INT64_C(1000000000)
#define SCS_MINUTE  (60 * SCS_SECOND)
#define SCS_DAY_SEC INT64_C(86400)

/* ---- one answer ---------------------------------------------------------------------------------- */

/* scs_message_whole: every byte of the message is in the capture and was kept. */
bool scs_message_whole(const struct scs_http_message *m);
/* scs_message_unseen: the capture, not the network, left part of it out. */
bool scs_message_unseen(const struct scs_http_message *m);
/* scs_reply_says: the kept text of the page contains `words`, in any case. */
bool scs_reply_says(const struct scs_http_reply *r, const char *words);
/* scs_reply_is_html, by its content type or else by its first character. */
bool scs_reply_is_html(const struct scs_http_reply *r);
/* scs_reply_is_httpsys: HTTP.sys itself refused, before IIS: by the Server header, or by the words of its pages. */
bool scs_reply_is_httpsys(const struct scs_http_reply *r);
/* scs_reply_is_iis: IIS or an application in it wrote this, by the Server header or IIS's error page. */
bool scs_reply_is_iis(const struct scs_http_reply *r);
/* scs_reply_is_foreign: another server names itself in the Server header. */
bool scs_reply_is_foreign(const struct scs_http_reply *r);
/* scs_reply_substatus reads "403.16" out of an IIS error page of that status; -1 when no page shows one. */
int scs_reply_substatus(const struct scs_http_reply *r);
/*
 * scs_reply_page_unseen: the capture lacks what a page may say about itself, and no Server header says who wrote it. What a
 * status means in the absence of such words cannot be told.
 */
bool scs_reply_page_unseen(const struct scs_http_reply *r);
/* scs_status_is_gateway: the server behind a gateway could not be used: 502, 504 and Cloudflare's 520 to 527. */
bool scs_status_is_gateway(unsigned status);
/* scs_reply_has_type compares the content type without its parameters. */
bool scs_reply_has_type(const struct scs_http_reply *r, const char *type);
/* scs_reply_is_false: the bare word, perhaps in quotes or tags: the plug-in logs it as "Verify challenge returns ...". */
bool scs_reply_is_false(const struct scs_http_reply *r);

/* ---- one exchange -------------------------------------------------------------------------------- */

/* scs_exchange_status: 0 without a reply. */
unsigned scs_exchange_status(const struct scs_exchange *x);
bool scs_exchange_is_post(const struct scs_exchange *x);
/* scs_exchange_on_mscep: the request went to the SCEP end point: not the policy module's, not the admin page. */
bool scs_exchange_on_mscep(const struct scs_exchange *x);
bool scs_exchange_on_policy(const struct scs_exchange *x);
/* scs_exchange_target_unseen: the capture lacks the end of the request line: what was asked is not known. */
bool scs_exchange_target_unseen(const struct scs_exchange *x);
/* scs_exchange_answer_unseen: there was an answer, and the capture lacks what it says: it may have been the best. */
bool scs_exchange_answer_unseen(const struct scs_exchange *x);
/* scs_exchange_has_operation: an operation= was named on a SCEP path, as far as the capture shows the target. */
bool scs_exchange_has_operation(const struct scs_exchange *x);
/* scs_exchange_is_limit_test: Microsoft's long-URL validator sends junk here on purpose. */
bool scs_exchange_is_limit_test(const struct scs_exchange *x);
/* scs_exchange_pki_status: the CertRep's pkiStatus, -1 when there is none to read. */
int scs_exchange_pki_status(const struct scs_exchange *x);
/* scs_exchange_refused: a PKIOperation answered, and not with SUCCESS or PENDING. */
bool scs_exchange_refused(const struct scs_exchange *x);
/* scs_exchange_served: answered 200 with what was asked for. */
bool scs_exchange_served(const struct scs_exchange *x);
/*
 * scs_exchange_reached_ndes: nothing before NDES answered in its place, so what is wrong in the message matters: no
 * reply, 200, or NDES's own 500.
 */
bool scs_exchange_reached_ndes(const struct scs_exchange *x);
/* scs_exchange_same_agent: both requests carry the same User-Agent; several devices may share an address. */
bool scs_exchange_same_agent(const struct scs_exchange *a, const struct scs_exchange *b);
/* scs_exchange_proxied: a proxy left its mark on request or reply, or the host is Entra application proxy's. */
bool scs_exchange_proxied(const struct scs_exchange *x);
bool scs_exchange_entra(const struct scs_exchange *x);

/* ---- the story around it ------------------------------------------------------------------------- */

const struct scs_server *scs_server_of(const struct scs_judge *j, const struct scs_exchange *x);
/* scs_server_is_ndes: something shows Microsoft's NDES, or the path is NDES's own. */
bool scs_server_is_ndes(const struct scs_judge *j, const struct scs_exchange *x);
/* scs_server_served: how many SCEP requests it answered well, probes not counted. */
uint32_t scs_server_served(const struct scs_server *s);
/* scs_exchange_caps_alone: GetCACaps failed as it always does here, while other operations work (caps-error). */
bool scs_exchange_caps_alone(const struct scs_judge *j, const struct scs_exchange *x);
/*
 * scs_exchange_may_fail: a server need not know this operation, and the client goes on without it: caps_alone, and
 * GetNextCACert where the capabilities do not offer it (RFC 8894 3.5.2).
 */
bool scs_exchange_may_fail(const struct scs_judge *j, const struct scs_exchange *x);
/*
 * scs_exchange_refusal: the reply when it has this status and answers a SCEP operation; NULL when it has not, and where
 * another finding stands for it (a limit test, caps-error).
 */
const struct scs_http_reply *scs_exchange_refusal(const struct scs_judge *j, const struct scs_exchange *x, unsigned status);
/* scs_exchange_may_have_enrolled: its enrolment ended with a certificate, or with an answer that the capture lacks. */
bool scs_exchange_may_have_enrolled(const struct scs_judge *j, const struct scs_exchange *x);
/* scs_exchange_verified: the policy module's VerifyRequest while this PKIOperation waited, when it said yes; NULL. */
const struct scs_exchange *scs_exchange_verified(const struct scs_judge *j, const struct scs_exchange *x);
/* scs_exchange_alone: no other PKIOperation waited at this server's address meanwhile, so what happened there was for this one.
 */
bool scs_exchange_alone(const struct scs_judge *j, const struct scs_exchange *x);
/* scs_server_warm: the capture shows the server answering something shortly before this request. */
bool scs_server_warm(const struct scs_judge *j, const struct scs_exchange *x);
/*
 * scs_client_exchanges returns the ids of all exchanges of x's client with x's server, ascending; *at receives the
 * place of x among them and *num their number. NULL when x is not among them.
 */
const uint32_t *scs_client_exchanges(const struct scs_judge *j, const struct scs_exchange *x, uint32_t *at, uint32_t *num);
/*
 * scs_client_next returns the client's next exchange with the server after `x` (by start), with the same
 * User-Agent; NULL when there is none.
 */
const struct scs_exchange *scs_client_next(const struct scs_judge *j, const struct scs_exchange *x);
/* scs_capture_watched: the capture went on for at least `ns` after `since_ns` and was not stopped by a limit before. */
bool scs_capture_watched(const struct scs_judge *j, int64_t since_ns, int64_t ns);

/* ---- facts several rules say ---------------------------------------------------------------------- */

/* scs_say_answer: operation, client, status, server_header, page, substatus. */
void scs_say_answer(struct scs_verdict *v, const struct scs_exchange *x);
/* scs_say_request: operation, client, method, target_length, query_length. */
void scs_say_request(struct scs_verdict *v, const struct scs_exchange *x);
/* scs_say_line adds the first line of an answer that is plain text, at most 160 characters. */
void scs_say_line(struct scs_verdict *v, const char *name, const struct scs_http_reply *r);
/* scs_say_seconds adds a time as text with one decimal: "6.1". */
void scs_say_seconds(struct scs_verdict *v, const char *name, int64_t ns);

#endif
