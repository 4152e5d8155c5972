/* SPDX-License-Identifier: Apache-2.0 */
/* CAP-*: what the capture itself can and cannot show. Judged first, because a packet not captured is not a packet not sent. */
#include "diagnose/judge.h"
#include "diagnose/predicates.h"
#include "diagnose/rules.h"

#include <string.h>

#define MDM_CYCLE_S   (8 * 3600) /* devices sync with Intune about every eight hours */
#define CLOCK_APART_S 60
/* What pktmon keeps of a packet unless told otherwise, and a snap length from which on nothing of a packet is cut. */
#define PKTMON_DEFAULT 128u
#define NO_SNAP_LEN    65535u
#define NETSH_TRACE    "LWF over IfIndex "

/* The snap length that an interface of the capture states; 0: none. */
static uint32_t stated_limit(const struct scs_capture_facts *capture)
{
    for (uint32_t i = 0; i < capture->num_interfaces; i++) {
        uint32_t stated = capture->interfaces[i].snap_len;
        if (stated != 0 && stated < NO_SNAP_LEN) {
            return stated;
        }
    }
    return 0;
}

static bool snaplen(const struct scs_judge *j, struct scs_verdict *v)
{
    const struct scs_capture_facts *capture = scs_judge_model(j)->capture;
    const struct scs_judge_tally *t = scs_judge_tally(j);
    bool blinded = scs_judge_model(j)->num_exchanges == 0 && capture->cut_packets != 0;
    if (t->snaplen == 0 && !blinded) {
        return false;
    }
    if (t->first_snaplen != NULL) {
        scs_say_connection(v, t->first_snaplen);
        scs_fact_number(v, "connections", t->snaplen);
    } else {
        scs_set_confidence(v, SCS_LIKELY); /* SCEP may not have been there at all */
    }
    scs_fact_number(v, "cut_packets", (int64_t)capture->cut_packets);
    scs_fact_number(v, "packets", (int64_t)capture->packets);
    uint32_t stated = stated_limit(capture), limit = stated != 0 ? stated : capture->cut_len;
    if (limit != 0) {
        scs_fact_number(v, "snap_len", limit);
    }
    /* The converters of pktmon's files state no limit: only the packets show it. */
    if (stated == 0 && limit == PKTMON_DEFAULT) {
        scs_fact_number(v, "pktmon_default", PKTMON_DEFAULT);
    }
    return true;
}

static bool gap(const struct scs_judge *j, struct scs_verdict *v)
{
    const struct scs_capture_facts *capture = scs_judge_model(j)->capture;
    const struct scs_judge_tally *t = scs_judge_tally(j);
    if (t->gaps == 0) {
        return false;
    }
    scs_say_connection(v, t->first_gap);
    scs_set_moment(v, t->first_gap->opened_ns);
    scs_fact_number(v, "connections", t->gaps);
    scs_fact_number(v, "missing_bytes", (int64_t)t->missing_bytes);
    if (capture->has_drop_count && capture->dropped != 0) {
        scs_fact_number(v, "dropped", (int64_t)capture->dropped);
    }
    return true;
}

static bool one_way(const struct scs_judge *j, struct scs_verdict *v)
{
    const struct scs_judge_tally *t = scs_judge_tally(j);
    if (t->one_way == 0) {
        return false;
    }
    bool from_client = t->first_one_way->half[SCS_TO_SERVER].packets != 0;
    scs_say_connection(v, t->first_one_way);
    scs_set_moment(v, t->first_one_way->opened_ns);
    scs_fact_number(v, "connections", t->one_way);
    scs_fact_text(v, "seen", "%s", from_client ? "client to server" : "server to client");
    return true;
}

static bool midstream(const struct scs_judge *j, struct scs_verdict *v)
{
    const struct scs_judge_tally *t = scs_judge_tally(j);
    if (t->midstream == 0) {
        return false;
    }
    scs_say_connection(v, t->first_midstream);
    scs_set_moment(v, t->first_midstream->opened_ns);
    scs_fact_number(v, "connections", t->midstream);
    return true;
}

static bool clock_apart(const struct scs_judge *j, struct scs_verdict *v)
{
    const struct scs_capture_facts *capture = scs_judge_model(j)->capture;
    int64_t offset = capture->clock_offset_s;
    if (offset == SCS_NO_TIME || (offset <= CLOCK_APART_S && offset >= -CLOCK_APART_S)) {
        return false;
    }
    if (capture->clock_samples < 3) {
        scs_set_confidence(v, SCS_LIKELY); /* a cached page also carries an old Date */
    }
    scs_fact_number(v, "apart_s", offset < 0 ? -offset : offset);
    scs_fact_text(v, "direction", "%s", offset < 0 ? "ahead of" : "behind");
    scs_fact_number(v, "samples", capture->clock_samples);
    return true;
}

static bool duplicates(const struct scs_judge *j, struct scs_verdict *v)
{
    const struct scs_capture_facts *capture = scs_judge_model(j)->capture;
    if (capture->duplicates == 0) {
        return false;
    }
    scs_fact_number(v, "duplicates", (int64_t)capture->duplicates);
    scs_fact_number(v, "interfaces", capture->num_interfaces);
    return true;
}

/* Npcap's and WinPcap's names for an adapter, and what etl2pcapng says of one: the capture was made on Windows. */
static bool on_windows(const struct scs_capture_facts *capture)
{
    for (uint32_t i = 0; i < capture->num_interfaces; i++) {
        const char *name = capture->interfaces[i].name, *description = capture->interfaces[i].description;
        if ((name != NULL && strstr(name, "\\Device\\NPF_") != NULL) ||
            (description != NULL && strncmp(description, NETSH_TRACE, strlen(NETSH_TRACE)) == 0)) {
            return true;
        }
    }
    return false;
}

/*
 * The policy module's call never leaves an NDES host that is its own registration point, so its absence
 * proves nothing. Nothing on the wire tells whether the connector still makes that call over HTTPS.
 */
static bool no_loopback(const struct scs_judge *j, struct scs_verdict *v)
{
    const struct scs_model *m = scs_judge_model(j);
    if (m->capture->has_loopback || scs_judge_tally(j)->policy_hop || !on_windows(m->capture)) {
        return false;
    }
    for (uint32_t i = 0; i < m->num_servers; i++) {
        if (m->servers[i]->is_ndes && m->servers[i]->ops[SCS_OP_PKI_OPERATION].seen != 0) {
            char text[SCS_ENDPOINT_TEXT];
            scs_fact_text(v, "server", "%s", scs_endpoint_text(&m->servers[i]->endpoint, text));
            return true;
        }
    }
    return false;
}

static bool encrypted(const struct scs_judge *j, struct scs_verdict *v)
{
    const struct scs_capture_facts *capture = scs_judge_model(j)->capture;
    const struct scs_judge_tally *t = scs_judge_tally(j);
    bool only_tls = scs_judge_model(j)->num_exchanges == 0 && (capture->tls_connections != 0 || t->tls != 0);
    if (!only_tls && !t->named_unreadable) {
        return false;
    }
    scs_fact_number(v, "tls_connections", (int64_t)(capture->tls_connections != 0 ? capture->tls_connections : t->tls));
    if (capture->tls_example != NULL) {
        scs_fact_text(v, "example", "%s", capture->tls_example);
    }
    return true;
}

static bool no_scep(const struct scs_judge *j, struct scs_verdict *v)
{
    const struct scs_capture_facts *capture = scs_judge_model(j)->capture;
    const struct scs_judge_tally *t = scs_judge_tally(j);
    bool said_better = capture->tls_connections != 0 || t->tls != 0 || t->failed_attempts != 0 || t->named;
    if (scs_judge_model(j)->num_exchanges != 0 || said_better) {
        return false;
    }
    scs_fact_number(v, "packets", (int64_t)capture->packets);
    scs_fact_number(v, "tcp_packets", (int64_t)capture->tcp_packets);
    if (capture->unread_link_packets != 0) {
        scs_fact_number(v, "unread_link_packets", (int64_t)capture->unread_link_packets);
        scs_fact_number(v, "unread_link_type", capture->unread_link_type);
    }
    return true;
}

/* Only where the operator named a server that nobody called: elsewhere nothing is concluded from absence. */
static bool short_capture(const struct scs_judge *j, struct scs_verdict *v)
{
    const struct scs_model *m = scs_judge_model(j);
    if (m->capture->first_ns == SCS_NO_TIME) {
        return false;
    }
    int64_t seconds = (m->capture->last_ns - m->capture->first_ns) / SCS_SECOND;
    for (uint32_t i = 0; i < m->num_servers && seconds < MDM_CYCLE_S; i++) {
        if (m->servers[i]->named && !scs_judge_called(j, &m->servers[i]->endpoint)) {
            scs_fact_number(v, "minutes", (seconds + 59) / 60);
            return true;
        }
    }
    return false;
}

const struct scs_rule scs_rules_capture[] = {
    {"cap-snaplen", SCS_SEV_WARNING, SCS_CERTAIN, SCS_DEPTH_CAPTURE, SCS_SCOPE_CAPTURE, false, {.capture = snaplen}},
    {"cap-gap", SCS_SEV_WARNING, SCS_CERTAIN, SCS_DEPTH_CAPTURE, SCS_SCOPE_CAPTURE, false, {.capture = gap}},
    {"cap-one-way", SCS_SEV_WARNING, SCS_CERTAIN, SCS_DEPTH_CAPTURE, SCS_SCOPE_CAPTURE, false, {.capture = one_way}},
    {"cap-midstream", SCS_SEV_INFO, SCS_CERTAIN, SCS_DEPTH_CAPTURE, SCS_SCOPE_CAPTURE, false, {.capture = midstream}},
    {"cap-clock", SCS_SEV_WARNING, SCS_CERTAIN, SCS_DEPTH_CAPTURE, SCS_SCOPE_CAPTURE, false, {.capture = clock_apart}},
    {"cap-dup", SCS_SEV_INFO, SCS_CERTAIN, SCS_DEPTH_CAPTURE, SCS_SCOPE_CAPTURE, false, {.capture = duplicates}},
    {"cap-no-loopback", SCS_SEV_INFO, SCS_POSSIBLE, SCS_DEPTH_CAPTURE, SCS_SCOPE_CAPTURE, false, {.capture = no_loopback}},
    {"cap-encrypted", SCS_SEV_INFO, SCS_CERTAIN, SCS_DEPTH_CAPTURE, SCS_SCOPE_CAPTURE, false, {.capture = encrypted}},
    {"cap-no-scep", SCS_SEV_INFO, SCS_CERTAIN, SCS_DEPTH_CAPTURE, SCS_SCOPE_CAPTURE, false, {.capture = no_scep}},
    {"cap-short", SCS_SEV_INFO, SCS_CERTAIN, SCS_DEPTH_CAPTURE, SCS_SCOPE_CAPTURE, false, {.capture = short_capture}},
};
const size_t scs_num_rules_capture = sizeof scs_rules_capture / sizeof scs_rules_capture[0];
