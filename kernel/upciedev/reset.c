// SPDX-License-Identifier: GPL-2.0-only
/*
 * UPCIEDEV_RESET: back to the state of power-on
 *
 * The PCI core saves and restores the configuration space and calls the driver
 * before and after, which ends the board and begins another one.
 */
#include "compat.h"
#include "internal.h"

static bool current_board(const struct upciedev_file *file)
{
	return READ_ONCE(file->device->board) == file->board;
}

static bool claimed_by_other(const struct upciedev_file *file)
{
	return !upciedev_may_write(file->board, file);
}

/* With the device's lock, so that the board cannot go to another driver meanwhile */
static int reset_locked(struct upciedev_file *file)
{
	int err;

	if (!current_board(file))
		return -ENODEV;
	if (claimed_by_other(file))
		return -EBUSY;
	err = pci_reset_function_locked(file->device->pdev);
	if (err == -ENOTTY)	/* which here is an unknown command */
		return -EOPNOTSUPP;
	if (err)
		return err;
	return READ_ONCE(file->device->board) ? 0 : -EIO;
}

long upciedev_reset(struct upciedev_file *file, unsigned long arg)
{
	struct pci_dev *pdev = file->device->pdev;
	struct pci_dev *bridge = pci_upstream_bridge(pdev);
	int err;

	if (arg)
		return -EINVAL;
	if (!(file->filp->f_mode & FMODE_WRITE))
		return -EBADF;
	/* It may be the bridge that resets what is below it */
	if (bridge)
		pci_dev_lock(bridge);
	pci_dev_lock(pdev);
	err = reset_locked(file);
	pci_dev_unlock(pdev);
	if (bridge)
		pci_dev_unlock(bridge);
	return err;
}
