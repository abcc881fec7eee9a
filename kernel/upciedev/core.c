// SPDX-License-Identifier: GPL-2.0-only
/*
 * upciedev - base driver: card plugins, and the PCI side of a board's life
 */
#include <linux/slab.h>

#include "compat.h"
#include "internal.h"

static void device_put(void *data)
{
	struct upciedev_device *device = data;

	put_device(&device->dev);
}

static void board_end(void *data)
{
	upciedev_board_end(data);
}

static struct upciedev_device *device_create_for(struct pci_dev *pdev)
{
	struct pci_driver *driver = to_pci_driver(pdev->dev.driver);
	struct upciedev_device *device = upciedev_device_alloc(pdev);
	int err;

	if (IS_ERR(device))
		return device;
	err = devm_add_action_or_reset(&pdev->dev, device_put, device);
	if (err)
		return ERR_PTR(err);
	device->plugin = container_of(driver, struct upciedev_plugin, driver);
	device->card = device->plugin->card;
	device->owner = driver->driver.owner;
	device->slot = upciedev_find_slot(pdev);
	device->root = upciedev_find_root(pdev);
	pci_set_drvdata(pdev, device);
	return device;
}

/* All undone by devres, in reverse order */
static int upciedev_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct upciedev_device *device = device_create_for(pdev);
	int err;

	if (IS_ERR(device))
		return PTR_ERR(device);
	err = upciedev_bars_init(device);
	if (err)
		return err;
	err = upciedev_guards_init(device);
	if (err)
		return err;
	err = upciedev_board_begin(device);
	if (err)
		return dev_err_probe(&pdev->dev, err, "not a working %s\n",
				     device->card->name);
	err = devm_add_action_or_reset(&pdev->dev, board_end, device);
	if (err)
		return err;
	pci_save_state(pdev);
	return upciedev_chardev_add(device);
}

/* First of all make the board gone; devres does the rest */
static void upciedev_remove(struct pci_dev *pdev)
{
	upciedev_board_end(pci_get_drvdata(pdev));
}

static void board_again(struct pci_dev *pdev)
{
	int err = upciedev_board_begin(pci_get_drvdata(pdev));

	if (err)
		pci_err(pdev, "did not come back: %d; bind it again\n", err);
}

static int upciedev_suspend(struct device *dev)
{
	upciedev_board_end(dev_get_drvdata(dev));
	return 0;
}

static int upciedev_resume(struct device *dev)
{
	board_again(to_pci_dev(dev));
	return 0;
}

static DEFINE_SIMPLE_DEV_PM_OPS(upciedev_pm, upciedev_suspend, upciedev_resume);

static pci_ers_result_t upciedev_error_detected(struct pci_dev *pdev,
						pci_channel_state_t state)
{
	upciedev_board_end(pci_get_drvdata(pdev));
	if (state == pci_channel_io_perm_failure)
		return PCI_ERS_RESULT_DISCONNECT;
	if (state == pci_channel_io_frozen)
		return PCI_ERS_RESULT_NEED_RESET;
	return PCI_ERS_RESULT_CAN_RECOVER;
}

static pci_ers_result_t upciedev_slot_reset(struct pci_dev *pdev)
{
	pci_restore_state(pdev);
	pci_save_state(pdev);
	return PCI_ERS_RESULT_RECOVERED;
}

static void upciedev_reset_prepare(struct pci_dev *pdev)
{
	upciedev_board_end(pci_get_drvdata(pdev));
}

static const struct pci_error_handlers upciedev_error_handlers = {
	.error_detected	= upciedev_error_detected,
	.slot_reset	= upciedev_slot_reset,
	.resume		= board_again,
	.reset_prepare	= upciedev_reset_prepare,
	.reset_done	= board_again,
};

/* A card is data, but wrong data must not become a hole in the guards */
static bool card_valid(const struct upciedev_card *card)
{
	const struct upciedev_guard *guard;

	if (!card->name || strlen(card->name) >= sizeof_field(struct upciedev_board_info, card))
		return false;
	for (guard = card->guards; guard < card->guards + card->nr_guards; guard++)
		if (guard->bar >= UPCIEDEV_NR_BARS || !guard->length ||
		    guard->offset + guard->length < guard->offset)
			return false;
	return true;
}

struct upciedev_plugin *upciedev_register_card(u32 abi, size_t size,
					       const struct upciedev_card *card,
					       const struct pci_device_id *ids,
					       struct module *owner,
					       const char *name, bool unguard)
{
	struct upciedev_plugin *plugin;
	int err;

	if (abi != UPCIEDEV_CARD_ABI || size != sizeof(*card)) {
		pr_err("%s: built for another upciedev (ABI %u, not %u); build it again\n",
		       name, abi, UPCIEDEV_CARD_ABI);
		return ERR_PTR(-ENOEXEC);
	}
	if (!card_valid(card)) {
		pr_err("%s: its name is too long or a guard is no window\n", name);
		return ERR_PTR(-EINVAL);
	}
	plugin = kzalloc(sizeof(*plugin), GFP_KERNEL);
	if (!plugin)
		return ERR_PTR(-ENOMEM);
	plugin->card = card;
	plugin->unguard = unguard;
	plugin->driver.name = name;
	plugin->driver.id_table = ids;
	plugin->driver.probe = upciedev_probe;
	plugin->driver.remove = upciedev_remove;
	plugin->driver.err_handler = &upciedev_error_handlers;
	plugin->driver.driver.pm = pm_sleep_ptr(&upciedev_pm);
	err = __pci_register_driver(&plugin->driver, owner, name);
	if (err) {
		kfree(plugin);
		return ERR_PTR(err);
	}
	return plugin;
}
UPCIEDEV_EXPORT(upciedev_register_card);

void upciedev_unregister_card(struct upciedev_plugin *plugin)
{
	pci_unregister_driver(&plugin->driver);
	kfree(plugin);
}
UPCIEDEV_EXPORT(upciedev_unregister_card);

static int __init upciedev_init(void)
{
	int err = upciedev_chardev_init();

	if (!err)
		upciedev_counters_init();
	return err;
}
module_init(upciedev_init);

static void __exit upciedev_exit(void)
{
	upciedev_counters_exit();
	upciedev_chardev_exit();
}
module_exit(upciedev_exit);

MODULE_DESCRIPTION("Universal PCIe driver for MicroTCA crates");
MODULE_AUTHOR("The upciedev authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(UPCIEDEV_VERSION);
