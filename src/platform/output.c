/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are written under a temporary name and appear when they are whole. */
#include "platform/platform.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"

struct scs_output {
    FILE *file;
    char *path, *temporary;
    bool force;
};

struct scs_output *scs_output_open(const char *path, bool force, struct scs_error *err)
{
    struct stat st;
    if (lstat(path, &st) == 0 && !force) {
        scs_error_set(err, "%s exists; remove it, or give --force to overwrite it", path);
        return NULL;
    }
    static const char suffix[] = ".XXXXXX";
    size_t len = strlen(path);
    char *temporary = scs_xmalloc(len + sizeof suffix);
    memcpy(temporary, path, len);
    memcpy(temporary + len, suffix, sizeof suffix);
    int fd = mkstemp(temporary); /* mode 0600: reports name people and devices */
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (file == NULL) {
        scs_error_set(err, "%s cannot be written: %s", path, strerror(errno));
        if (fd >= 0) {
            close(fd);
            unlink(temporary);
        }
        free(temporary);
        return NULL;
    }
    struct scs_output *o = scs_xcalloc(1, sizeof *o);
    *o = (struct scs_output){.file = file, .path = scs_xstrdup(path), .temporary = temporary, .force = force};
    return o;
}

FILE *scs_output_file(struct scs_output *o)
{
    return o->file;
}

static void release(struct scs_output *o)
{
    free(o->path);
    free(o->temporary);
    free(o);
}

/* link(2) puts the file in place only if nothing is there; where links do not exist, rename(2) has to do. */
static bool put_in_place(const struct scs_output *o)
{
    if (!o->force) {
        if (link(o->temporary, o->path) == 0) {
            unlink(o->temporary);
            return true;
        }
        if (errno == EEXIST) {
            return false;
        }
    }
    return rename(o->temporary, o->path) == 0;
}

bool scs_output_commit(struct scs_output *o, struct scs_error *err)
{
    bool ok = fflush(o->file) == 0 && ferror(o->file) == 0;
    ok = fclose(o->file) == 0 && ok && put_in_place(o);
    if (!ok) {
        scs_error_set(err, "%s could not be written: %s", o->path, strerror(errno));
        unlink(o->temporary);
    }
    release(o);
    return ok;
}

void scs_output_abandon(struct scs_output *o)
{
    if (o != NULL) {
        fclose(o->file);
        unlink(o->temporary);
        release(o);
    }
}
