/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events while packets still come, from one look at the capture to the next (docs/events.md). An exchange is told at the first
 * look after it ended, and again when what comes later changes its outcome or shows whose it was. An enrolment is told when its
 * outcome has stood for two seconds, again when that changes, and once more at the end when anything else has; it is withdrawn
 * when it turns out to be part of another. Findings come from watch/news.h, which says when. All carry ids that stay
 * (report/stream_ids.h).
 */
#ifndef SCS_REPORT_NDJSON_STREAM_H
#define SCS_REPORT_NDJSON_STREAM_H

#include "scepscope/report.h"

struct scs_event_stream;

/* scs_event_stream_new: `line` is given each event whole, with its line break. */
struct scs_event_stream *scs_event_stream_new(void (*line)(void *ctx, const char *text, size_t len), void *line_ctx);
void scs_event_stream_free(struct scs_event_stream *s); /* NULL is fine */

/* How long what has an outcome may wait to be told: until it has settled; not even that, for it may leave memory; it is the end.
 */
enum scs_event_wait { SCS_EVENT_SETTLE, SCS_EVENT_HURRY, SCS_EVENT_OVER };

/* scs_event_stream_look tells what is new in ctx->model. `now_ms`: a clock that never goes back. */
void scs_event_stream_look(struct scs_event_stream *s, const struct scs_report_context *ctx, uint64_t now_ms,
                           enum scs_event_wait wait);
/* scs_event_stream_due: when an enrolment's outcome will have stood long enough; UINT64_MAX for none. */
uint64_t scs_event_stream_due(const struct scs_event_stream *s);

/*
 * Of the model that was looked at last, with the number of the finding in watch/news.h. What reads as it did the last time is
 * not told again.
 */
void scs_event_stream_finding(struct scs_event_stream *s, const struct scs_report_context *ctx, uint32_t number,
                              const struct scs_finding *f);
void scs_event_stream_withdrawn(struct scs_event_stream *s, const struct scs_report_context *ctx, uint32_t number, const char *id,
                                const char *instead);
void scs_event_stream_stats(struct scs_event_stream *s, const struct scs_report_context *ctx);

#endif
