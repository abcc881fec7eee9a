// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many objects are alive: debugfs upciedev/counters
 *
 * All of them return to zero once the plugins are unloaded and the files and
 * maps closed; tests read them before they unload the base driver, which
 * complains itself if one does not.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "compat.h"
#include "internal.h"

static const char * const names[UPCIEDEV_NR_COUNTERS] = {
	[UPCIEDEV_COUNT_DEVICES]	   = "devices",
	[UPCIEDEV_COUNT_BOARDS]		   = "boards",
	[UPCIEDEV_COUNT_FILES]		   = "files",
	[UPCIEDEV_COUNT_LEASES]		   = "leases",
	[UPCIEDEV_COUNT_OFFLINE_FILES]	   = "offline_files",
	[UPCIEDEV_COUNT_IRQ_FILES]	   = "irq_files",
	[UPCIEDEV_COUNT_EVENT_RINGS]	   = "event_rings",
	[UPCIEDEV_COUNT_CHANNELS]	   = "dma_files",
	[UPCIEDEV_COUNT_PEER_LEASES]	   = "peer_leases",
	[UPCIEDEV_COUNT_RING_PAGES]	   = "ring_pages",
	[UPCIEDEV_COUNT_PINNED_PAGES]	   = "pinned_pages",
	[UPCIEDEV_COUNT_MAPS]		   = "maps",
	[UPCIEDEV_COUNT_STATUS_PAGES]	   = "status_pages",
	[UPCIEDEV_COUNT_REPLACEMENT_PAGES] = "replacement_pages",
};

static atomic_t counters[UPCIEDEV_NR_COUNTERS];
static struct dentry *directory;

void upciedev_count(enum upciedev_counter which, int change)
{
	atomic_add(change, &counters[which]);
}

static int counters_show(struct seq_file *seq, void *unused)
{
	int i;

	for (i = 0; i < UPCIEDEV_NR_COUNTERS; i++)
		seq_printf(seq, "%s %d\n", names[i], atomic_read(&counters[i]));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(counters);

static int paths_show(struct seq_file *seq, void *unused)
{
	return upciedev_paths_show(seq, unused);
}
DEFINE_SHOW_ATTRIBUTE(paths);

void upciedev_counters_init(void)
{
	directory = debugfs_create_dir("upciedev", NULL);
	debugfs_create_file("counters", 0444, directory, NULL, &counters_fops);
	debugfs_create_file("paths", 0444, directory, NULL, &paths_fops);
}

void upciedev_counters_exit(void)
{
	int i;

	debugfs_remove_recursive(directory);
	for (i = 0; i < UPCIEDEV_NR_COUNTERS; i++)
		if (atomic_read(&counters[i]))
			pr_err("upciedev: leak: %d %s at unload\n",
			       atomic_read(&counters[i]), names[i]);
}
