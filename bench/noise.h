/* SPDX-License-Identifier: Apache-2.0 */
/* What else a server room says while devices enrol: TLS, SMB, remote desktops, web pages, DNS. */
#ifndef SCS_BENCH_NOISE_H
#define SCS_BENCH_NOISE_H

#include "talk.h"

/* bench_noise_new makes one more connection that has nothing to do with SCEP; `number` gives it its own tuple. */
struct bench_talk *bench_noise_new(uint32_t number, struct bench_random *r);
/* bench_noise_web makes one with `num` web pages of up to `most` bytes each. */
struct bench_talk *bench_noise_web(uint32_t number, struct bench_random *r, uint32_t num, uint32_t most);
/* bench_noise_dns writes a question and its answer. */
void bench_noise_dns(struct bench_capture *c, struct bench_random *r);

#endif
