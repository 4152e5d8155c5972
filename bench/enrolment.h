/* SPDX-License-Identifier: Apache-2.0 */
/* One device's way to a certificate, as the connections it makes. */
#ifndef SCS_BENCH_ENROLMENT_H
#define SCS_BENCH_ENROLMENT_H

#include "pki.h"
#include "talk.h"

/* 10.20.0.10:80, which speaks nothing but SCEP. */
extern const struct bench_endpoint bench_scep_server;

/* The truth about a capture: what a reader of it has to find. */
struct bench_truth {
    uint64_t enrolments, succeeded, failed;
    uint64_t capabilities, ca_certificates, pki_operations; /* exchanges */
    uint64_t connections;                                   /* that carry an exchange */
    uint64_t signed_messages;
};

/*
 * bench_enrolment_new makes enrolment `number`: two connections or three, one after the other (talk->then),
 * and adds them to `truth`. Each enrolment has a client address and a transaction ID of its own.
 */
struct bench_talk *bench_enrolment_new(const struct bench_pki *p, uint32_t number, struct bench_random *r,
                                       struct bench_truth *truth);

#endif
