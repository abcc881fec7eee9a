// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests/abi/peer_plugin_test.cpp: transfers between boards that a module starts. Write
 *
 *	root slot channel offset  root slot bar offset  length timeout_ms
 *
 * to "transfer"; a slot of 4294967295 is the board of last time, which is held since.
 * "result" then tells: done route reason.
 */
#include <linux/moduleparam.h>
#include <linux/upciedev.h>

#define HELD	U32_MAX

static struct upciedev_board *from, *to;
static struct upciedev_peer_result result;

static void release(struct upciedev_board **board)
{
	if (*board)
		upciedev_board_release(*board);
	*board = NULL;
}

static void find(struct upciedev_board **board, u32 root, u32 slot)
{
	if (slot == HELD)
		return;
	release(board);
	*board = upciedev_board_find(0, root, slot);
}

static int transfer_set(const char *text, const struct kernel_param *param)
{
	struct upciedev_peer_request request = {};
	u32 from_root, from_slot, to_root, to_slot;

	if (sscanf(text, "%u %u %u %llu %u %u %u %llu %llu %u", &from_root, &from_slot,
		   &request.channel, &request.offset, &to_root, &to_slot, &request.bar,
		   &request.peer_offset, &request.length, &request.timeout_ms) != 10)
		return -E2BIG;
	find(&from, from_root, from_slot);
	find(&to, to_root, to_slot);
	if (!from || !to)
		return -ENOENT;
	request.from = from;
	request.to = to;
	return upciedev_peer_transfer(&request, &result);
}

static int result_get(char *text, const struct kernel_param *param)
{
	return sysfs_emit(text, "%llu %u %u\n", result.done, result.route, result.reason);
}

static const struct kernel_param_ops transfer_ops = { .set = transfer_set };
module_param_cb(transfer, &transfer_ops, NULL, 0200);
MODULE_PARM_DESC(transfer, "Does one, see the source");

static const struct kernel_param_ops result_ops = { .get = result_get };
module_param_cb(result, &result_ops, NULL, 0400);
MODULE_PARM_DESC(result, "Of the last transfer");

static int __init peers_init(void)
{
	return 0;
}
module_init(peers_init);

static void __exit peers_exit(void)
{
	release(&from);
	release(&to);
}
module_exit(peers_exit);

MODULE_INFO(import_ns, "UPCIEDEV");
MODULE_DESCRIPTION("Test of transfers between boards that a plugin starts");
MODULE_AUTHOR("The upciedev authors");
MODULE_LICENSE("GPL");
