/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The story as data: connections, exchanges on them, enrolments made of exchanges, the servers and
 * what the capture itself was. Built by src/flow, src/http and src/correlate; const to all others.
 */
#ifndef SCEPSCOPE_EXCHANGE_H
#define SCEPSCOPE_EXCHANGE_H

#include "scepscope/facts.h"
#include "scepscope/net.h"
#include "scepscope/tls_facts.h"

/* ---- connections -------------------------------------------------------------------------------- */

enum scs_connection_state {
    SCS_CONN_OPEN,        /* still open when the capture ended */
    SCS_CONN_ESTABLISHED, /* handshake seen, no end seen, and nothing more was heard */
    SCS_CONN_BLOCKED,     /* SYNs without any answer */
    SCS_CONN_REFUSED,     /* RST (or ICMP) answered the SYN */
    SCS_CONN_RESET,
    SCS_CONN_CLOSED
};

enum scs_connection_flag {
    SCS_CONN_SYN_SEEN = 1u << 0,
    SCS_CONN_SYNACK_SEEN = 1u << 1,
    SCS_CONN_HANDSHAKE = 1u << 2,     /* all three */
    SCS_CONN_MIDSTREAM = 1u << 3,     /* no SYN in the capture */
    SCS_CONN_SYN_FORGOTTEN = 1u << 4, /* no SYN known, but the tuple table had overflowed */
    SCS_CONN_ONE_WAY = 1u << 5,       /* packets of one direction only, though the other's are acknowledged */
    SCS_CONN_SNAPLEN = 1u << 6,       /* payload cut by the snap length */
    SCS_CONN_STREAM_KNOWN = 1u << 7,  /* `stream` equals Wireshark's tcp.stream */
    SCS_CONN_NAMED_SERVER = 1u << 8,  /* --server named it */
    SCS_CONN_SCEP_SERVER = 1u << 9,   /* SCEP was seen on this server and port, here or on another connection */
    SCS_CONN_TLS = 1u << 10,          /* begins with a TLS record */
    SCS_CONN_OUTGROWN = 1u << 11,     /* a limit was reached: what came later was not followed */
    SCS_CONN_LOOPBACK = 1u << 12,     /* captured on a loopback link or between equal addresses */
    SCS_CONN_PORT_REUSED = 1u << 13,  /* the same four-tuple was used before with another ISN */
    SCS_CONN_CA_SIDE = 1u << 14,      /* a SCEP server's attempt to reach RPC or LDAP elsewhere: its client is no SCEP client */
    SCS_CONN_BY_SERVER = 1u << 15     /* a SCEP server's attempt at HTTP elsewhere, at a host whose name is known, or at itself */
};

/* What one side did. Index: enum scs_dir of its packets. */
struct scs_half {
    uint32_t packets, data_packets;
    uint64_t bytes;                 /* payload, each byte once */
    uint32_t retransmissions;       /* segments sent again by the sender (not capture duplicates) */
    uint16_t worst_retransmissions; /* of one and the same segment */
    uint32_t worst_len;             /* that segment's length */
    scs_frame worst_frame;          /* its first sending */
    uint64_t missing_bytes;         /* acknowledged by the peer, never in the capture */
    uint64_t cut_bytes;             /* lost to the snap length */
    uint32_t zero_windows;          /* times this side advertised window 0 */
    int64_t zero_window_ns;         /* longest such period while the other had data to send */
    scs_frame zero_window_frame;
    uint32_t largest_segment;       /* payload bytes */
    uint32_t largest_acked_segment; /* largest payload the peer acknowledged */
    uint32_t largest_after_icmp;    /* largest payload sent after an ICMP "too big"; 0 none sent */
    uint64_t unacked_bytes;         /* sent, and not acknowledged by the end */
    uint64_t unfilled_bytes;        /* from a hole that stayed open and unacknowledged to the end of what came behind it */
    bool hole;                      /* ... bytes or its end: it said more than the capture has, and nobody acknowledged it */
    int64_t fin_ns, rst_ns;         /* SCS_NO_TIME */
    bool end_unseen;                /* its FIN is not in the capture, but was acknowledged, or its RST counts it */
    scs_frame fin_frame, rst_frame;
    uint32_t rst_seq;
    uint8_t rst_ttl, usual_ttl;
    uint16_t rst_ip_id, last_ip_id;
    scs_frame first_data_frame, last_data_frame;
    int64_t first_data_ns, last_data_ns;
    int64_t last_new_ns; /* the last data that were not sent before */
};

struct scs_icmp_seen {
    scs_frame frame;
    int64_t ts_ns;
    struct scs_addr from;
    uint8_t family, type, code;
    uint32_t mtu;
    bool for_client_packet; /* the quoted packet went to the server */
};

struct scs_connection {
    uint32_t id;     /* from 1, in order of first packet */
    uint32_t stream; /* with SCS_CONN_STREAM_KNOWN */
    struct scs_endpoint client, server;
    uint32_t flags;             /* enum scs_connection_flag */
    uint8_t state;              /* enum scs_connection_state */
    int64_t opened_ns, last_ns; /* first and last packet */
    scs_frame first_frame, last_frame;
    uint16_t syn_tries, synack_tries;
    scs_frame syn_frames[4]; /* the first tries */
    scs_frame synack_frame;
    int64_t syn_ns, last_syn_ns, synack_ns, handshake_ns; /* SCS_NO_TIME */
    uint32_t duplicates;                                  /* packets the capture holds twice */
    uint16_t interface;
    struct scs_half half[2];
    const struct scs_icmp_seen *icmp;
    uint32_t num_icmp;
    uint32_t num_exchanges;
    const struct scs_tls_facts *tls; /* NULL: not TLS, or not followed */
    const char *host; /* of a SCEP server's attempts, and its TLS without SNI: the name it had looked up for that address; NULL */
};

/* ---- exchanges ---------------------------------------------------------------------------------- */

enum scs_outcome {
    SCS_OUTCOME_OK,
    SCS_OUTCOME_FAILED,
    SCS_OUTCOME_PENDING,
    SCS_OUTCOME_TRUNCATED, /* request or reply cut by network or peer */
    SCS_OUTCOME_UNANSWERED,
    SCS_OUTCOME_INCOMPLETE,  /* the capture does not hold enough to judge */
    SCS_OUTCOME_HEALTHY_PAGE /* the 403 on the bare URL and its kin */
};

struct scs_exchange {
    uint32_t id;     /* from 1, in order of the request's first byte */
    uint32_t serial; /* from 1, in order of their end: the same in every look at a capture that goes on */
    const struct scs_connection *connection;
    uint32_t enrolment;                              /* id, 0 none */
    uint8_t operation, path_kind, platform, outcome; /* enums of facts.h and above */
    bool probe;                                      /* validation script, monitor or browser: not a device (R8) */
    const char *operation_name;                      /* as sent */
    const char *ca_ident;                            /* message= of GetCACaps and GetCACert */
    int64_t started_ns;
    int64_t duration_ns;                        /* request's first byte to reply's last; SCS_NO_TIME without a reply */
    int64_t wait_ns;                            /* request's last byte to reply's first; SCS_NO_TIME */
    scs_frame first_frame, last_frame;          /* first of the request, last of the reply (of the request without one) */
    const struct scs_http_request *request;     /* NULL: the capture has only the reply */
    const struct scs_http_reply *reply;         /* NULL: none seen */
    const struct scs_pki_message *scep_request; /* PKIOperation */
    const struct scs_pki_message *scep_reply;   /* PKIOperation answered by something that may be CMS */
    const struct scs_caps *caps;                /* GetCACaps reply */
    const struct scs_ca_certs *ca_certs;        /* GetCACert, GetNextCACert reply */
    uint32_t admin;                             /* enum scs_admin_flag */
    const char *why_unanswered;                 /* NULL; else "client closed", "server reset", "capture ended" ... */
    struct scs_stream_end stream_end;           /* of its HTTP/2 stream, before its time */
    bool again_unseen;                          /* ... which invited another try, and the capture lacks where that may be */
};

/* ---- enrolments --------------------------------------------------------------------------------- */

enum scs_reached {
    SCS_REACHED_CONTACT,
    SCS_REACHED_CAPABILITIES,
    SCS_REACHED_CA_CERTIFICATE,
    SCS_REACHED_REQUEST,
    SCS_REACHED_POLICY,
    SCS_REACHED_REPLY
};

enum scs_enrolment_outcome {
    SCS_ENROLMENT_SUCCEEDED,
    SCS_ENROLMENT_FAILED,
    SCS_ENROLMENT_PENDING,
    SCS_ENROLMENT_BLOCKED,
    SCS_ENROLMENT_INCOMPLETE
};

struct scs_enrolment {
    uint32_t id; /* from 1 */
    struct scs_addr client;
    struct scs_endpoint server;
    uint8_t platform, reached, outcome;
    bool probe; /* left out of the summary's counts */
    const char *transaction_id;
    const char *subject; /* of the signer certificate or CSR: redacted before print */
    uint32_t tries;      /* PKCSReq / RenewalReq sent */
    int64_t started_ns, ended_ns;
    const uint32_t *exchanges; /* ids, ascending */
    uint32_t num_exchanges;
    const uint32_t *policy_exchanges;
    uint32_t num_policy_exchanges;
    uint32_t decided_by; /* id of the exchange that decides the outcome; 0 */
};

/* ---- servers: what was learned about one address and port with SCEP on it ------------------------ */

struct scs_op_tally {
    uint32_t seen, ok, failed;
};

struct scs_server {
    uint32_t id; /* from 1 */
    struct scs_endpoint endpoint;
    bool named;                                           /* --server */
    struct scs_op_tally ops[9];                           /* by enum scs_operation; probes not counted */
    uint32_t longest_query_ok;                            /* bytes of the longest query answered 200 */
    uint32_t shortest_query_refused;                      /* bytes of the shortest answered 404/414/400 */
    bool is_iis;                                          /* Server: Microsoft-IIS or Microsoft-HTTPAPI seen, directly */
    bool is_ndes;                                         /* mscep path served by IIS, RA certificates, or NDES's own attribute */
    const struct scs_exchange *last_caps, *last_ca_certs; /* last good answers */
};

/* ---- the capture itself -------------------------------------------------------------------------- */

struct scs_interface {
    const char *name; /* NULL */
    const char *description;
    uint16_t link_type;
    uint32_t snap_len; /* 0: none */
    uint16_t file;     /* index */
    uint64_t packets;
};

struct scs_capture_file {
    const char *path;        /* as given; "-" for standard input */
    const char *sha256;      /* hex; NULL when not asked for */
    const char *format;      /* "pcap", "pcapng", "pcap.gz", "pcapng.zst" ... */
    uint64_t packets, bytes; /* bytes of the file as it lies there */
    uint64_t dropped;        /* as the file's statistics blocks say */
    bool has_drop_count;
    bool complete;
    const char *const *problems; /* sentences, with offsets */
    uint32_t num_problems;
};

/* How often a maximum of limits.h was reached. */
struct scs_limits_hit {
    uint64_t tuples_forgotten, connections_dropped, attempts_dropped, datagrams_dropped, out_of_order_dropped, bodies_cut,
        heads_cut, pipelined_dropped, exchanges_dropped, servers_dropped;
    uint64_t tls_waits_dropped; /* connections whose secrets were not waited for any longer */
    uint64_t ca_calls_dropped, revocations_dropped;
    uint64_t lookups_dropped, neighbours_dropped; /* DNS look-ups; connections with them, or from SCEP servers to their CA */
};

struct scs_capture_facts {
    const struct scs_capture_file *files;
    uint32_t num_files;
    const struct scs_interface *interfaces;
    uint32_t num_interfaces;
    int64_t first_ns, last_ns; /* SCS_NO_TIME: no packet */
    uint64_t packets, bytes;
    uint64_t cut_packets;         /* cap_len < wire_len */
    uint32_t cut_len;             /* cap_len of most of them, where most agree; else 0 */
    uint64_t duplicates;          /* of followed connections and attempts, and what packet ids tell */
    uint64_t host_dropped;        /* thrown away by the capturing host's network stack: not received */
    scs_frame host_dropped_frame; /* the first of them; 0 */
    uint64_t dropped;
    bool has_drop_count;
    uint64_t unread_link_packets; /* link type not read */
    uint16_t unread_link_type;    /* an example */
    uint64_t tcp_packets, udp_packets, other_packets, fragments_lost;
    uint64_t tls_connections; /* ClientHellos seen, whatever the server */
    const char *tls_example;  /* "10.5.1.4:443 (ndes.contoso.com)" of one; NULL */
    bool has_loopback;        /* a loopback link type or 127/8, ::1 packets */
    bool has_physical;
    int64_t clock_offset_s; /* median of Date headers minus capture time, SCS_NO_TIME when fewer than one */
    uint32_t clock_samples;
    bool interrupted; /* reading files was stopped by a signal or -c: what is open is not the network's fault */
    struct scs_limits_hit limits;
};

/* Words for the report, the same in every format. */
const char *scs_operation_name(unsigned operation);
const char *scs_outcome_name(unsigned outcome);
const char *scs_platform_name(unsigned platform);
const char *scs_reached_name(unsigned reached);
const char *scs_enrolment_outcome_name(unsigned outcome);
const char *scs_connection_state_name(unsigned state);
const char *scs_role_name(unsigned role);
const char *scs_message_type_name(int message_type); /* "PKCSReq" ... or NULL when unassigned */
const char *scs_pki_status_name(int pki_status);     /* "SUCCESS" ... or NULL */
const char *scs_fail_info_name(int fail_info);       /* "badMessageCheck" ... or NULL */
const char *scs_check_name(unsigned check);          /* of enum scs_check: "valid", "invalid", "unchecked" */

#endif
