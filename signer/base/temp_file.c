/* SPDX-License-Identifier: Apache-2.0 */
/* A new file beside the one that it will take the place of. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "signer/base/file.h"
#include "signer/base/limits.h"
#include "signer/base/mem.h"
#include "signer/base/temps.h"
#include "signer/base/text.h"

/* ".NAME.signet-XXXXXXXX" must be a file name: at most 255 bytes on all common file systems. */
#define NAME_ROOM   255
#define NAME_MORE   (1 + 8 + RANDOM_HEX)
#define RANDOM_SIZE 4
#define RANDOM_HEX  (2 * RANDOM_SIZE)

/* Names tried before giving up; a second one is needed once in 2^32 times. */
#define MAX_TRIES 16

/* Length of the name's part that leaves room for the rest; a character is not cut in two. */
static size_t kept_length(const char *name)
{
	size_t len = strlen(name);

	if (len <= NAME_ROOM - NAME_MORE)
		return len;
	len = NAME_ROOM - NAME_MORE;
	while (len > 0 && ((uint8_t)name[len] & 0xc0) == 0x80)
		len--;
	return len;
}

/* A path in the target's directory that no other file is likely to have. */
static int temp_name(const char *target, char **out, struct sgn_error *err)
{
	const char *name = sgn_path_base(target);
	uint8_t random[RANDOM_SIZE];
	char hex[RANDOM_HEX + 1];
	struct sgn_buf path;
	int rc;

	*out = NULL;
	if (getentropy(random, sizeof(random)) != 0)
		return sgn_fail_sys(err, errno, "the system gives no random numbers");
	sgn_hex_encode(random, sizeof(random), hex);
	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_wr_bytes(&path, target, (size_t)(name - target));
	sgn_wr_str(&path, ".");
	sgn_wr_bytes(&path, name, kept_length(name));
	sgn_wr_fmt(&path, ".signet-%s", hex);
	rc = sgn_buf_finish(&path, err, "path");
	if (rc == 0)
		*out = (char *)sgn_buf_take(&path, NULL);
	sgn_buf_dispose(&path);
	return rc;
}

void sgn_temp_forget(char **path)
{
	sgn_temps_forget(*path);
	sgn_free(*path);
	*path = NULL;
}

int sgn_temp_create(const char *target, char **path, int *fd, struct sgn_error *err)
{
	int rc, sys;

	for (int tries = 0; tries < MAX_TRIES; tries++) {
		rc = temp_name(target, path, err);
		if (rc != 0)
			return rc;
		sgn_temps_add(*path);
		do
			*fd = open(*path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
		while (*fd < 0 && errno == EINTR);
		if (*fd >= 0)
			return 0;
		sys = errno;
		sgn_temp_forget(path);
		if (sys == EEXIST)
			continue;
		rc = sgn_fail_sys(err, sys, "cannot create a temporary file beside it");
		if (sys == EACCES || sys == EPERM || sys == EROFS)
			sgn_error_cure(err, rc,
			               "make the folder writable, or choose another "
			               "place for the output");
		return rc;
	}
	return sgn_fail_sys(err, EEXIST, "cannot create a temporary file beside it");
}
