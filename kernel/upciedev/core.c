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
	struct upciedev_device *device = upciedev_device_alloc(pdev);
	int err;

	if (IS_ERR(device))
		return device;
	err = devm_add_action_or_reset(&pdev->dev, device_put, device);
	if (err)
		return ERR_PTR(err);
	device->plugin = container_of(to_pci_driver(pdev->dev.driver),
				      struct upciedev_driver, pci)->plugin;
	device->card = device->plugin->card;
	device->owner = device->plugin->owner;
	device->slot = upciedev_find_slot(pdev);
	device->root = upciedev_find_root(pdev);
	device->host_bridge = upciedev_find_host_bridge(pdev);
	pci_set_drvdata(pdev, device);
	return device;
}

/*
 * One that was cut off under another driver is reset first. Where that takes its bus, and so locks
 * that probe does not have, the board begins after that.
 */
static int first_board(struct upciedev_device *device)
{
	int err;

	if (!upciedev_owes_reset(device))
		return upciedev_board_begin(device);
	err = upciedev_board_again(device, UPCIEDEV_NO_PROOF);
	if (!err || !upciedev_owes_reset(device))
		return err;
	upciedev_reset_soon(device);
	return 0;
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
	err = upciedev_irqs_check(device);
	if (err)
		return err;
	err = upciedev_kept_init(device);
	if (err)
		return err;
	err = upciedev_dma_check(device);
	if (err)
		return err;
	err = upciedev_owed_init(device);
	if (err)
		return err;
	err = first_board(device);
	if (err)
		return dev_err_probe(&pdev->dev, err, "not a working %s\n",
				     device->card->name);
	err = devm_add_action_or_reset(&pdev->dev, board_end, device);
	if (err)
		return err;
	return upciedev_chardev_add(device);
}

/*
 * First of all make the board gone; devres does the rest. An engine that was cut off must
 * not go on when the next driver sets Bus Master.
 */
static void upciedev_remove(struct pci_dev *pdev)
{
	struct upciedev_device *device = pci_get_drvdata(pdev);
	bool owes;

	upciedev_board_end(device);
	owes = upciedev_owes_reset(device) && pci_device_is_present(pdev) &&
	       upciedev_reset_function(pdev) == UPCIEDEV_NO_PROOF;
	upciedev_owed_keep(device, owes);
	if (owes)
		pci_err(pdev, "not reset: its DMA goes on if another driver than upciedev lets it\n");
}

/**
 * upciedev_board_again() - begin a board after the last one has ended
 * @device: device, whose PCI device is locked
 * @proof: that the board has been reset since, as far as the caller knows
 *
 * Returns 0, or why there is no board: ENODEV if it was taken offline.
 */
int upciedev_board_again(struct upciedev_device *device, enum upciedev_reset_proof proof)
{
	struct pci_dev *pdev = device->pdev;
	int err = -EIO;

	device_lock_assert(&pdev->dev);
	if (device->off)
		return -ENODEV;
	if (proof == UPCIEDEV_NO_PROOF && upciedev_owes_reset(device))
		proof = upciedev_reset_function(pdev);
	if (!upciedev_settle(device, proof))
		return err;
	err = upciedev_board_begin(device);
	if (err)
		pci_err(pdev, "did not come back: %d; bind it again\n", err);
	return err;
}

/* A board that was cut off and has no function level reset is reset with its bus */
static void board_again(struct pci_dev *pdev)
{
	struct upciedev_device *device = pci_get_drvdata(pdev);

	if (upciedev_board_again(device, UPCIEDEV_NO_PROOF) && upciedev_owes_reset(device))
		upciedev_reset_soon(device);
}

/*
 * The caller of a reset of ours knows more, and begins the board itself. A reset by others brings
 * back a board that was left off.
 */
static void upciedev_reset_done(struct pci_dev *pdev)
{
	struct upciedev_device *device = pci_get_drvdata(pdev);

	if (!device->held_off)
		device->off = false;
	if (!device->resetting)
		board_again(pdev);
}

static void between_boards(struct upciedev_device *device)
{
	upciedev_board_end(device);
	upciedev_between_boards(device);
}

/* Neither thawing nor waking from a light sleep has reset the board */
static int upciedev_suspend(struct device *dev)
{
	between_boards(dev_get_drvdata(dev));
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
	struct upciedev_device *device = pci_get_drvdata(pdev);

	between_boards(device);
	device->link_reset = state == pci_channel_io_frozen;
	if (state == pci_channel_io_perm_failure)
		return PCI_ERS_RESULT_DISCONNECT;
	if (state == pci_channel_io_frozen || upciedev_owes_reset(device))
		return PCI_ERS_RESULT_NEED_RESET;
	return PCI_ERS_RESULT_CAN_RECOVER;
}

/* Kernels before 7 call this for an error that is not fatal, too, and reset nothing then */
static pci_ers_result_t upciedev_slot_reset(struct pci_dev *pdev)
{
	struct upciedev_device *device = pci_get_drvdata(pdev);

	pci_restore_state(pdev);
	if (device->link_reset)
		upciedev_settle(device, UPCIEDEV_PROOF_LINK);
	return PCI_ERS_RESULT_RECOVERED;
}

static void upciedev_reset_prepare(struct pci_dev *pdev)
{
	between_boards(pci_get_drvdata(pdev));
}

static const struct pci_error_handlers upciedev_error_handlers = {
	.error_detected	= upciedev_error_detected,
	.slot_reset	= upciedev_slot_reset,
	.resume		= board_again,
	.reset_prepare	= upciedev_reset_prepare,
	.reset_done	= upciedev_reset_done,
};

static bool channel_valid(const struct upciedev_card *card, const struct upciedev_card_dma *dma)
{
	bool tells_end = dma->irq >= 0 || dma->busy.width || (dma->ops && dma->ops->running);

	return dma->name && strlen(dma->name) < sizeof_field(struct upciedev_dma_info, name) &&
	       is_power_of_2(dma->alignment) && dma->alignment <= PAGE_SIZE &&
	       dma->max_length >= dma->alignment && !(dma->memory & (dma->alignment - 1)) &&
	       dma->irq < (int)card->nr_irqs &&
	       dma->irq >= -1 && dma->address_bits && dma->address_bits <= 64 && tells_end &&
	       (!dma->ops || (dma->ops->start && dma->ops->max_pieces));
}

/* Open entries stand alone, and those of a BAR ascend without meeting each other */
static bool open_valid(const struct upciedev_card *card, const struct upciedev_guard *guard)
{
	const struct upciedev_guard *other;

	if (guard->flags != UPCIEDEV_GUARD_OPEN || guard->period)
		return false;
	for (other = card->guards; other < guard; other++)
		if (other->flags & UPCIEDEV_GUARD_OPEN && other->bar == guard->bar &&
		    other->offset + other->length > guard->offset)
			return false;
	return true;
}

static bool guards_valid(const struct upciedev_card *card)
{
	const struct upciedev_guard *guard;

	for (guard = card->guards; guard < card->guards + card->nr_guards; guard++) {
		if (guard->bar >= UPCIEDEV_NR_BARS || !guard->length ||
		    guard->offset + guard->length < guard->offset ||
		    guard->flags & ~UPCIEDEV_GUARD_ALL ||
		    (guard->period && guard->period < guard->length))
			return false;
		if (guard->flags & UPCIEDEV_GUARD_OPEN && !open_valid(card, guard))
			return false;
	}
	return true;
}

/* A card is data, but wrong data must not become a hole in the guards */
static bool card_valid(const struct upciedev_card *card)
{
	const struct upciedev_card_irq *irq;
	const struct upciedev_card_dma *dma;

	if (!card->name || strlen(card->name) >= sizeof_field(struct upciedev_board_info, card) ||
	    card->nr_irqs > UPCIEDEV_MAX_CAUSES || card->nr_dmas > UPCIEDEV_MAX_CHANNELS)
		return false;
	if (!guards_valid(card))
		return false;
	for (irq = card->irqs; irq < card->irqs + card->nr_irqs; irq++)
		if (!irq->name || irq->vector >= UPCIEDEV_MAX_CARD_VECTORS)
			return false;
	for (dma = card->dmas; dma < card->dmas + card->nr_dmas; dma++)
		if (!channel_valid(card, dma))
			return false;
	return true;
}

static struct upciedev_driver *driver_alloc(const struct upciedev_plugin *plugin)
{
	struct upciedev_driver *driver = kzalloc(sizeof(*driver), GFP_KERNEL);

	if (!driver)
		return NULL;
	driver->plugin = plugin;
	driver->pci.name = plugin->name;
	driver->pci.id_table = plugin->ids;
	driver->pci.probe = upciedev_probe;
	driver->pci.remove = upciedev_remove;
	driver->pci.err_handler = &upciedev_error_handlers;
	driver->pci.driver.pm = pm_sleep_ptr(&upciedev_pm);
	return driver;
}

int upciedev_register_card(struct upciedev_plugin *plugin)
{
	int err;

	/* Nothing else of a plugin from another time means what it seems to */
	if (plugin->abi != UPCIEDEV_CARD_ABI || plugin->size != sizeof(*plugin->card)) {
		pr_err("upciedev: a card plugin has ABI %u and a card of %u bytes, not %u and %zu: build it for this upciedev\n",
		       plugin->abi, plugin->size, UPCIEDEV_CARD_ABI, sizeof(*plugin->card));
		return -ENOEXEC;
	}
	if (!card_valid(plugin->card)) {
		pr_err("%s: the card's name is too long, a guard is empty, or an interrupt or a DMA channel unheard of\n",
		       plugin->name);
		return -EINVAL;
	}
	plugin->driver = driver_alloc(plugin);
	if (!plugin->driver)
		return -ENOMEM;
	err = __pci_register_driver(&plugin->driver->pci, plugin->owner, plugin->name);
	if (err)
		kfree(plugin->driver);
	return err;
}
EXPORT_SYMBOL_UPCIEDEV(upciedev_register_card);

void upciedev_unregister_card(struct upciedev_plugin *plugin)
{
	pci_unregister_driver(&plugin->driver->pci);
	kfree(plugin->driver);
}
EXPORT_SYMBOL_UPCIEDEV(upciedev_unregister_card);

static int __init upciedev_init(void)
{
	int err;

	err = upciedev_resets_init();
	if (err)
		return err;
	err = upciedev_chardev_init();
	if (err)
		upciedev_resets_exit();
	else
		upciedev_counters_init();
	return err;
}
module_init(upciedev_init);

static void __exit upciedev_exit(void)
{
	upciedev_resets_exit();
	upciedev_owed_exit();
	upciedev_counters_exit();
	upciedev_chardev_exit();
}
module_exit(upciedev_exit);

MODULE_DESCRIPTION("Universal PCIe driver for MicroTCA crates");
MODULE_AUTHOR("The upciedev authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(UPCIEDEV_VERSION);
