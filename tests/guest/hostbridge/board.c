// SPDX-License-Identifier: GPL-2.0-only
/*
 * A board: registers that a thread looks at, and the engine that they start
 *
 * There is plain memory behind the registers, so nothing happens at the moment of an
 * access, and none is lost: START and ABORT stay until the engine takes them.
 */
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/kthread.h>
#include <linux/module.h>

#include "bridge.h"

/* Registers as in peer.yaml */
#define ID		0x00
#define HOST		0x80
#define OFFSET		0x88
#define LENGTH		0x8c
#define CONTROL		0x90
#define STATUS		0x94

#define OUR_ID		0x54425231
#define START		0x1
#define ABORT		0x2
#define AT_ONCE		16	/* requests, then it looks again */

static struct task_struct *thread;
static DEFINE_MUTEX(turn);	/* of the thread, and of hands that pull and plug */

static void clear_registers(struct hb_function *board, void __iomem *regs)
{
	board->busy = false;
	memset_io(regs, 0, HB_REGS_BYTES);
	writel(OUR_ID, regs + ID);
}

/*
 * A function level reset, under hb_lock. The engine forgets once it looks, and until then
 * the registers have no ID.
 */
void hb_reset(struct hb_function *board)
{
	void __iomem *regs = hb_behind(board, HB_REGS_BAR);

	if (regs)
		writel(0, regs + ID);
	hb_board_config(board);
	board->reset = true;
}

static bool to_be_reset(struct hb_function *board)
{
	unsigned long flags;
	bool reset;

	raw_spin_lock_irqsave(&hb_lock, flags);
	reset = board->reset;
	board->reset = false;
	raw_spin_unlock_irqrestore(&hb_lock, flags);
	return reset;
}

static void take_job(struct hb_function *board, void __iomem *regs)
{
	board->host = readl(regs + HOST) | (u64)readl(regs + HOST + 4) << 32;
	board->offset = readl(regs + OFFSET);
	board->length = readl(regs + LENGTH);
	board->done = 0;
	board->busy = true;
}

static void finish(struct hb_function *board, void __iomem *regs, u32 status)
{
	board->busy = false;
	writel(status, regs + STATUS);
	writel(0, regs + CONTROL);
}

static bool out_of_memory(const struct hb_function *board)
{
	return board->offset > HB_MEMORY_BYTES || board->length > HB_MEMORY_BYTES - board->offset;
}

static bool send_one(struct hb_function *board, void __iomem *memory,
		     const struct hb_iommu *iommu)
{
	struct hb_request request = { .address = board->host + board->done };

	request.at_root = hb_iommu_translate(iommu, request.address);
	request.is_memory = hb_is_memory(request.at_root);
	request.length = min_t(u32, board->length - board->done,
			       HB_REQUEST - request.address % HB_REQUEST);
	memcpy_fromio(request.data, memory + board->offset + board->done, request.length);
	if (!hb_emit(board, &request))
		return false;
	board->done += request.length;
	if (board->runs_on && board->done == board->length)
		board->done = 0;
	return true;
}

static void send_some(struct hb_function *board, void __iomem *memory)
{
	struct hb_iommu iommu = hb_iommu_get(board);
	u32 i;

	for (i = 0; i < AT_ONCE && board->done < board->length; i++)
		if (!send_one(board, memory, &iommu))
			break;
	hb_iommu_put(&iommu);
}

static void run(struct hb_function *board, void __iomem *regs, void __iomem *memory)
{
	if (out_of_memory(board)) {
		finish(board, regs, 1);
		return;
	}
	send_some(board, memory);
	if (board->done == board->length)
		finish(board, regs, 0);
}

static void look_at(struct hb_function *board)
{
	void __iomem *regs = hb_bar(board, HB_REGS_BAR), *memory = hb_bar(board, HB_MEMORY_BAR);
	u32 control;

	if (!regs || !memory)
		return;
	if (to_be_reset(board) || readl(regs + ID) != OUR_ID)
		clear_registers(board, regs);
	control = readl(regs + CONTROL);
	if (control & ABORT && !board->runs_on) {
		finish(board, regs, 0);
		return;
	}
	if (!board->busy && control & START)
		take_job(board, regs);
	if (board->busy)
		run(board, regs, memory);
}

static int look(void *nothing)
{
	u32 i;

	while (!kthread_should_stop()) {
		mutex_lock(&turn);
		for (i = 0; i < HB_SLOTS; i++)
			look_at(hb_board(i));
		mutex_unlock(&turn);
		usleep_range(50, 100);
	}
	return 0;
}

int hb_engines_start(void)
{
	thread = kthread_run(look, NULL, "test_bridge");
	return PTR_ERR_OR_ZERO(thread);
}

void hb_engines_stop(void)
{
	kthread_stop(thread);
}

static void change_presence(struct hb_function *board, bool present)
{
	struct hb_function *port = board->up;
	u32 status = HB_EXP + PCI_EXP_SLTSTA;
	unsigned long flags;

	raw_spin_lock_irqsave(&hb_lock, flags);
	board->present = present;
	hb_board_config(board);
	board->reset = true;
	hb_link(port, present);
	hb_put16(port, status, hb_get16(port, status) | PCI_EXP_SLTSTA_PDC | PCI_EXP_SLTSTA_DLLSC);
	hb_line_check(port);
	raw_spin_unlock_irqrestore(&hb_lock, flags);
}

/* The CPU reads ones from a board that is not there */
static void blank(const struct hb_function *board)
{
	void __iomem *regs = hb_bar(board, HB_REGS_BAR), *memory = hb_bar(board, HB_MEMORY_BAR);

	if (regs)
		memset_io(regs, 0xff, HB_REGS_BYTES);
	if (memory)
		memset_io(memory, 0xff, HB_MEMORY_BYTES);
}

/* By surprise: the slot's port tells */
void hb_pull(struct hb_function *board)
{
	mutex_lock(&turn);
	if (board->present) {
		blank(board);
		change_presence(board, false);
	}
	mutex_unlock(&turn);
}

void hb_plug(struct hb_function *board)
{
	mutex_lock(&turn);
	if (!board->present)
		change_presence(board, true);
	mutex_unlock(&turn);
}
