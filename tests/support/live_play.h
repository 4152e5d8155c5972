/* SPDX-License-Identifier: Apache-2.0 */
/* A saved capture as it would have come live: packet by packet, by its own clock, with a look whenever one may be taken. */
#ifndef TEST_SUPPORT_LIVE_PLAY_H
#define TEST_SUPPORT_LIVE_PLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "scepscope/model.h"

/* `over`: the model of the end. */
typedef void test_live_look(void *ctx, const struct scs_model *m, uint64_t now_ms, bool over);

/*
 * test_play_live calls `look` after each packet, a moment before the next, when the capture has been quiet for an hour after
 * its last, and with the final model.
 */
void test_play_live(const char *path, test_live_look *look, void *ctx);

#endif
