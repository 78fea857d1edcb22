/** Sound and picture belong together: a page flashes and beeps, the outputs are measured. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { Chromium, pageState } from './support/browser.mjs';
import { Gateway } from './support/gateway.mjs';
import { Pages } from './support/pages.mjs';
import { copyWithFfmpeg, scratch } from './support/players.mjs';
import { audioVideoOffset } from './support/probe.mjs';
import { suite } from './support/suite.mjs';

const { test, shared } = suite(import.meta.url);

const tolerance = 0.06; // s, between beep and flash
const pages = shared(() => Pages.serve());
const chromium = shared(() => Chromium.start());

test('sound and picture are together in HLS and in the MP4', async (t) => {
    const gateway = await Gateway.start();
    t.defer(() => gateway.close());
    const { folder, close } = scratch();
    t.defer(close);
    const page = await (
        await chromium()
    ).open((await pages()).url(`sync.html?whip=${encodeURIComponent(`${gateway.url}/whip/sync`)}`));
    await pageState(page, 'live');
    await gateway.live('sync');
    await gateway.listed('sync', 2);
    const hls = join(folder, 'hls.ts');
    await copyWithFfmpeg(`${gateway.url}/live/sync/index.m3u8`, hls, 10, [
        '-live_start_index',
        '0',
    ]);
    await page.context().close();
    const recording = await gateway.finished('sync');
    const mp4 = join(folder, 'recording.mp4');
    writeFileSync(mp4, Buffer.from(await (await fetch(gateway.url + recording.url)).arrayBuffer()));
    const offsets = { hls: await audioVideoOffset(hls), mp4: await audioVideoOffset(mp4) };
    console.log(
        `   beep − flash: HLS ${(offsets.hls * 1000).toFixed(0)} ms, MP4 ${(offsets.mp4 * 1000).toFixed(0)} ms`,
    );
    assert.ok(Math.abs(offsets.hls) <= tolerance, `HLS: ${offsets.hls} s`);
    assert.ok(Math.abs(offsets.mp4) <= tolerance, `MP4: ${offsets.mp4} s`);
});
