// SPDX-License-Identifier: GPL-2.0-only
/*
 * Boards that their driver left before they could be reset
 *
 * An engine that was cut off goes on once a driver sets Bus Master. What a device owes is
 * forgotten with it, so what a board owes is kept here, by its address, from driver to
 * driver and as long as this module is loaded. A board that was exchanged meanwhile is
 * reset once for nothing.
 */
#include <linux/xarray.h>

#include "compat.h"
#include "internal.h"

static DEFINE_XARRAY(owed);

static unsigned long address_of(struct pci_dev *pdev)
{
	return (unsigned long)pci_domain_nr(pdev->bus) << 16 | pci_dev_id(pdev);
}

static void unreserve(void *pdev)
{
	xa_release(&owed, address_of(pdev));
}

/* At probe: the entry that remove() may need is there from now on */
int upciedev_owed_init(struct upciedev_device *device)
{
	struct pci_dev *pdev = device->pdev;
	int err;

	err = xa_reserve(&owed, address_of(pdev), GFP_KERNEL);
	if (err)
		return err;
	if (xa_load(&owed, address_of(pdev)))
		upciedev_cut_off(device);
	return devm_add_action_or_reset(&pdev->dev, unreserve, pdev);
}

/* The driver leaves a board that has no channel open any more */
void upciedev_owed_keep(const struct upciedev_device *device, bool owes)
{
	unsigned long address = address_of(device->pdev);

	if (owes)
		xa_store(&owed, address, xa_mk_value(0), GFP_KERNEL);
	else
		xa_erase(&owed, address);
}

void upciedev_owed_exit(void)
{
	xa_destroy(&owed);
}
