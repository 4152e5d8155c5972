/* SPDX-License-Identifier: Apache-2.0 */
/* Runs over every capture of pcaps/, for laws that hold whatever the capture. */
#ifndef TEST_SUPPORT_EVERY_CAPTURE_H
#define TEST_SUPPORT_EVERY_CAPTURE_H

#include "run/run_parts.h"

/* Called after each batch of packets. */
typedef void test_between(struct scs_run *run, uint64_t batches);

/*
 * test_report_of reads one capture with every key of pcaps/keys and returns its JSON report, nothing redacted; to be freed.
 * `between` may be NULL.
 */
char *test_report_of(const char *path, test_between *between);
/* test_every_capture calls `check` with each capture's path; `part` of `parts`: every so-manieth only. */
void test_every_capture(uint32_t part, uint32_t parts, void (*check)(const char *path));

#endif
