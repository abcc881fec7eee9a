// SPDX-License-Identifier: GPL-2.0-only
/*
 * The node of a board: /dev/upciedev/<pci address>
 *
 * Every device has two minors: the even one is this native node, the odd one is
 * kept for the node of a legacy personality.
 *
 * Read and write at a position are naturally aligned 32-bit accesses.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/io.h>
#include <linux/minmax.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "internal.h"

#define MAX_DEVICES	1024
#define MINORS		2	/* of one device */

/* Bytes between two copies from or to user space; lives on the stack */
#define COPY_CHUNK	256

static dev_t first_node;
static DEFINE_IDA(indices);

/* The caller holds the lock, which keeps the card's module from leaving */
static int file_attach(struct upciedev_device *device, struct upciedev_file *file)
{
	lockdep_assert_held(&device->lock);
	if (!device->board || upciedev_gone(device->board) || !try_module_get(device->owner))
		return -ENODEV;
	file->device = device;
	file->board = device->board;
	kref_get(&file->board->ref);
	list_add(&file->node, &device->files);
	return 0;
}

static int upciedev_open(struct inode *inode, struct file *filp)
{
	struct upciedev_device *device;
	struct upciedev_file *file;
	int err;

	device = container_of(inode->i_cdev, struct upciedev_device, cdev);
	file = kzalloc(sizeof(*file), GFP_KERNEL_ACCOUNT);
	if (!file)
		return -ENOMEM;
	file->filp = filp;
	file->opener = get_pid(task_tgid(current));
	file->admin = upciedev_opens_as_admin();
	mutex_lock(&device->lock);
	err = file_attach(device, file);
	mutex_unlock(&device->lock);
	if (err) {
		put_pid(file->opener);
		kfree(file);
		return err;
	}
	filp->private_data = file;
	upciedev_count(UPCIEDEV_COUNT_FILES, 1);
	return 0;
}

static int upciedev_release(struct inode *inode, struct file *filp)
{
	struct upciedev_file *file = filp->private_data;
	struct upciedev_device *device = file->device;

	mutex_lock(&device->lock);
	list_del(&file->node);
	mutex_unlock(&device->lock);
	upciedev_board_put(file->board);
	put_pid(file->opener);
	kfree(file);
	upciedev_count(UPCIEDEV_COUNT_FILES, -1);
	module_put(device->owner);
	return 0;
}

static int copy_piece(struct upciedev_board *board, const struct upciedev_span *piece,
		      bool write, char __user *user)
{
	u64 buffer[COPY_CHUNK / sizeof(u64)];
	size_t bytes = piece->count * (piece->width / 8);
	int err;

	if (write) {
		if (copy_from_user(buffer, user, bytes))
			return -EFAULT;
		return upciedev_span_write(board, piece, buffer);
	}
	err = upciedev_span_read(board, piece, buffer);
	if (err)
		return err;
	return copy_to_user(user, buffer, bytes) ? -EFAULT : 0;
}

/**
 * upciedev_copy_span() - move registers from or to user space
 * @board: board
 * @span: registers, checked by upciedev_user_check()
 * @write: to the board
 * @partial: a part is of use, so that any signal may end it; else only a fatal one
 * @user: user buffer
 * @done: bytes moved, also on error
 */
int upciedev_copy_span(struct upciedev_board *board, const struct upciedev_span *span,
		       bool write, bool partial, char __user *user, u64 *done)
{
	u32 step = span->width / 8;
	struct upciedev_span piece = *span;
	u64 index;
	int err;

	*done = 0;
	if (!access_ok(user, span->count * step))
		return -EFAULT;
	for (index = 0; index < span->count; index += piece.count) {
		if (index && (partial ? signal_pending(current) : fatal_signal_pending(current)))
			return -EINTR;
		piece.count = min_t(u64, span->count - index, COPY_CHUNK / step);
		piece.offset = span->offset + (span->fixed ? 0 : index * step);
		err = copy_piece(board, &piece, write, user + index * step);
		if (err)
			return err;
		*done += piece.count * step;
		cond_resched();
	}
	return 0;
}

static ssize_t transfer(struct file *filp, char __user *user, size_t count,
			loff_t *ppos, bool write)
{
	struct upciedev_file *file = filp->private_data;
	u32 need = write ? UPCIEDEV_AREA_CALL_WRITE : UPCIEDEV_AREA_CALL_READ;
	struct upciedev_span span = {
		.bar = (u64)*ppos >> UPCIEDEV_BAR_SHIFT,
		.width = 32,
		.offset = *ppos & (BIT_ULL(UPCIEDEV_BAR_SHIFT) - 1),
		.count = count / sizeof(u32),
		.file = file,
	};
	u64 done;
	int err;

	if (upciedev_gone(file->board))
		return -ENODEV;
	if (!count)
		return 0;
	if (count % sizeof(u32))
		return -EINVAL;
	err = upciedev_user_check(file, UPCIEDEV_PATH_POSITION, &span, need);
	if (err)
		return err;
	err = upciedev_copy_span(file->board, &span, write, true, user, &done);
	*ppos += done;
	return done ? (ssize_t)done : err;
}

/* Works on a file whose board has gone: that is what it tells */
static ssize_t read_status(struct upciedev_file *file, char __user *user, size_t count,
			   loff_t *ppos)
{
	loff_t offset = *ppos - UPCIEDEV_POS_STATUS;
	ssize_t done = simple_read_from_buffer(user, count, &offset, file->board->status,
					       sizeof(*file->board->status));

	if (done > 0)
		*ppos += done;
	return done;
}

static ssize_t upciedev_fop_read(struct file *filp, char __user *user, size_t count,
				 loff_t *ppos)
{
	if (*ppos >= UPCIEDEV_POS_STATUS)
		return read_status(filp->private_data, user, count, ppos);
	return transfer(filp, user, count, ppos, false);
}

static ssize_t upciedev_fop_write(struct file *filp, const char __user *user, size_t count,
				  loff_t *ppos)
{
	if (*ppos >= UPCIEDEV_POS_STATUS)
		return -EPERM;
	return transfer(filp, (char __user *)user, count, ppos, true);
}

static loff_t upciedev_llseek(struct file *filp, loff_t offset, int whence)
{
	return generic_file_llseek_size(filp, offset, whence, LLONG_MAX, 0);
}

static const struct file_operations upciedev_fops = {
	.owner		= THIS_MODULE,
	.open		= upciedev_open,
	.release	= upciedev_release,
	.llseek		= upciedev_llseek,
	.read		= upciedev_fop_read,
	.write		= upciedev_fop_write,
	.unlocked_ioctl	= upciedev_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.mmap		= upciedev_mmap,
};

/* An open node of a board; release it with fput() */
struct file *upciedev_board_file(int fd)
{
	struct file *filp = fget(fd);

	if (!filp)
		return ERR_PTR(-EBADF);
	if (filp->f_op == &upciedev_fops)
		return filp;
	fput(filp);
	return ERR_PTR(-EINVAL);
}

static char *upciedev_devnode(UPCIEDEV_DEVNODE_CONST struct device *dev, umode_t *mode)
{
	if (mode)
		*mode = 0660;
	return kasprintf(GFP_KERNEL, "upciedev/%s", dev_name(dev));
}

static struct class upciedev_class = {
	.name		= "upciedev",
	.dev_groups	= upciedev_groups,
	.devnode	= upciedev_devnode,
};

static void device_free(struct device *dev)
{
	struct upciedev_device *device = container_of(dev, struct upciedev_device, dev);

	ida_free(&indices, device->index);
	cleanup_srcu_struct(&device->srcu);
	pci_dev_put(device->pdev);
	kfree(device->config);
	kfree(device->windows);
	kfree(device->kept);
	kfree(device);
	upciedev_count(UPCIEDEV_COUNT_DEVICES, -1);
}

/* Free it with put_device() */
struct upciedev_device *upciedev_device_alloc(struct pci_dev *pdev)
{
	struct upciedev_device *device = kzalloc(sizeof(*device), GFP_KERNEL);
	int err = -ENOMEM;

	if (!device)
		return ERR_PTR(-ENOMEM);
	err = init_srcu_struct(&device->srcu);
	if (err)
		goto free;
	device->index = ida_alloc_max(&indices, MAX_DEVICES - 1, GFP_KERNEL);
	if (device->index < 0) {
		err = device->index;
		goto cleanup_srcu;
	}
	spin_lock_init(&device->write_lock);
	upciedev_containment_init(device);
	INIT_WORK(&device->reset_work, upciedev_reset_work);
	mutex_init(&device->lock);
	INIT_LIST_HEAD(&device->files);
	device->pdev = pci_dev_get(pdev);
	device_initialize(&device->dev);
	device->dev.class = &upciedev_class;
	device->dev.parent = &pdev->dev;
	device->dev.release = device_free;
	device->dev.devt = MKDEV(MAJOR(first_node),
				 MINOR(first_node) + MINORS * device->index);
	upciedev_count(UPCIEDEV_COUNT_DEVICES, 1);
	return device;

cleanup_srcu:
	cleanup_srcu_struct(&device->srcu);
free:
	kfree(device);
	return ERR_PTR(err);
}

static void chardev_remove(void *data)
{
	struct upciedev_device *device = data;

	upciedev_peer_remove(device);
	cdev_device_del(&device->cdev, &device->dev);
}

int upciedev_chardev_add(struct upciedev_device *device)
{
	int err = dev_set_name(&device->dev, "%s", pci_name(device->pdev));

	if (err)
		return err;
	cdev_init(&device->cdev, &upciedev_fops);
	device->cdev.owner = THIS_MODULE;
	err = cdev_device_add(&device->cdev, &device->dev);
	if (err)
		return err;
	upciedev_peer_add(device);
	return devm_add_action_or_reset(&device->pdev->dev, chardev_remove, device);
}

int upciedev_chardev_init(void)
{
	int err = class_register(&upciedev_class);

	if (err)
		return err;
	err = alloc_chrdev_region(&first_node, 0, MAX_DEVICES * MINORS, "upciedev");
	if (err)
		class_unregister(&upciedev_class);
	return err;
}

void upciedev_chardev_exit(void)
{
	unregister_chrdev_region(first_node, MAX_DEVICES * MINORS);
	class_unregister(&upciedev_class);
	ida_destroy(&indices);
}
