/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the events of a session go: standard output with -T ndjson, and the files of -o that end in .ndjson. Each line is one
 * write(2). A file that is there is added to. One that cannot be written is said once; its events are lost until it can.
 */
#ifndef SCS_CLI_EVENT_FILES_H
#define SCS_CLI_EVENT_FILES_H

#include "cli/options.h"

struct scs_event_files;

/* scs_event_files_open: said(ctx, sentence) is told of trouble later on. NULL with `err` set when a file cannot be opened. */
struct scs_event_files *scs_event_files_open(const struct scs_options *o, void (*said)(void *ctx, const char *sentence),
                                             void *ctx, struct scs_error *err);
void scs_event_files_close(struct scs_event_files *f); /* NULL is fine */
/* scs_event_files_any: there is a place for events at all. */
bool scs_event_files_any(const struct scs_event_files *f);
/* scs_event_files_descriptors writes those of the files to `out`, at most `most`; returns their number. */
size_t scs_event_files_descriptors(const struct scs_event_files *f, int *out, size_t most);
/* scs_event_files_line has the shape that scs_event_stream_new wants; `ctx` is a struct scs_event_files. */
void scs_event_files_line(void *ctx, const char *text, size_t len);
/* scs_event_files_reopen, after the files were moved: what comes next goes to new ones of their names. */
void scs_event_files_reopen(struct scs_event_files *f);
/* scs_event_files_reader_gone: standard output was a pipe, and nobody reads it any more. */
bool scs_event_files_reader_gone(const struct scs_event_files *f);
/*
 * scs_event_files_end, after the last line, says how many events found no room. False with `err` set when the last one did not
 * either; a reader that went away wants none.
 */
SCS_MUST_USE bool scs_event_files_end(const struct scs_event_files *f, struct scs_error *err);

#endif
