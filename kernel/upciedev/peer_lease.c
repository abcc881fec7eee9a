// SPDX-License-Identifier: GPL-2.0-only
/*
 * UPCIEDEV_PEER_LEASE: a part of a window for one program's transfers alone
 *
 * A lease is known by the open file that asked for it: whoever names the board by that
 * file may move there.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/nospec.h>
#include <linux/pid.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "internal.h"

static void lease_free(struct upciedev_lease *lease)
{
	struct upciedev_device *device = lease->board->device;

	mutex_lock(&device->lock);
	list_del(&lease->node);
	mutex_unlock(&device->lock);
	fput(lease->owner_file);
	put_pid(lease->holder);
	kfree(lease);
	upciedev_count(UPCIEDEV_COUNT_PEER_LEASES, -1);
}

static int lease_release(struct inode *inode, struct file *filp)
{
	lease_free(filp->private_data);
	return 0;
}

static __poll_t lease_poll(struct file *filp, struct poll_table_struct *table)
{
	struct upciedev_lease *lease = filp->private_data;

	poll_wait(filp, &lease->board->wait, table);
	return upciedev_gone(lease->board) ? EPOLLERR | EPOLLHUP : 0;
}

static const struct file_operations lease_fops = {
	.owner		= THIS_MODULE,
	.release	= lease_release,
	.poll		= lease_poll,
	.llseek		= noop_llseek,
};

static const struct upciedev_lease *overlapping(const struct upciedev_board *board,
						const struct upciedev_peer_lease *what)
{
	const struct upciedev_lease *lease;

	list_for_each_entry(lease, &board->leases, node)
		if (upciedev_lease_overlaps(lease, what->bar, what->offset, what->length))
			return lease;
	return NULL;
}

static int enter_list(struct upciedev_lease *lease, struct upciedev_peer_lease *what)
{
	struct upciedev_board *board = lease->board;
	const struct upciedev_lease *other;
	int err = 0;

	mutex_lock(&board->device->lock);
	other = overlapping(board, what);
	if (board->device->board != board)
		err = -ENODEV;
	else if (other)
		err = -EBUSY;
	what->holder = other ? pid_vnr(other->holder) : 0;
	if (!err)
		list_add(&lease->node, &board->leases);
	mutex_unlock(&board->device->lock);
	return err;
}

static struct upciedev_lease *lease_create(struct upciedev_file *file,
					   struct upciedev_peer_lease *what)
{
	struct upciedev_lease *lease = kzalloc(sizeof(*lease), GFP_KERNEL_ACCOUNT);
	int err;

	if (!lease)
		return ERR_PTR(-ENOMEM);
	INIT_LIST_HEAD(&lease->node);
	lease->owner_file = get_file(file->filp);
	lease->owner = file;
	lease->board = file->board;
	lease->holder = get_pid(task_tgid(current));
	lease->bar = what->bar;
	lease->offset = what->offset;
	lease->length = what->length;
	upciedev_count(UPCIEDEV_COUNT_PEER_LEASES, 1);
	err = enter_list(lease, what);
	if (!err)
		return lease;
	lease_free(lease);
	return ERR_PTR(err);
}

static int lease_check(const struct upciedev_file *file, const struct upciedev_peer_lease *what)
{
	const struct upciedev_bar *bar = upciedev_bar(file->device, what->bar);

	if (what->bar >= UPCIEDEV_NR_BARS || what->flags || what->reserved32 ||
	    what->reserved33 || !what->length)
		return -EINVAL;
	if (!(file->filp->f_mode & FMODE_WRITE))
		return -EBADF;
	if (!bar || !(bar->flags & UPCIEDEV_BAR_PEER))
		return -ENXIO;
	if (what->offset > bar->length || what->length > bar->length - what->offset)
		return -ERANGE;
	return 0;
}

static struct file *lease_open(struct upciedev_file *file, struct upciedev_peer_lease *what)
{
	struct upciedev_lease *lease = lease_create(file, what);
	struct file *filp;

	if (IS_ERR(lease))
		return ERR_CAST(lease);
	filp = anon_inode_getfile("[upciedev-peer-lease]", &lease_fops, lease, O_RDONLY);
	if (IS_ERR(filp))
		lease_free(lease);
	return filp;
}

static long lease_into(struct upciedev_file *file, struct upciedev_peer_lease *what,
		       struct upciedev_peer_lease __user *arg)
{
	int fd = get_unused_fd_flags(O_CLOEXEC);
	struct file *filp;
	int err = 0;

	if (fd < 0)
		return fd;
	filp = lease_open(file, what);
	if (IS_ERR(filp))
		err = PTR_ERR(filp);
	what->fd = err ? -1 : fd;
	if (copy_to_user(arg, what, sizeof(*what))) {
		if (!err)
			fput(filp);
		err = -EFAULT;
	}
	if (err)
		put_unused_fd(fd);
	else
		fd_install(fd, filp);
	return err;
}

long upciedev_peer_lease(struct upciedev_file *file, struct upciedev_peer_lease __user *arg)
{
	struct upciedev_peer_lease what;
	int err;

	if (copy_from_user(&what, arg, sizeof(what)))
		return -EFAULT;
	err = lease_check(file, &what);
	return err ?: lease_into(file, &what, arg);
}
