/* SPDX-License-Identifier: Apache-2.0 */
/* Builds DER and BER as hex text, from the inside out; everything lives in the arena. */
#ifndef TEST_SUPPORT_DER_H
#define TEST_SUPPORT_DER_H

#include "base/arena.h"

/* der joins the hex texts up to NULL and puts the header in front: der(a, "30", "020105", "0500", NULL). */
const char *der(struct scs_arena *a, const char *tag, ...) __attribute__((sentinel));
/* ber is der with an indefinite length. */
const char *ber(struct scs_arena *a, const char *tag, ...) __attribute__((sentinel));
/* der_text puts the characters of `text` into an element. */
const char *der_text(struct scs_arena *a, const char *tag, const char *text);

#endif
