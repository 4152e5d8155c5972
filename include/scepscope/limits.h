/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every maximum in the program, with its reason. Reaching one is counted (struct scs_limits_hit) and
 * shown in the report under "what this capture cannot show"; it never ends the run.
 */
#ifndef SCEPSCOPE_LIMITS_H
#define SCEPSCOPE_LIMITS_H

/* --- reading captures ------------------------------------------------------------------------- */
/* One record. Loopback super-segments reach 64 KiB + headers; 256 KiB is tcpdump's own MAXIMUM_SNAPLEN. */
#define SCS_MAX_PACKET (256u * 1024u)
/* Read buffer: one record plus room to read ahead; larger buffers fall out of the L2 cache. */
#define SCS_READ_BUFFER (512u * 1024u)
/* Records handled at a time, so that table look-ups can be prefetched. */
#define SCS_BATCH 16u
/* A pcapng block other than a packet (comments, name resolution, secrets). */
#define SCS_MAX_BLOCK (4u * 1024u * 1024u)
/* Interfaces over all files; a pktmon capture has a few dozen. */
#define SCS_MAX_INTERFACES 4096u
/* Files on one command line: a ring buffer's worth. */
#define SCS_MAX_FILES 1024u
/* Interfaces captured on at once, a buffer of the kernel's each: NIC and loopback, with room for a server of many networks. */
#define SCS_MAX_LIVE_INTERFACES 32u
/* Bytes of key log text kept from Decryption Secrets Blocks. */
#define SCS_MAX_SECRETS (16u * 1024u * 1024u)
/* Bytes searched for the next record or block after damage: a hole larger than a lost extent is not bridged. */
#define SCS_MAX_RESYNC (16u * 1024u * 1024u)
/* Sentences about one file's damage; further damage is only counted. */
#define SCS_MAX_PROBLEMS 16u

/* --- packets to streams ----------------------------------------------------------------------- */
/* Headers walked in one packet (VLAN tags, IPv6 extension headers, tunnels): more is an attack. */
#define SCS_MAX_NESTED_HEADERS 16u
/* IP datagrams being put together at one time, and bytes held for them; as the Linux default, 4 MiB. */
#define SCS_MAX_DATAGRAMS      256u
#define SCS_MAX_DATAGRAM_BYTES (4u * 1024u * 1024u)
#define SCS_MAX_FRAGMENTS      512u /* of one datagram: 64 KiB in pieces of 128 bytes */
/* TCP tuples remembered (3 MiB); a tuple that nobody follows may be forgotten and met again. */
#define SCS_MAX_TUPLES (64u * 1024u)
/* Connections followed at once: 1,000 devices with keep-alive through one server fit many times over. */
#define SCS_MAX_OPEN_CONNECTIONS 65536u
/* Unanswered or refused connection attempts kept; a SYN flood fills it and is counted. */
#define SCS_MAX_ATTEMPTS 4096u
/* Out-of-order bytes held: one direction (a full unscaled window four times), and over all. */
#define SCS_MAX_OUT_OF_ORDER     (256u * 1024u)
#define SCS_MAX_OUT_OF_ORDER_ALL (16u * 1024u * 1024u)
/* Segments waited for before a hole counts as lost by the capture, when no ACK has settled it. */
#define SCS_MAX_SEGMENTS_PAST_GAP 1024u
/* ICMP errors, RSTs and zero-window periods described for one connection; further ones are counted. */
#define SCS_MAX_CONNECTION_EVENTS 8u
/* Servers (address and port) with SCEP on them that are told apart. */
#define SCS_MAX_SERVERS 4096u

/* --- revocation ------------------------------------------------------------------------------- */
/* Requests of SCEP servers for revocation lists and OCSP answers that are read; a server caches them for hours or days. */
#define SCS_MAX_REVOCATIONS 256u

/* --- the neighbours of an enrolment ------------------------------------------------------------- */
/* Connections with look-ups, and from SCEP servers to their CA, read at once; each holds SCS_MAX_NEIGHBOUR_MESSAGE twice. */
#define SCS_MAX_NEIGHBOURS 1024u
/* Bytes kept of one message on them: look-ups have hundreds; the names in an RPC bind stand at its beginning. */
#define SCS_MAX_NEIGHBOUR_MESSAGE (8u * 1024u)

/* QUIC connections noticed: it suffices to know that there were some, and whose. */
#define SCS_MAX_QUIC 256u
/* Calls kept, of which an enrolment needs about five; refused tickets of whoever asks, until the servers are known. */
#define SCS_MAX_CA_CALLS       16384u
#define SCS_MAX_LOGON_FAILURES 1024u

/* --- DNS -------------------------------------------------------------------------------------- */
/* Look-ups remembered, most of them of no concern: the busy minutes of a resolver for an office. Then the oldest make room. */
#define SCS_MAX_LOOKUPS 8192u
/* ... kept for the report because they concern SCEP, failed ones before good ones. */
#define SCS_MAX_LOOKUPS_TOLD 256u
/* Addresses and aliases kept of one answer; names of SCEP servers that look-ups are compared with. */
#define SCS_MAX_LOOKUP_ADDRS   8u
#define SCS_MAX_LOOKUP_ALIASES 8u
#define SCS_MAX_HOST_NAMES     256u

/* --- HTTP ------------------------------------------------------------------------------------- */
/* A request or reply head. HTTP.sys accepts 16 KiB by default and 64 KiB at most per field; the seeds ask for 65,534. */
#define SCS_MAX_HEAD (160u * 1024u)
/* A message body that is kept. The largest GetCACert seen is under 20 KB; IIS stops at 30 MB. */
#define SCS_MAX_BODY (1024u * 1024u)
/* A body after decompression, so that a gzip bomb stops here. */
#define SCS_MAX_INFLATED (4u * 1024u * 1024u)
/* Frames told apart in one message: a whole body in segments of 128 bytes. Then only the last one moves on. */
#define SCS_MAX_MESSAGE_FRAMES 8192u
/* Requests waiting for their replies on one connection (pipelining). */
#define SCS_MAX_PIPELINED 64u
/* HTTP/2 streams kept of one connection. nginx allows 128 at a time, HTTP.sys 100; twice that, as answered ones wait in line. */
#define SCS_MAX_STREAMS 256u
/* What a server of HTTP/2 says before its client is heard (SETTINGS), or in HTTP/1 before there is a request: 400. */
#define SCS_MAX_EARLY_REPLY 1024u
/* HPACK table of one direction; browsers announce 65,536, most others stay at 4,096. */
#define SCS_MAX_HPACK_TABLE (64u * 1024u)
/* Characters kept of a text field (target, user agent, header value) for the report. */
#define SCS_MAX_TEXT 512u
/* Characters kept of a text or HTML body, for the rules that read error pages. */
#define SCS_MAX_BODY_TEXT 1024u

/* --- TLS --------------------------------------------------------------------------------------- */
/* A handshake message that is held whole. Certificate chains are 2 to 8 KB; a list of all trusted CAs reaches 64 KB. */
#define SCS_MAX_TLS_MESSAGE (128u * 1024u)
/* TLS connections to servers of which nothing is known, followed until their handshake is over; at one time. */
#define SCS_MAX_TLS_WATCHED 4096u
/* ... kept for the report: in order, when the capture shows nothing but TLS; and those whose handshake failed. */
#define SCS_MAX_TLS_SAMPLES 64u
#define SCS_MAX_TLS_FAILED  256u
/* Sessions remembered by id or ticket, so that a resumption opens with the first handshake's key. */
#define SCS_MAX_TLS_SESSIONS 4096u
/* Bytes of early data held until the server says whether it takes them; servers allow 16 KB. */
#define SCS_MAX_EARLY_DATA (64u * 1024u)
/* Bytes held of one connection while its secrets may still come, a dozen enrolments' worth; over all; and how many that ended. */
#define SCS_MAX_TLS_HELD     (256u * 1024u)
#define SCS_MAX_TLS_HELD_ALL (64u * 1024u * 1024u)
#define SCS_MAX_TLS_WAITING  4096u

/* --- TLS secrets ------------------------------------------------------------------------------ */
/* Secrets kept: 262,144 sessions of TLS 1.3 with four each, 92 MiB. Then the oldest make room, for a live capture goes on. */
#define SCS_MAX_TLS_SECRETS (1u << 20)
/* A line of a key log; the longest that counts has 225 characters. */
#define SCS_MAX_KEY_LOG_LINE 1024u
/* Key log files and FIFOs open at once. */
#define SCS_MAX_KEY_LOGS 64u
/* Bytes read from one of them at a time, so that one without end (/dev/zero) does not stop the rest. */
#define SCS_MAX_KEY_LOG_READ (256u * 1024u * 1024u)

/* --- evidence --------------------------------------------------------------------------------- */
/* Bytes of packets held of what cannot be read again: a thousand enrolments, and the last minutes of a busy NDES server. */
#define SCS_MAX_HELD (32u * 1024u * 1024u)
/* Of them bytes in one direction of a connection on which no SCEP was seen (yet): a server of SCEP serves downloads, too. */
#define SCS_MAX_HELD_IN_HOPE (256u * 1024u)
/* Bytes of one direction, and of all, that are put together to be redacted; what is beyond is blank in the evidence. */
#define SCS_MAX_IMAGE  (32u * 1024u * 1024u)
#define SCS_MAX_IMAGES (512u * 1024u * 1024u)
/* Stretches of a direction that lie apart. */
#define SCS_MAX_IMAGE_PIECES 16384u

/* --- messages --------------------------------------------------------------------------------- */
#define SCS_MAX_ASN1_DEPTH        32u   /* nesting of BER elements; a SCEP message needs 14 */
#define SCS_MAX_CERTIFICATES      32u   /* in one message; NDES sends 3 or 4 */
#define SCS_MAX_RECIPIENTS        16u   /* in one envelope */
#define SCS_MAX_SIGNERS           4u    /* in one message; SCEP has exactly one */
#define SCS_MAX_ATTRIBUTES        64u   /* signed attributes of one signer */
#define SCS_MAX_CAPABILITIES      64u   /* lines of a GetCACaps reply */
#define SCS_MAX_NAMES             64u   /* subject alternative names of one certificate */
#define SCS_MAX_CERTIFICATE_CACHE 4096u /* distinct certificates whose facts are shared */
#define SCS_MAX_NAME_TEXT         1024u /* characters of a distinguished name or alternative name */
#define SCS_MAX_NONCE             64u   /* bytes kept of a nonce; RFC 8894 says 16 */
#define SCS_MAX_ATTRIBUTE_HEX     64u   /* bytes shown of an attribute that has no field of its own */

/* --- keys ------------------------------------------------------------------------------------- */
#define SCS_MAX_PUBLIC_KEYS      1024u  /* signers' keys ready for use (about 2 KB each); a device needs its own for minutes */
#define SCS_MAX_RSA_BITS         8192u  /* of a key that is verified with: a stranger chooses how long we compute */
#define SCS_MAX_RSA_EXPONENT     8u     /* bytes of its public exponent, for the same reason; in use are 3 and 65537 */
#define SCS_MAX_RSA_PRIVATE_BITS 16384u /* of a key the user gave: libcrypto's own limit */
#define SCS_MAX_KEYS             64u    /* private keys given */
#define SCS_MAX_KEY_TRIES        16u    /* RSA private operations spent on one envelope */
#define SCS_MAX_WORKERS          16u    /* threads that open envelopes */
#define SCS_MAX_OPENING          32u    /* envelopes copied and waiting for a worker; twice SCS_MAX_BODY bytes each at worst */
#define SCS_MAX_PASSPHRASE       1024u

/* --- what is kept for the report -------------------------------------------------------------- */
#define SCS_MAX_EXCHANGES        (1u << 20) /* about 400 MB at worst; later ones are only counted */
#define SCS_MAX_FINDING_FRAMES   64u        /* frame numbers named by one finding */
#define SCS_MAX_FINDING_FACTS    16u        /* named values of one finding */
#define SCS_MAX_FINDING_SUBJECTS 256u       /* exchanges, enrolments or connections one finding lists */
#define SCS_MAX_FINDINGS         4096u      /* of one run: nobody reads more, and hostile input can make one per exchange */

/* --- runs with a limit (--memory) --------------------------------------------------------------- */
/*
 * Of the limit, a quarter is for facts, and a quarter at most for packets that are held. Facts need as much again while what
 * stays is copied; the rest is for the story told of them (lists, findings), the tables that find them, and what is open.
 */
#define SCS_MEMORY_PART 4u
/* What is over for less than this stays before all else: a client that failed may try again, and both belong together. */
#define SCS_MEMORY_QUIET_S (10u * 60u)
/* A connection is no longer followed when nothing was heard of it for so long: Windows asks idle ones after two hours. */
#define SCS_MEMORY_IDLE_S (2u * 60u * 60u)

#endif
