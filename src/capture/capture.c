/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/capture.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "capture/bpf.h"
#include "capture/merge.h"
#include "capture/reader.h"
#include "platform/platform.h"

struct scs_capture {
    struct scs_arena *arena;
    struct scs_inventory inventory;
    bool want_sha256, keep;
    struct scs_patience patience; /* wait NULL: reads block */
    const char *filter;
    struct scs_bpf *bpf;
    struct scs_reader **readers; /* by file index */
    const char **paths;
    int *copies; /* of files that can be read only once; -1 */
    size_t num;
    struct scs_merge *merge; /* made when reading begins, for more than one file */
    int64_t first_ns, last_ns;
    uint64_t cut_packets;
    /* The captured length that most cut packets share, if most do: a vote that each other length takes back. */
    uint32_t cut_len;
    uint64_t cut_votes, cut_at_len;
};

struct scs_capture *scs_capture_new(struct scs_arena *arena, const char *filter, bool want_sha256, struct scs_error *err)
{
    struct scs_bpf *bpf = filter == NULL ? NULL : scs_bpf_new(filter, err);
    if (filter != NULL && bpf == NULL) {
        return NULL;
    }
    struct scs_capture *c = scs_xcalloc(1, sizeof *c);
    c->arena = arena;
    scs_inventory_init(&c->inventory, arena);
    c->want_sha256 = want_sha256;
    c->filter = scs_arena_strdup(arena, filter);
    c->bpf = bpf;
    c->readers = scs_xcalloc(SCS_MAX_FILES, sizeof(struct scs_reader *));
    c->paths = scs_xcalloc(SCS_MAX_FILES, sizeof *c->paths);
    c->copies = scs_xcalloc(SCS_MAX_FILES, sizeof *c->copies);
    c->first_ns = c->last_ns = SCS_NO_TIME;
    return c;
}

static bool add(struct scs_capture *c, const char *path, int copy, struct scs_error *err)
{
    struct scs_source_options options = {.want_sha256 = c->want_sha256, .keep = c->keep, .copy = copy};
    options.patience = c->patience.wait != NULL ? &c->patience : NULL;
    if (c->num == SCS_MAX_FILES) {
        return scs_error_set(err, "%s: more than %u capture files; put some of them together with mergecap first", path,
                             SCS_MAX_FILES);
    }
    struct scs_reader *r = scs_xcalloc(1, sizeof *r);
    path = scs_arena_strdup(c->arena, path);
    bool open = scs_reader_open(r, &c->inventory, (uint16_t)c->num, path, &options, err);
    c->copies[c->num] = copy >= 0 ? -1 : options.copy; /* closed by the capture that made it */
    if (!open) {
        scs_platform_close(c->copies[c->num]);
        scs_reader_cleanup(r);
        free(r);
        return false;
    }
    c->paths[c->num] = path;
    c->readers[c->num++] = r;
    return true;
}

bool scs_capture_add(struct scs_capture *c, const char *path, struct scs_error *err)
{
    return add(c, path, -1, err);
}

void scs_capture_keep(struct scs_capture *c)
{
    c->keep = true;
}

void scs_capture_wait(struct scs_capture *c, const struct scs_patience *patience)
{
    c->patience = *patience;
}

bool scs_capture_may_bring_secrets(const struct scs_capture *c)
{
    bool any = false;
    for (size_t i = 0; i < c->num; i++) {
        any = any || c->readers[i]->format == NULL || strncmp(c->readers[i]->format, "pcapng", 6) == 0;
    }
    return any;
}

struct scs_capture *scs_capture_reopen(const struct scs_capture *c, struct scs_arena *arena, struct scs_error *err)
{
    struct scs_capture *again = scs_capture_new(arena, c->filter, false, err);
    for (size_t i = 0; again != NULL && i < c->num; i++) {
        if (!add(again, c->paths[i], c->copies[i], err)) {
            scs_capture_free(again);
            return NULL;
        }
    }
    return again;
}

const struct scs_interface *scs_capture_interface(const struct scs_capture *c, uint16_t index, uint8_t *digits)
{
    *digits = c->inventory.digits[index];
    return &c->inventory.interfaces[index];
}

const char *scs_capture_redacted(const struct scs_capture *c)
{
    return c->inventory.redacted;
}

static size_t read_batch(struct scs_capture *c, struct scs_packet *out, size_t max)
{
    if (c->num == 1) {
        size_t n = scs_reader_next(c->readers[0], out, max, NULL);
        if (n == 0) {
            scs_reader_finish(c->readers[0]);
        }
        return n;
    }
    if (c->merge == NULL) {
        c->merge = scs_merge_new(c->readers, c->num, c->patience.growing ? &c->patience : NULL);
    }
    return scs_merge_next(c->merge, out, max);
}

/* What is said of the file is said of every packet in it, whether the filter lets it pass or not. */
static void account(struct scs_capture *c, const struct scs_packet *packets, size_t num)
{
    int64_t first = c->first_ns == SCS_NO_TIME ? packets[0].ts_ns : c->first_ns, last = c->last_ns;
    for (size_t i = 0; i < num; i++) {
        const struct scs_packet *p = &packets[i];
        c->inventory.interfaces[p->interface].packets++;
        first = p->ts_ns < first ? p->ts_ns : first;
        last = p->ts_ns > last ? p->ts_ns : last;
    }
    c->first_ns = first;
    c->last_ns = last;
}

static size_t filter(struct scs_capture *c, struct scs_packet *packets, size_t num)
{
    size_t kept = 0;
    for (size_t i = 0; i < num; i++) {
        const char *why;
        if (scs_bpf_matches(c->bpf, &packets[i], &why)) {
            packets[kept++] = packets[i];
        } else if (why != NULL) {
            scs_reader_problem(c->readers[SCS_FRAME_FILE(packets[i].frame)],
                               "the filter '%.100s' does not apply to link type %u (%s): its packets are left out", c->filter,
                               packets[i].link_type, why);
        }
    }
    return kept;
}

static void count_cut(struct scs_capture *c, const struct scs_packet *p)
{
    c->cut_packets++;
    if (c->cut_votes == 0) {
        c->cut_len = p->cap_len;
        c->cut_at_len = 0;
    }
    bool same = p->cap_len == c->cut_len;
    c->cut_at_len += same;
    c->cut_votes = same ? c->cut_votes + 1 : c->cut_votes - 1;
}

size_t scs_capture_next(struct scs_capture *c, struct scs_packet *out, size_t max)
{
    for (size_t n; max != 0 && c->num != 0 && (n = read_batch(c, out, max)) != 0;) {
        account(c, out, n);
        if (c->bpf != NULL) {
            n = filter(c, out, n);
        }
        for (size_t i = 0; i < n; i++) {
            if (out[i].cap_len < out[i].wire_len) {
                count_cut(c, &out[i]);
            }
        }
        if (n != 0) {
            return n;
        }
    }
    return 0;
}

uint64_t scs_capture_read_bytes(const struct scs_capture *c, uint64_t *total)
{
    uint64_t read = 0;
    bool known = true;
    *total = 0;
    for (size_t i = 0; i < c->num; i++) {
        const struct scs_source *s = &c->readers[i]->source;
        read += s->raw_read;
        *total += s->size;
        known = known && s->size != 0;
    }
    *total = known ? *total : 0;
    return read;
}

static void describe_file(struct scs_capture *c, size_t index, bool over, struct scs_arena *arena, struct scs_capture_file *out)
{
    struct scs_reader *r = c->readers[index];
    if (over) {
        scs_reader_finish(r);
    }
    if (over && r->unsaid_problems != 0 && r->num_problems == SCS_MAX_PROBLEMS) {
        r->problems[r->num_problems++] =
            scs_arena_printf(c->arena, "%llu more problems like these", (unsigned long long)r->unsaid_problems);
    }
    *out = (struct scs_capture_file){
        .path = c->paths[index],
        .sha256 = r->sha256,
        .format = r->format != NULL ? r->format : "unknown",
        .bytes = r->source.raw_read > r->source.size ? r->source.raw_read : r->source.size,
        .dropped = r->dropped,
        .has_drop_count = r->has_drop_count,
        .complete = !r->damaged && !(r->source.interrupted && r->source.path == NULL),
        .problems = scs_arena_dup(arena, r->problems, r->num_problems * sizeof *r->problems),
        .num_problems = r->num_problems,
    };
}

void scs_capture_describe(struct scs_capture *c, bool over, struct scs_arena *arena, struct scs_capture_facts *out)
{
    const struct scs_inventory *v = &c->inventory;
    struct scs_capture_file *files = SCS_ARENA_ARRAY(arena, c->num, struct scs_capture_file);
    out->packets = out->bytes = out->dropped = 0;
    out->has_drop_count = false;
    for (size_t i = 0; i < c->num; i++) {
        describe_file(c, i, over, arena, &files[i]);
        out->bytes += files[i].bytes;
        out->dropped += files[i].dropped;
        out->has_drop_count = out->has_drop_count || files[i].has_drop_count;
    }
    for (uint32_t i = 0; i < v->num_interfaces; i++) {
        files[v->interfaces[i].file].packets += v->interfaces[i].packets;
        out->packets += v->interfaces[i].packets;
    }
    out->files = files;
    out->num_files = (uint32_t)c->num;
    out->interfaces = scs_arena_dup(arena, v->interfaces, v->num_interfaces * sizeof *v->interfaces);
    out->num_interfaces = v->num_interfaces;
    out->first_ns = c->first_ns;
    out->last_ns = c->last_ns;
    /* An evidence file says when the capture it was taken from began and ended. */
    if (v->begun_ns != SCS_NO_TIME && (c->first_ns == SCS_NO_TIME || v->begun_ns < c->first_ns)) {
        out->first_ns = v->begun_ns;
    }
    if (v->ended_ns != SCS_NO_TIME && (c->last_ns == SCS_NO_TIME || v->ended_ns > c->last_ns)) {
        out->last_ns = v->ended_ns;
    }
    out->cut_packets = c->cut_packets;
    out->cut_len = c->cut_at_len > c->cut_packets / 2 ? c->cut_len : 0;
}

struct scs_cursor scs_capture_secrets(const struct scs_capture *c)
{
    return scs_buf_cursor(&c->inventory.secrets);
}

void scs_capture_free(struct scs_capture *c)
{
    if (c == NULL) {
        return;
    }
    for (size_t i = 0; i < c->num; i++) {
        scs_reader_cleanup(c->readers[i]);
        free(c->readers[i]);
        scs_platform_close(c->copies[i]);
    }
    scs_merge_free(c->merge);
    scs_bpf_free(c->bpf);
    scs_inventory_cleanup(&c->inventory);
    free(c->readers);
    free(c->paths);
    free(c->copies);
    free(c);
}
