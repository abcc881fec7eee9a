// SPDX-License-Identifier: GPL-2.0-only
/*
 * Register access: the only file that touches hardware
 *
 * Registers are always reached by single accesses of the asked width, never by
 * memcpy_fromio() and friends, which choose widths of their own.
 *
 * The enable bits of the card's interrupts belong to the driver. It sets and clears them
 * by upciedev_modify(); a user's write, of whatever width and place, leaves them as the
 * hardware has them at that moment, under the same lock.
 */
#include <linux/io.h>
#include <linux/minmax.h>

#include "compat.h"
#include "internal.h"

/*
 * Accesses in one SRCU section: a board that answers only by time-outs (50 ms
 * each) must not hold up its own removal for long.
 */
#define ACCESSES_PER_SECTION	64

static u64 load(const struct upciedev_bar *bar, u64 offset, u32 width)
{
	void __iomem *address = bar->base + offset;

	switch (width) {
	case 8:
		return ioread8(address);
	case 16:
		return ioread16(address);
	case 32:
		return ioread32(address);
	default:
		return readq(address);
	}
}

static void store(const struct upciedev_bar *bar, u64 offset, u32 width, u64 value)
{
	void __iomem *address = bar->base + offset;

	switch (width) {
	case 8:
		iowrite8(value, address);
		break;
	case 16:
		iowrite16(value, address);
		break;
	case 32:
		iowrite32(value, address);
		break;
	default:
		writeq(value, address);
		break;
	}
}

static u64 buffer_get(const void *buffer, u64 index, u32 width)
{
	switch (width) {
	case 8:
		return ((const u8 *)buffer)[index];
	case 16:
		return ((const u16 *)buffer)[index];
	case 32:
		return ((const u32 *)buffer)[index];
	default:
		return ((const u64 *)buffer)[index];
	}
}

static void buffer_put(void *buffer, u64 index, u32 width, u64 value)
{
	switch (width) {
	case 8:
		((u8 *)buffer)[index] = value;
		break;
	case 16:
		((u16 *)buffer)[index] = value;
		break;
	case 32:
		((u32 *)buffer)[index] = value;
		break;
	default:
		((u64 *)buffer)[index] = value;
		break;
	}
}

static u64 span_offset(const struct upciedev_span *span, u64 index)
{
	return span->fixed ? span->offset : span->offset + index * (span->width / 8);
}

/* Does it touch the part of the BAR with the enable bits? */
static bool reaches_kept(const struct upciedev_bar *bar, const struct upciedev_span *span)
{
	return span->offset < bar->kept_end &&
	       bar->kept_start < span->offset + upciedev_span_bytes(span);
}

/* Bits at byte @from as an access that begins at @to has them; they are under 8 bytes apart */
static u64 moved(u64 bits, u64 from, u64 to)
{
	return from >= to ? bits << (8 * (from - to)) : bits >> (8 * (to - from));
}

/* The bits of the register that an access reaches */
static u64 reach(const struct upciedev_kept *kept, u64 offset, u32 width)
{
	if (offset >= kept->offset + kept->width / 8 || kept->offset >= offset + width / 8)
		return 0;
	return moved(GENMASK_ULL(width - 1, 0), offset, kept->offset) &
	       GENMASK_ULL(kept->width - 1, 0);
}

/* As the driver's next modify finds it */
static u64 load_kept(struct upciedev_device *device, const struct upciedev_kept *kept)
{
	lockdep_assert_held(&device->write_lock);
	return kept->unread ? kept->written :
			      load(&device->bars[kept->bar], kept->offset, kept->width);
}

/* What is to be stored for @value: a user's access leaves the enable bits as they are */
static u64 keep_bits(struct upciedev_device *device, const struct upciedev_span *span,
		     u64 offset, u64 value)
{
	struct upciedev_kept *kept;
	u64 reached, mask, bits;

	for (kept = device->kept; kept < device->kept + device->nr_kept; kept++) {
		if (kept->bar != span->bar)
			continue;
		reached = reach(kept, offset, span->width);
		mask = span->file ? reached & kept->mask : 0;
		if (mask) {
			bits = load_kept(device, kept) & mask & ~kept->acting;
			value &= ~moved(mask, kept->offset, offset);
			value |= moved(bits, kept->offset, offset);
		}
		bits = reached ? moved(value, offset, kept->offset) : 0;
		kept->written = (kept->written & ~reached) | (bits & reached);
	}
	return value;
}

/* What a modify begins with; of an unread register that was written last */
static u64 load_old(struct upciedev_device *device, const struct upciedev_bar *bar,
		    const struct upciedev_span *span)
{
	const struct upciedev_kept *kept;

	if (reaches_kept(bar, span))
		for (kept = device->kept; kept < device->kept + device->nr_kept; kept++)
			if (kept->unread && kept->bar == span->bar &&
			    kept->offset == span->offset && kept->width == span->width)
				return kept->written;
	return load(bar, span->offset, span->width);
}

/**
 * upciedev_span_check() - is this a stretch of registers that the device has?
 * @device: device
 * @span: stretch
 *
 * Everything that touches a BAR passes here first. Rights are another matter,
 * see upciedev_user_check().
 */
int upciedev_span_check(const struct upciedev_device *device,
			const struct upciedev_span *span)
{
	const struct upciedev_bar *bar;

	if (span->width != 8 && span->width != 16 &&
	    span->width != 32 && span->width != 64)
		return -EINVAL;
	if (span->bar >= UPCIEDEV_NR_BARS || !span->count || span->count > U32_MAX ||
	    span->offset % (span->width / 8))
		return -EINVAL;
	bar = upciedev_bar(device, span->bar);
	if (!bar)
		return -ENXIO;
	if (span->offset > bar->length ||
	    upciedev_span_bytes(span) > bar->length - span->offset)
		return -ERANGE;
	return 0;
}

static void read_some(const struct upciedev_bar *bar, const struct upciedev_span *span,
		      void *buffer, u64 index, u64 end)
{
	for (; index < end; index++)
		buffer_put(buffer, index, span->width,
			   load(bar, span_offset(span, index), span->width));
}

static void write_some(struct upciedev_device *device, const struct upciedev_bar *bar,
		       const struct upciedev_span *span, const void *buffer,
		       u64 index, u64 end)
{
	bool keeps = reaches_kept(bar, span);
	unsigned long flags;
	u64 offset, value;

	for (; index < end; index++) {
		offset = span_offset(span, index);
		value = buffer_get(buffer, index, span->width);
		spin_lock_irqsave(&device->write_lock, flags);
		if (keeps)
			value = keep_bits(device, span, offset, value);
		store(bar, offset, span->width, value);
		spin_unlock_irqrestore(&device->write_lock, flags);
	}
}

/* The caller has checked the span */
int upciedev_span_read(struct upciedev_board *board,
		       const struct upciedev_span *span, void *buffer)
{
	struct upciedev_device *device = board->device;
	const struct upciedev_bar *bar = upciedev_bar(device, span->bar);
	u64 index, end;
	bool gone;
	int section;

	for (index = 0; index < span->count; index = end) {
		end = min(index + ACCESSES_PER_SECTION, span->count);
		section = srcu_read_lock(&device->srcu);
		gone = upciedev_out_of_reach(board, span->file);
		if (!gone)
			read_some(bar, span, buffer, index, end);
		srcu_read_unlock(&device->srcu, section);
		if (gone)
			return -ENODEV;
	}
	return 0;
}

static int refuse_write(const struct upciedev_board *board, const struct upciedev_span *span)
{
	if (upciedev_out_of_reach(board, span->file))
		return -ENODEV;
	return upciedev_may_write(board, span->file) ? 0 : -EBUSY;
}

/* The caller has checked the span */
int upciedev_span_write(struct upciedev_board *board,
			const struct upciedev_span *span, const void *buffer)
{
	struct upciedev_device *device = board->device;
	const struct upciedev_bar *bar = upciedev_bar(device, span->bar);
	u64 index, end;
	int section, err;

	for (index = 0; index < span->count; index = end) {
		end = min(index + ACCESSES_PER_SECTION, span->count);
		section = srcu_read_lock(&device->srcu);
		err = refuse_write(board, span);
		if (!err)
			write_some(device, bar, span, buffer, index, end);
		srcu_read_unlock(&device->srcu, section);
		if (err)
			return err;
	}
	return 0;
}

/* The caller has checked the span, which is one register */
int upciedev_span_get(struct upciedev_board *board, const struct upciedev_span *span, u64 *value)
{
	u64 buffer = 0;
	int err = upciedev_span_read(board, span, &buffer);

	*value = buffer_get(&buffer, 0, span->width);
	return err;
}

/* The caller has checked the span, which is one register */
int upciedev_span_put(struct upciedev_board *board, const struct upciedev_span *span, u64 value)
{
	u64 buffer = 0;

	buffer_put(&buffer, 0, span->width, value);
	return upciedev_span_write(board, span, &buffer);
}

/* The caller has checked the span, which is one register */
int upciedev_span_modify(struct upciedev_board *board,
			 const struct upciedev_span *span,
			 u64 mask, u64 value, u64 *old)
{
	struct upciedev_device *device = board->device;
	const struct upciedev_bar *bar = upciedev_bar(device, span->bar);
	unsigned long flags;
	int section, err;

	section = srcu_read_lock(&device->srcu);
	err = refuse_write(board, span);
	if (!err) {
		spin_lock_irqsave(&device->write_lock, flags);
		*old = load_old(device, bar, span);
		value = (*old & ~mask) | (value & mask);
		if (reaches_kept(bar, span))
			value = keep_bits(device, span, span->offset, value);
		store(bar, span->offset, span->width, value);
		spin_unlock_irqrestore(&device->write_lock, flags);
	}
	srcu_read_unlock(&device->srcu, section);
	return err;
}

int upciedev_read_block(struct upciedev_board *board, u32 bar, u64 offset,
			u32 width, bool fixed, void *buffer, u64 count)
{
	struct upciedev_span span = { bar, width, offset, count, fixed };
	int err = upciedev_span_check(board->device, &span);

	return err ?: upciedev_span_read(board, &span, buffer);
}
EXPORT_SYMBOL_UPCIEDEV(upciedev_read_block);

int upciedev_write_block(struct upciedev_board *board, u32 bar, u64 offset,
			 u32 width, bool fixed, const void *buffer, u64 count)
{
	struct upciedev_span span = { bar, width, offset, count, fixed };
	int err = upciedev_span_check(board->device, &span);

	return err ?: upciedev_span_write(board, &span, buffer);
}
EXPORT_SYMBOL_UPCIEDEV(upciedev_write_block);

int upciedev_read(struct upciedev_board *board, u32 bar, u64 offset,
		  u32 width, u64 *value)
{
	struct upciedev_span span = { bar, width, offset, 1, false };
	int err = upciedev_span_check(board->device, &span);

	*value = 0;
	return err ?: upciedev_span_get(board, &span, value);
}
EXPORT_SYMBOL_UPCIEDEV(upciedev_read);

int upciedev_write(struct upciedev_board *board, u32 bar, u64 offset,
		   u32 width, u64 value)
{
	struct upciedev_span span = { bar, width, offset, 1, false };
	int err = upciedev_span_check(board->device, &span);

	return err ?: upciedev_span_put(board, &span, value);
}
EXPORT_SYMBOL_UPCIEDEV(upciedev_write);

int upciedev_modify(struct upciedev_board *board, u32 bar, u64 offset,
		    u32 width, u64 mask, u64 value, u64 *old)
{
	struct upciedev_span span = { bar, width, offset, 1, false };
	int err = upciedev_span_check(board->device, &span);

	return err ?: upciedev_span_modify(board, &span, mask, value, old);
}
EXPORT_SYMBOL_UPCIEDEV(upciedev_modify);
