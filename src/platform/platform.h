/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only code that knows the operating system: files, terminal, signals, clocks, random numbers,
 * confinement. posix.c implements it; a Windows build adds windows.c beside it.
 */
#ifndef SCS_PLATFORM_H
#define SCS_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "scepscope/net.h"
#include "scepscope/status.h"

/* scs_platform_random fills `out` from the system's generator; aborts when there is none. */
void scs_platform_random(void *out, size_t n);

/* --- files read as streams of bytes ---------------------------------------------------------------- */

/* scs_platform_open opens `path` for reading, "-" being standard input; -1 with `err` set. A directory is refused. */
int scs_platform_open(const char *path, struct scs_error *err);
/* scs_platform_read reads at most `n` bytes, retrying after signals; 0 at the end, -1 with `err` set. */
ptrdiff_t scs_platform_read(int fd, void *out, size_t n, struct scs_error *err);
/* scs_platform_readable: reading would not wait: there are bytes, or the end. */
bool scs_platform_readable(int fd);
/*
 * scs_platform_open_growing opens a file that another program may still write, or a FIFO that nobody writes yet;
 * it never waits. -1 with `err` set.
 */
int scs_platform_open_growing(const char *path, struct scs_error *err);
/*
 * scs_platform_read_present reads at most `n` bytes of what such a file holds now; a pipe that is empty is given
 * `wait_ms` to fill. 0: nothing (yet, or any more), -1 with `err` set.
 */
ptrdiff_t scs_platform_read_present(int fd, void *out, size_t n, int wait_ms, struct scs_error *err);
/*
 * scs_platform_turned_over: is the file at `path` no longer the one that was opened as `fd`, or shorter than the `read`
 * bytes that were read of it? Then it begins anew. A pipe, or a path where nothing is, never does.
 */
bool scs_platform_turned_over(int fd, const char *path, uint64_t read);
/* scs_platform_is_there: there is something at `path`. */
bool scs_platform_is_there(const char *path);
/* scs_platform_is_regular: `path` is a file that can be read twice, not a pipe, a device or "-". */
bool scs_platform_is_regular(const char *path);
/* scs_platform_size returns the size of a regular file, 0 for pipes and devices. */
uint64_t scs_platform_size(int fd);
void scs_platform_close(int fd);
/* scs_platform_scratch_folder: where temporary files are made: TMPDIR, else /var/tmp, else /tmp. */
const char *scs_platform_scratch_folder(void);
/*
 * scs_platform_scratch makes an unlinked temporary file in that folder that only this process can read; -1 with
 * `err` set. scs_platform_append adds to it, false with `err` set; scs_platform_reread opens it anew, from its first byte.
 */
int scs_platform_scratch(struct scs_error *err);
SCS_MUST_USE bool scs_platform_append(int fd, const void *data, size_t n, struct scs_error *err);
int scs_platform_reread(int fd, struct scs_error *err);
/* scs_platform_scratch_file is such a file as a stream, for reading and writing; NULL with `err` set. */
FILE *scs_platform_scratch_file(struct scs_error *err);

/* --- files that lines are added to -------------------------------------------------------------------- */

/* scs_platform_open_lines opens `path` to add to what is there, or makes it, mode 0600. -1 with `err` set. */
int scs_platform_open_lines(const char *path, struct scs_error *err);
/*
 * scs_platform_add_line adds a line with one write(2), or, on a disk that is full, nothing of it. False with errno and `err` set,
 * which calls the file `path`.
 */
SCS_MUST_USE bool scs_platform_add_line(int fd, const char *path, const char *text, size_t len, struct scs_error *err);

/* --- files written whole or not at all --------------------------------------------------------------- */

struct scs_output;

/*
 * scs_output_open begins a file that will stand at `path`: it is written under a temporary name in the same
 * folder, mode 0600. NULL with `err` set when that fails, or when `path` exists and `force` was not given.
 */
struct scs_output *scs_output_open(const char *path, bool force, struct scs_error *err);
FILE *scs_output_file(struct scs_output *o); /* borrowed */
/* scs_output_commit finishes the file and gives it its name. False with `err` set; `o` is gone in either case. */
SCS_MUST_USE bool scs_output_commit(struct scs_output *o, struct scs_error *err);
void scs_output_abandon(struct scs_output *o); /* leaves nothing behind; NULL is fine */

/* --- memory that may leave for the disk --------------------------------------------------------------- */

/*
 * A spill is an unlinked temporary file (TMPDIR, else /var/tmp) that lends memory: what is written there
 * stays readable, but need not stay resident. Nobody else can open it, and it goes with the process.
 */
struct scs_spill;

struct scs_spill *scs_spill_open(void); /* NULL when there is no place for one */
/* scs_spill_lend: memory of `n` bytes and up to the end of a page, until the spill is closed; NULL when the disk is full. */
void *scs_spill_lend(struct scs_spill *s, size_t n);
/* scs_spill_rest: the pages of all but (about) the `fresh` bytes lent last need not stay. Their bytes do. */
void scs_spill_rest(struct scs_spill *s, size_t fresh);
void scs_spill_close(struct scs_spill *s); /* NULL is fine */

/* --- devices that hand out packets ------------------------------------------------------------------- */

/* scs_platform_await waits until one of `fds` can be read, a signal comes, or `ms` have passed. */
#define SCS_MAX_AWAITED 64u
void scs_platform_await(const int *fds, size_t num, int ms);
/* scs_platform_interface_down: an interface of this name is there and was taken down. */
bool scs_platform_interface_down(const char *name);
/* scs_platform_address reads what a struct sockaddr of IPv4 or IPv6 holds; false for other families. */
bool scs_platform_address(const void *sockaddr, struct scs_addr *out);
/* scs_platform_resolve asks the system for the addresses of a host name; at most `max`, 0 when there are none. */
size_t scs_platform_resolve(const char *name, struct scs_addr *out, size_t max);

/* --- terminal and signals --------------------------------------------------------------------------- */

bool scs_platform_is_terminal(int fd);
/* scs_platform_has_console: there is somebody to ask, whatever standard input and output are. */
bool scs_platform_has_console(void);
/* scs_platform_columns returns the width of the terminal at `fd`, or 80. */
int scs_platform_columns(int fd);
/* scs_platform_catch_signals makes SIGINT, SIGTERM, SIGUSR1 and SIGPIPE set flags instead of ending the program. */
void scs_platform_catch_signals(void);
bool scs_platform_interrupted(void); /* SIGINT or SIGTERM came */
bool scs_platform_asked(void);       /* SIGUSR1 came since the last call: counters are wanted */
/*
 * scs_platform_catch_requests, for a program that goes on until it is told: SIGUSR2 and SIGHUP set flags, too. When a terminal
 * goes away, SIGHUP is what says so: where there is one it ends the program, as SIGTERM does. One that is ignored (nohup) stays
 * so.
 */
void scs_platform_catch_requests(void);
bool scs_platform_report_asked(void); /* SIGUSR2 came since the last call: reports are wanted */
bool scs_platform_reopen_asked(void); /* SIGHUP: files that are added to may have been moved */

/* scs_platform_processors: how many there are to run threads on; at least 1. */
unsigned scs_platform_processors(void);
/* scs_platform_resident: bytes of memory the process occupies now; 0: not known. */
uint64_t scs_platform_resident(void);
/* scs_platform_time_s: seconds since the epoch, for names of files and the like, never for facts. */
int64_t scs_platform_time_s(void);
/* scs_platform_clock_ns is the clock that packets get their times from, which may be set; to compare with those only. */
int64_t scs_platform_clock_ns(void);
/* scs_platform_now_ms is a monotonic clock for progress lines and timers, never for facts. */
uint64_t scs_platform_now_ms(void);

#endif
