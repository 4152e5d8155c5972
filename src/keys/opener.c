/* SPDX-License-Identifier: Apache-2.0 */
/*
 *  jobs, a ring:   [ concluded | being worked on or done | waiting | free ]
 *                              ^ oldest                  ^ next    ^ newest      (running numbers; slot = number % ring)
 *
 * The main thread adds at `newest` and concludes at `oldest`; workers take `next`. It concludes only when the ring is
 * full or at the end, so that the moments do not depend on the workers' speed.
 */
#include "keys/opener.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "keys/contents.h"
#include "platform/platform.h"

struct slot {
    struct scs_envelope_job job;
    bool done; /* guarded by the lock */
};

struct scs_opener {
    struct scs_opener_options options;
    struct scs_ciphers *ciphers;
    struct slot slots[SCS_MAX_OPENING];
    uint64_t oldest;       /* of the main thread alone */
    uint64_t next, newest; /* guarded by the lock */
    bool ending;           /* guarded by the lock */
    pthread_mutex_t lock;
    pthread_cond_t work_came, job_done;
    pthread_t workers[SCS_MAX_WORKERS];
    uint32_t num_workers; /* that run */
    bool started;
};

struct scs_opener *scs_opener_new(const struct scs_opener_options *options)
{
    struct scs_opener *o = scs_xcalloc(1, sizeof *o);
    o->options = *options;
    pthread_mutex_init(&o->lock, NULL);
    pthread_cond_init(&o->work_came, NULL);
    pthread_cond_init(&o->job_done, NULL);
    if (scs_keyring_num(options->keys) != 0) {
        o->ciphers = scs_ciphers_new();
    }
    return o;
}

static struct slot *slot_of(struct scs_opener *o, uint64_t number)
{
    return &o->slots[number % SCS_MAX_OPENING];
}

/* ---- workers ------------------------------------------------------------------------------------- */

static void *work(void *arg)
{
    struct scs_opener *o = arg;
    pthread_mutex_lock(&o->lock);
    for (;;) {
        while (o->next == o->newest && !o->ending) {
            pthread_cond_wait(&o->work_came, &o->lock);
        }
        if (o->ending) {
            break;
        }
        struct slot *s = slot_of(o, o->next++);
        pthread_mutex_unlock(&o->lock);
        scs_envelope_work(&s->job, o->options.keys, o->ciphers);
        pthread_mutex_lock(&o->lock);
        s->done = true;
        pthread_cond_signal(&o->job_done);
    }
    pthread_mutex_unlock(&o->lock);
    return NULL;
}

/* Signals are for the main thread, whose reads they interrupt. */
static void start_workers(struct scs_opener *o)
{
    uint32_t wanted = o->options.num_workers;
    sigset_t all, before;
    if (wanted == 0) {
        unsigned processors = scs_platform_processors();
        wanted = processors > 2 ? processors - 1 : 1;
    }
    wanted = wanted < SCS_MAX_WORKERS ? wanted : SCS_MAX_WORKERS;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (o->num_workers < wanted && pthread_create(&o->workers[o->num_workers], NULL, work, o) == 0) {
        o->num_workers++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void end_workers(struct scs_opener *o)
{
    pthread_mutex_lock(&o->lock);
    o->ending = true;
    pthread_cond_broadcast(&o->work_came);
    pthread_mutex_unlock(&o->lock);
    for (uint32_t i = 0; i < o->num_workers; i++) {
        pthread_join(o->workers[i], NULL);
    }
    o->num_workers = 0;
}

void scs_opener_free(struct scs_opener *o)
{
    if (o == NULL) {
        return;
    }
    end_workers(o);
    for (size_t i = 0; i < SCS_MAX_OPENING; i++) {
        scs_envelope_release(&o->slots[i].job);
    }
    scs_ciphers_free(o->ciphers);
    pthread_cond_destroy(&o->work_came);
    pthread_cond_destroy(&o->job_done);
    pthread_mutex_destroy(&o->lock);
    free(o);
}

/* ---- jobs ---------------------------------------------------------------------------------------- */

/* The oldest job becomes facts. Without workers (no thread could be made) it is done here. */
static void conclude_oldest(struct scs_opener *o)
{
    struct slot *s = slot_of(o, o->oldest++);
    if (o->num_workers == 0) {
        scs_envelope_work(&s->job, o->options.keys, o->ciphers);
    } else {
        pthread_mutex_lock(&o->lock);
        while (!s->done) {
            pthread_cond_wait(&o->job_done, &o->lock);
        }
        pthread_mutex_unlock(&o->lock);
    }
    scs_envelope_conclude(&s->job, o->options.keys, o->options.keep);
    if (s->job.opened) {
        struct scs_cursor plain = scs_cursor_of(s->job.plain, s->job.plain_len);
        scs_contents_read(&plain, s->job.facts, o->options.certs, o->options.keep, o->options.signatures);
    }
    scs_envelope_release(&s->job);
    s->done = false;
}

/* The ContentInfo inside the eContent, copied: the bytes it lies in are gone when a worker comes to it. */
static bool copy_content(const struct scs_cursor *bytes, const struct scs_pki_message *m, struct scs_envelope_job *job)
{
    struct scs_cursor c = *bytes;
    struct scs_ber content;
    struct scs_buf joined;
    if (m->at_content.off < c.off || !scs_cursor_skip(&c, m->at_content.off - c.off) || scs_ber_next(&c, &content) != SCS_OK) {
        return false;
    }
    scs_buf_init(&joined, SCS_MAX_INFLATED);
    if ((content.tag & ~SCS_BER_CONSTRUCTED) == SCS_BER_OCTET_STRING) {
        if (scs_ber_string(&content, &joined) != SCS_OK) {
            scs_buf_cleanup(&joined);
            return false;
        }
    } else {
        scs_buf_add(&joined, content.whole.p, content.whole.len); /* PKCS #7 1.5 has no string around it */
    }
    job->bytes = joined.p;
    job->len = joined.len;
    return true;
}

static void add_job(struct scs_opener *o, const struct scs_envelope_job *job)
{
    if (!o->started) {
        o->started = true;
        start_workers(o);
    }
    if (o->newest - o->oldest == SCS_MAX_OPENING) {
        conclude_oldest(o);
    }
    struct slot *s = slot_of(o, o->newest);
    s->job = *job;
    pthread_mutex_lock(&o->lock);
    o->newest++;
    pthread_cond_signal(&o->work_came);
    pthread_mutex_unlock(&o->lock);
}

void scs_opener_add(struct scs_opener *o, const struct scs_cursor *bytes, struct scs_pki_message *m,
                    const struct scs_certificate_list *known, uint32_t num_known)
{
    struct scs_envelope_job job = {.facts = m->envelope};
    if (m->envelope == NULL) {
        return;
    }
    if ((m->flags & SCS_MSG_ENVELOPE_COMPLETE) == 0) {
        m->envelope->why_not = "the message is cut, or damaged, before the end of its envelope";
    } else if (o->ciphers == NULL) {
        m->envelope->why_not = "no key was given";
    } else if (!copy_content(bytes, m, &job)) {
        m->envelope->why_not = "the content around the envelope is damaged";
    } else if (scs_envelope_prepare(&job, o->options.keys, o->ciphers, known, num_known, o->options.keep)) {
        add_job(o, &job);
    } else {
        scs_envelope_release(&job);
    }
}

void scs_opener_finish(struct scs_opener *o)
{
    while (o->oldest != o->newest) {
        conclude_oldest(o);
    }
}
