/* SPDX-License-Identifier: Apache-2.0 */
/* Helpers shared by the unit tests. */
#ifndef TEST_SUPPORT_HEX_H
#define TEST_SUPPORT_HEX_H

#include <stddef.h>
#include <stdint.h>

/* test_hex turns "30 80 04" (spaces ignored) into freshly allocated bytes of exactly that size, so that ASan sees overruns. */
uint8_t *test_hex(const char *hex, size_t *len);
/* test_file reads a file of the source tree ("pcaps/x.pcapng") whole; fails the test when it cannot. */
uint8_t *test_file(const char *path, size_t *len);

#endif
