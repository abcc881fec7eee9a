// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/test_bridge: counters, faults, and hands that pull boards
 */
#include <linux/debugfs.h>
#include <linux/module.h>

#include "bridge.h"

static struct dentry *folder;

static int present_get(void *data, u64 *value)
{
	const struct hb_function *board = data;

	*value = board->present;
	return 0;
}

static int present_set(void *data, u64 value)
{
	if (value)
		hb_plug(data);
	else
		hb_pull(data);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(present, present_get, present_set, "%llu\n");

static void slot_create(u32 i)
{
	struct hb_function *board = hb_board(i);
	struct dentry *slot;
	char name[16];

	snprintf(name, sizeof(name), "slot%u", board->slot);
	slot = debugfs_create_dir(name, folder);
	debugfs_create_file("present", 0600, slot, board, &present);
	debugfs_create_bool("runs_on", 0600, slot, &board->runs_on);
	debugfs_create_bool("no_flr", 0600, slot, &board->no_flr);
	debugfs_create_u16("image", 0600, slot, &board->image);
	debugfs_create_u64("landed", 0400, slot, &board->landed);
	debugfs_create_u64("through_switch", 0400, slot, &board->through_switch);
	debugfs_create_u64("through_root", 0400, slot, &board->through_root);
	debugfs_create_u64("to_memory", 0400, slot, &board->to_memory);
	debugfs_create_u64("unsupported", 0400, slot, &board->unsupported);
	debugfs_create_u64("port_unsupported", 0400, slot, &hb_port(i)->unsupported);
}

void hb_control_create(void)
{
	u32 i;

	folder = debugfs_create_dir("test_bridge", NULL);
	debugfs_create_bool("root_passes", 0600, folder, &hb_root_passes);
	debugfs_create_u64("root_unsupported", 0400, folder, &hb_root_unsupported);
	debugfs_create_u64("switch_unsupported", 0400, folder, &hb_upstream->unsupported);
	for (i = 0; i < HB_SLOTS; i++)
		slot_create(i);
}

void hb_control_free(void)
{
	debugfs_remove(folder);
}
