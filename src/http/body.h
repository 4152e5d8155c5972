/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies: decompression, and the text of those that are text. */
#ifndef SCS_HTTP_BODY_H
#define SCS_HTTP_BODY_H

#include "base/buf.h"
#include "base/intern.h"

/*
 * scs_body_inflate replaces a gzip or deflate body by what is in it, at most SCS_MAX_INFLATED bytes; every other
 * coding is left as it is. Returns the enum scs_http_flag to add. `whole`: no bytes are missing at its end.
 */
uint32_t scs_body_inflate(struct scs_buf *body, const struct scs_cursor *encoding, bool whole);
/*
 * scs_body_text returns the first SCS_MAX_BODY_TEXT characters of a body that is text (ASCII, UTF-8, Latin-1, or
 * UTF-16 of either order), runs of white space as one space; NULL when it is not text or holds nothing.
 */
const char *scs_body_text(struct scs_intern *intern, const struct scs_cursor *body);

#endif
