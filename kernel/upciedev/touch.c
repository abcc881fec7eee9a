// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one question for every access of a user: may this file touch that stretch of a BAR?
 *
 * Each path by which users reach registers or the memory of a board has a row here, and asks
 * before it does anything. debugfs upciedev/paths lists the rows: a test tries each of them
 * on guarded registers, and fails for a row that it does not know.
 */
#include <linux/seq_file.h>

#include "compat.h"
#include "internal.h"

static const char * const names[UPCIEDEV_NR_PATHS] = {
	[UPCIEDEV_PATH_POSITION]   = "read and write at a position",
	[UPCIEDEV_PATH_BATCH]	   = "batch",
	[UPCIEDEV_PATH_MAP]	   = "map",
	[UPCIEDEV_PATH_PEER]	   = "transfer from or to a peer",
	[UPCIEDEV_PATH_PEER_RING]  = "ring in a peer",
	[UPCIEDEV_PATH_PLUGIN]	   = "transfer of a plugin from or to a peer",
};

int upciedev_paths_show(struct seq_file *seq, void *unused)
{
	u32 i;

	for (i = 0; i < UPCIEDEV_NR_PATHS; i++)
		seq_printf(seq, "%s\n", names[i]);
	return 0;
}

static u64 reachable_length(const struct upciedev_touch *touch, const struct upciedev_bar *bar)
{
	return touch->path == UPCIEDEV_PATH_MAP ? round_up(bar->length, PAGE_SIZE) : bar->length;
}

/* Calls of an administrator reach what is for administrators alone; engines never do */
static bool as_admin(const struct upciedev_file *file, const struct upciedev_touch *touch)
{
	return file && file->admin && (touch->path == UPCIEDEV_PATH_POSITION ||
				       touch->path == UPCIEDEV_PATH_BATCH);
}

/**
 * upciedev_may_touch() - may it?
 * @device: device
 * @file: file of the device by which the user came, or NULL: a plugin that acts for users
 * @touch: by which path, what, and how
 *
 * Returns 0; -ENXIO: no such BAR; -ERANGE: outside; -EBADF: the file was not opened for this
 * direction; -EPERM: guarded, in whole or in part. Claims and leases change at any moment and
 * are asked where the access happens.
 */
int upciedev_may_touch(const struct upciedev_device *device, const struct upciedev_file *file,
		       const struct upciedev_touch *touch)
{
	const struct upciedev_bar *bar = upciedev_bar(device, touch->bar);
	u64 first = touch->offset, end = touch->offset + touch->length;

	if (file && touch->need & ~upciedev_file_rights(file))
		return touch->path == UPCIEDEV_PATH_MAP ? -EPERM : -EBADF;
	if (!bar)
		return -ENXIO;
	if (!touch->length || touch->offset > bar->length ||
	    touch->length > reachable_length(touch, bar) - touch->offset)
		return -ERANGE;
	if (touch->pages) {
		first = round_down(first, PAGE_SIZE);
		end = min(round_up(end, PAGE_SIZE), bar->length);
	}
	if (touch->need & ~upciedev_rights(device, as_admin(file, touch), touch->bar, first,
					   end - first))
		return -EPERM;
	return 0;
}

/**
 * upciedev_user_check() - may this file touch these registers by a call?
 * @file: open file
 * @path: UPCIEDEV_PATH_*
 * @span: registers
 * @need: UPCIEDEV_AREA_CALL_*
 *
 * Returns 0, or an error of upciedev_may_touch() or upciedev_span_check().
 */
int upciedev_user_check(const struct upciedev_file *file, enum upciedev_path path,
			const struct upciedev_span *span, u32 need)
{
	struct upciedev_touch touch = {
		.path = path, .need = need, .bar = span->bar, .offset = span->offset,
	};
	int err;

	if (need & ~upciedev_file_rights(file))
		return -EBADF;
	err = upciedev_span_check(file->device, span);
	if (err)
		return err;
	touch.length = upciedev_span_bytes(span);
	return upciedev_may_touch(file->device, file, &touch);
}
