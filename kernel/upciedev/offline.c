// SPDX-License-Identifier: GPL-2.0-only
/*
 * UPCIEDEV_OFFLINE: no board for a while, so that its FPGA can be loaded
 *
 * The board ends as before a reset, and its driver stays bound. The file that was handed out
 * brings a board back; closed without that, it leaves none. Nothing is locked in between:
 * resets, unbinding and removal are as possible as ever. The device's lock of the PCI core
 * protects what is said of the device.
 *
 * A link that goes down while an FPGA is loaded is no error: until the board is back, or the
 * file is closed, the port above reports none.
 */
#include <linux/anon_inodes.h>
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "internal.h"

static_assert(sizeof(struct upciedev_offline) == 24);
static_assert(offsetof(struct upciedev_offline, reserved) == 8);
static_assert(sizeof(struct upciedev_online) == 32);
static_assert(offsetof(struct upciedev_online, generation) == 8);

#define LOOK_MS	20	/* for a board that is to come back */

#define REPORTING	(PCI_EXP_DEVCTL_CERE | PCI_EXP_DEVCTL_NFERE | PCI_EXP_DEVCTL_FERE | \
			 PCI_EXP_DEVCTL_URRE)

/* A board by its ids; another image of the FPGA may have others */
struct ids {
	u32 id;
	u32 class_revision;
	u32 subsystem;
};

/* What a port above did with errors, and which it had seen */
struct reports {
	u16 serr;
	u16 control;
	u16 aer;
	u32 uncorrectable;
	u32 correctable;
};

struct offline {
	struct upciedev_device *device;
	struct ids ids;
	bool over;		/* the board is back; PCI device lock */
	struct pci_dev *port;	/* above, whose reports are off; NULL: none */
	struct reports reports;	/* of @port, before */
	struct list_head node;
};

/* Functions of one board share the port above */
static DEFINE_MUTEX(silent_lock);
static LIST_HEAD(silent);

static const struct offline *other_below(const struct pci_dev *port)
{
	const struct offline *other;

	lockdep_assert_held(&silent_lock);
	list_for_each_entry(other, &silent, node)
		if (other->port == port)
			return other;
	return NULL;
}

static void reports_off(struct pci_dev *port, struct reports *before)
{
	u16 bridge;

	pci_read_config_word(port, PCI_BRIDGE_CONTROL, &bridge);
	pcie_capability_read_word(port, PCI_EXP_DEVCTL, &before->control);
	before->serr = bridge & PCI_BRIDGE_CTL_SERR;
	before->control &= REPORTING;
	before->aer = pci_find_ext_capability(port, PCI_EXT_CAP_ID_ERR);
	if (before->aer) {
		pci_read_config_dword(port, before->aer + PCI_ERR_UNCOR_STATUS,
				      &before->uncorrectable);
		pci_read_config_dword(port, before->aer + PCI_ERR_COR_STATUS,
				      &before->correctable);
	}
	pci_write_config_word(port, PCI_BRIDGE_CONTROL, bridge & ~PCI_BRIDGE_CTL_SERR);
	pcie_capability_clear_word(port, PCI_EXP_DEVCTL, REPORTING);
}

/* Bits are cleared by ones: those that were not there before */
static void forget(struct pci_dev *port, int at, u32 before)
{
	u32 now;

	pci_read_config_dword(port, at, &now);
	if (!PCI_POSSIBLE_ERROR(now) && now & ~before)
		pci_write_config_dword(port, at, now & ~before);
}

/* What was seen meanwhile must not be reported along with the next error */
static void reports_on(struct pci_dev *port, const struct reports *before)
{
	u16 bridge;

	pci_read_config_word(port, PCI_BRIDGE_CONTROL, &bridge);
	if (PCI_POSSIBLE_ERROR(bridge))		/* it left */
		return;
	if (before->aer) {
		forget(port, before->aer + PCI_ERR_UNCOR_STATUS, before->uncorrectable);
		forget(port, before->aer + PCI_ERR_COR_STATUS, before->correctable);
	}
	pcie_capability_set_word(port, PCI_EXP_DEVCTL, before->control);
	pci_write_config_word(port, PCI_BRIDGE_CONTROL, bridge | before->serr);
}

/* The caller knows that the port is there */
static void silence(struct offline *offline, struct pci_dev *port)
{
	const struct offline *other;

	if (!port)
		return;
	mutex_lock(&silent_lock);
	other = other_below(port);
	if (other)
		offline->reports = other->reports;
	else
		reports_off(port, &offline->reports);
	offline->port = pci_dev_get(port);
	list_add(&offline->node, &silent);
	mutex_unlock(&silent_lock);
}

/* As well; nothing happens if it reports already */
static void unsilence(struct offline *offline, bool port_is_there)
{
	if (!offline->port)
		return;
	mutex_lock(&silent_lock);
	list_del(&offline->node);
	if (port_is_there && !other_below(offline->port))
		reports_on(offline->port, &offline->reports);
	mutex_unlock(&silent_lock);
	pci_dev_put(offline->port);
	offline->port = NULL;
}

static struct ids read_ids(struct pci_dev *pdev)
{
	struct ids ids = {};

	pci_read_config_dword(pdev, PCI_VENDOR_ID, &ids.id);
	pci_read_config_dword(pdev, PCI_CLASS_REVISION, &ids.class_revision);
	pci_read_config_dword(pdev, PCI_SUBSYSTEM_VENDOR_ID, &ids.subsystem);
	return ids;
}

static int begin(struct upciedev_device *device)
{
	int err;

	device->off = false;
	err = upciedev_reset_device(device);
	if (device->board)	/* which perhaps cannot be reset, and need not */
		err = 0;
	else if (!err || err == -ENOTTY)
		err = -EIO;
	device->off = err != 0;
	return err;
}

/* Gives it its configuration back; another image of its FPGA may have other ids, or BARs */
static bool is_same_board(const struct offline *offline)
{
	struct ids ids = read_ids(offline->device->pdev);

	if (memcmp(&ids, &offline->ids, sizeof(ids)))
		return false;
	upciedev_config_restore(offline->device);
	return !upciedev_any_bar_lost(offline->device);
}

/* Returns EAGAIN while the board does not answer */
static int back(struct offline *offline, u64 *generation)
{
	struct upciedev_device *device = offline->device;
	struct pci_dev *pdev = device->pdev;
	int err;

	device_lock_assert(&pdev->dev);
	if (pci_get_drvdata(pdev) != device)	/* unbound, perhaps removed */
		return -ENODEV;
	if (offline->over)
		return -EALREADY;
	if (!pci_device_is_present(pdev))
		return -EAGAIN;
	if (!is_same_board(offline))
		return pci_device_is_present(pdev) ? -ESTALE : -EAGAIN;
	err = begin(device);
	if (err)
		return err;
	*generation = device->board->generation;
	offline->over = true;
	device->held_off = false;
	unsilence(offline, true);
	return 0;
}

static int wait_for_back(struct offline *offline, u32 timeout_ms, u64 *generation)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(timeout_ms);
	struct pci_dev *pdev = offline->device->pdev;
	struct pci_dev *bridge;
	int err;

	for (;;) {
		bridge = upciedev_lock_for_reset(pdev);
		err = back(offline, generation);
		upciedev_unlock_after_reset(pdev, bridge);
		if (err != -EAGAIN)
			return err;
		if (time_after(jiffies, deadline))
			return -ETIMEDOUT;
		msleep_interruptible(LOOK_MS);
		if (signal_pending(current))
			return -EINTR;
	}
}

static long online(struct offline *offline, struct upciedev_online __user *arg)
{
	struct upciedev_online online;
	u64 generation = 0;
	int err;

	if (copy_from_user(&online, arg, sizeof(online)))
		return -EFAULT;
	if (!online.timeout_ms || online.timeout_ms > UPCIEDEV_ONLINE_MAX_MS || online.flags ||
	    online.reserved[0] || online.reserved[1])
		return -EINVAL;
	err = wait_for_back(offline, online.timeout_ms, &generation);
	if (err)
		return err;
	return put_user(generation, &arg->generation) ? -EFAULT : 0;
}

static long offline_ioctl(struct file *filp, unsigned int command, unsigned long arg)
{
	if (command != UPCIEDEV_ONLINE)
		return -ENOTTY;
	return online(filp->private_data, (void __user *)arg);
}

/*
 * The board stays off. Where the driver has left, the port above may have as well: no port does
 * while removals are locked out.
 */
static int offline_release(struct inode *inode, struct file *filp)
{
	struct offline *offline = filp->private_data;
	struct upciedev_device *device = offline->device;

	device_lock(&device->pdev->dev);
	if (!offline->over)
		device->held_off = false;
	device_unlock(&device->pdev->dev);
	if (offline->port) {
		pci_lock_rescan_remove();
		unsilence(offline, device_is_registered(&offline->port->dev));
		pci_unlock_rescan_remove();
	}
	put_device(&device->dev);
	kfree(offline);
	upciedev_count(UPCIEDEV_COUNT_OFFLINE_FILES, -1);
	return 0;
}

static const struct file_operations offline_fops = {
	.owner		= THIS_MODULE,
	.release	= offline_release,
	.unlocked_ioctl	= offline_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.llseek		= noop_llseek,
};

static struct file *offline_file(struct upciedev_device *device)
{
	struct offline *offline = kzalloc(sizeof(*offline), GFP_KERNEL_ACCOUNT);
	struct file *filp;

	if (!offline)
		return ERR_PTR(-ENOMEM);
	filp = anon_inode_getfile("[upciedev-offline]", &offline_fops, offline, O_RDONLY);
	if (IS_ERR(filp)) {
		kfree(offline);
		return filp;
	}
	offline->device = device;
	offline->over = true;	/* it has not begun */
	get_device(&device->dev);
	upciedev_count(UPCIEDEV_COUNT_OFFLINE_FILES, 1);
	return filp;
}

static int take_off(struct upciedev_file *file, struct offline *offline)
{
	struct upciedev_device *device = file->device;
	struct pci_dev *pdev = device->pdev;

	device_lock_assert(&pdev->dev);
	if (READ_ONCE(device->board) != file->board)
		return -ENODEV;
	if (!upciedev_may_write(file->board, file))
		return -EBUSY;
	offline->ids = read_ids(pdev);
	offline->over = false;
	device->off = true;
	device->held_off = true;
	upciedev_board_end(device);
	upciedev_between_boards(device);
	silence(offline, pci_upstream_bridge(pdev));
	return 0;
}

static int offline_check(const struct upciedev_file *file, const struct upciedev_offline *arg)
{
	if (arg->flags || arg->reserved[0] || arg->reserved[1])
		return -EINVAL;
	if (!(file->filp->f_mode & FMODE_WRITE))
		return -EBADF;
	return file->admin ? 0 : -EPERM;
}

static int offline_begin(struct upciedev_file *file, int fd, struct file *filp,
			 struct upciedev_offline __user *arg)
{
	struct device *dev = &file->device->pdev->dev;
	int err;

	if (put_user(fd, &arg->fd))
		return -EFAULT;
	device_lock(dev);
	err = take_off(file, filp->private_data);
	device_unlock(dev);
	return err;
}

long upciedev_offline(struct upciedev_file *file, struct upciedev_offline __user *arg)
{
	struct upciedev_offline offline;
	struct file *filp;
	int fd, err;

	if (copy_from_user(&offline, arg, sizeof(offline)))
		return -EFAULT;
	err = offline_check(file, &offline);
	if (err)
		return err;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	filp = offline_file(file->device);
	if (IS_ERR(filp)) {
		put_unused_fd(fd);
		return PTR_ERR(filp);
	}
	err = offline_begin(file, fd, filp, arg);
	if (err) {
		put_unused_fd(fd);
		fput(filp);
		return err;
	}
	fd_install(fd, filp);
	return 0;
}
