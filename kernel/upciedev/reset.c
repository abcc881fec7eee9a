// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resets: UPCIEDEV_RESET, and those of boards whose engine did not stop
 *
 * The PCI core saves and restores the configuration space and calls the driver
 * before and after, which ends the board and begins another one. It calls after a
 * failed reset as well, and a reset by power management leaves some boards as they
 * were: where a board was cut off only the function that asked for the reset knows
 * whether it counts, so here the board begins after the PCI core has returned.
 */
#include "compat.h"
#include "internal.h"

/* No removal waits for it: a reset waits for the lock that a removal holds */
static struct workqueue_struct *resets;

int upciedev_resets_init(void)
{
	resets = alloc_workqueue("upciedev_resets", WQ_UNBOUND, 0);
	return resets ? 0 : -ENOMEM;
}

/* The devices are gone, and each work holds its own */
void upciedev_resets_exit(void)
{
	destroy_workqueue(resets);
}

/* The work finds out by itself whether there is still something to do */
void upciedev_reset_soon(struct upciedev_device *device)
{
	get_device(&device->dev);
	if (!queue_work(resets, &device->reset_work))
		put_device(&device->dev);
}

static bool current_board(const struct upciedev_file *file)
{
	return READ_ONCE(file->device->board) == file->board;
}

static bool claimed_by_other(const struct upciedev_file *file)
{
	return !upciedev_may_write(file->board, file);
}

/* The PCI core falls back on it; it proves nothing */
static bool resets_by_power(struct pci_dev *pdev)
{
	u16 control;

	if (!pdev->pm_cap)
		return false;
	pci_read_config_word(pdev, pdev->pm_cap + PCI_PM_CTRL, &control);
	return !(control & PCI_PM_CTRL_NO_SOFT_RESET);
}

/*
 * The caller holds both locks of upciedev_lock_for_reset(). Returns 0 if there is a board again;
 * ENOTTY if it cannot be reset, whether there is one or not.
 */
int upciedev_reset_device(struct upciedev_device *device)
{
	struct pci_dev *pdev = device->pdev;
	enum upciedev_reset_proof proof;
	int err;

	device_lock_assert(&pdev->dev);
	device->resetting = true;
	err = pci_reset_function_locked(pdev);
	device->resetting = false;
	if (err && device->board)	/* it did not even try */
		return err;
	if (err == -ENOTTY) {		/* nothing was reset */
		upciedev_board_again(device, UPCIEDEV_NO_PROOF);
		return err;
	}
	if (err) {
		upciedev_lose(device);
		return err;
	}
	proof = resets_by_power(pdev) ? UPCIEDEV_NO_PROOF : UPCIEDEV_PROOF_RESET;
	return upciedev_board_again(device, proof);
}

/* With the device's lock, so that the board cannot go to another driver meanwhile */
static int reset_locked(struct upciedev_file *file)
{
	int err;

	if (!current_board(file))
		return -ENODEV;
	if (claimed_by_other(file))
		return -EBUSY;
	err = upciedev_reset_device(file->device);
	if (err == -ENOTTY)	/* which here is an unknown command */
		return -EOPNOTSUPP;
	return err;
}

/* It may be the bridge that resets what is below it; returns the bridge */
struct pci_dev *upciedev_lock_for_reset(struct pci_dev *pdev)
{
	struct pci_dev *bridge = pci_upstream_bridge(pdev);

	if (bridge)
		pci_dev_lock(bridge);
	pci_dev_lock(pdev);
	return bridge;
}

void upciedev_unlock_after_reset(struct pci_dev *pdev, struct pci_dev *bridge)
{
	pci_dev_unlock(pdev);
	if (bridge)
		pci_dev_unlock(bridge);
}

/* Nothing happens if the driver has left meanwhile, or another reset was faster */
void upciedev_reset_work(struct work_struct *work)
{
	struct upciedev_device *device = container_of(work, struct upciedev_device, reset_work);
	struct pci_dev *pdev = device->pdev;
	struct pci_dev *bridge = upciedev_lock_for_reset(pdev);
	int err = 0;

	if (pci_get_drvdata(pdev) == device && !device->off &&
	    upciedev_owes_reset(device)) {
		err = upciedev_reset_device(device);
		if (err)
			upciedev_board_end(device);
	}
	upciedev_unlock_after_reset(pdev, bridge);
	if (err)
		pci_err(pdev, "cannot be reset (%d): switch it off and on\n", err);
	put_device(&device->dev);
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
	bridge = upciedev_lock_for_reset(pdev);
	err = reset_locked(file);
	upciedev_unlock_after_reset(pdev, bridge);
	return err;
}
