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
	upciedev_master_allow(file->device);
	return READ_ONCE(file->device->board) ? 0 : -EIO;
}

/* It may be the bridge that resets what is below it; returns the bridge */
static struct pci_dev *lock_both(struct pci_dev *pdev)
{
	struct pci_dev *bridge = pci_upstream_bridge(pdev);

	if (bridge)
		pci_dev_lock(bridge);
	pci_dev_lock(pdev);
	return bridge;
}

static void unlock_both(struct pci_dev *pdev, struct pci_dev *bridge)
{
	pci_dev_unlock(pdev);
	if (bridge)
		pci_dev_unlock(bridge);
}

/* Of a board whose engine did not stop; nothing happens if it has left meanwhile */
void upciedev_reset_work(struct work_struct *work)
{
	struct upciedev_board *board = container_of(work, struct upciedev_board, reset_work);
	struct upciedev_device *device = board->device;
	struct pci_dev *pdev = device->pdev;
	struct pci_dev *bridge = lock_both(pdev);
	int err = 0;

	if (READ_ONCE(device->board) == board) {
		err = pci_reset_function_locked(pdev);
		if (err)
			upciedev_board_end(device);
		else
			upciedev_master_allow(device);
	}
	unlock_both(pdev, bridge);
	if (err)
		pci_err(pdev, "cannot be reset (%d): switch it off and on\n", err);
	upciedev_board_put(board);
}

long upciedev_reset(struct upciedev_file *file, unsigned long arg)
{
	struct pci_dev *pdev = file->device->pdev;
	struct pci_dev *bridge;
	int err;

	if (arg)
		return -EINVAL;
	if (!(file->filp->f_mode & FMODE_WRITE))
		return -EBADF;
	bridge = lock_both(pdev);
	err = reset_locked(file);
	unlock_both(pdev, bridge);
	return err;
}
