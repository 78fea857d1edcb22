/** What the relay costs: time to connect, processor, delay, each beside the direct path of the same run. */

import { Chromium, pageState } from '../../e2e/support/browser.mjs';
import { Gateway } from '../../e2e/support/gateway.mjs';
import { Pages } from '../../e2e/support/pages.mjs';
import { median } from '../../e2e/support/probe.mjs';
import { Publisher, relayAddress } from '../../e2e/support/publisher.mjs';
import { reach, until } from '../../e2e/support/wait.mjs';
import { row } from '../table.mjs';
import { load } from '../usage.mjs';
import { agesByRtp } from './latency.mjs';

const publishes = 15; // by each way
const settling = 10_000; // ms until a browser's rate has grown
const streamRate = 2.5; // Mbit/s of make_media.sh

const throughRelay = { relay: { policy: 'relay' } };
const direct = { relay: { embedded: 'no' } };

/** Runs in the broadcaster's page: ms from the press of Publish to "live". */
function timeToLive() {
    const began = performance.now();
    return new Promise((resolve, reject) => {
        new MutationObserver(() => {
            const { state } = document.body.dataset;
            if (state === 'live') resolve(performance.now() - began);
            if (state === 'error') reject(new Error(document.getElementById('state').innerText));
        }).observe(document.body, { attributeFilter: ['data-state'] });
        document.getElementById('publish').click();
    });
}

/** The ways in turn, so that whatever else the machine does disturbs both. */
export async function connecting() {
    const gateways = await Promise.all(
        [direct, throughRelay].map((settings) => Gateway.start({ settings })),
    );
    const chromium = await Chromium.start();
    const times = [[], []];
    try {
        const pages = await Promise.all(
            gateways.map(({ url }) => chromium.open(`${url}/publish/quick?source=test`)),
        );
        for (let n = 0; n <= publishes; ++n) {
            for (const [way, page] of pages.entries()) {
                const took = await page.evaluate(timeToLive);
                if (n > 0) times[way].push(took); // the first one loads what the others have
                await page.click('#stop');
                await pageState(page, 'stopped');
                await until(
                    'end of the stream',
                    async () => !(await gateways[way].stream('quick')),
                );
            }
        }
    } finally {
        await chromium.close();
        for (const gateway of gateways) await gateway.close();
    }
    const [near, far] = times.map(median);
    row({
        figure: 'publish to connected, through the relay',
        value: `median ${far.toFixed(0)} ms`,
        yardstick: `direct ${near.toFixed(0)} ms`,
        ratio: `${(far - near).toFixed(0)} ms more`,
        aim: '≤ 300 ms more',
        met: far - near <= 300,
    });
}

export async function processor(seconds) {
    const gateway = await Gateway.start();
    try {
        const publisher = await Publisher.start(gateway, 'relayed', {
            file: 'h264.mkv',
            options: ['--relay', await relayAddress(gateway, 'relayed')],
        });
        try {
            await gateway.live('relayed');
            const cores = await load([gateway.relay()], seconds);
            row({
                figure: `relay, a stream of ${streamRate} Mbit/s`,
                value: `${cores.toFixed(3)} cores`,
            });
        } finally {
            await publisher.close();
        }
    } finally {
        await gateway.close();
    }
}

/** Median age in ms of the pictures that leave by RTP. */
async function age(chromium, pages, settings, watching) {
    const gateway = await Gateway.start({ settings });
    try {
        const ice = JSON.stringify(await gateway.json('/api/v1/ice?stream=glass'));
        const query = new URLSearchParams({ whip: `${gateway.url}/whip/glass`, ice });
        const page = await chromium.open(pages.url(`clock.html?${query}`));
        await pageState(page, 'live');
        await gateway.live('glass');
        await reach(performance.now() + settling);
        const ages = await agesByRtp(gateway, 'glass', watching);
        await page.context().close();
        return median(ages);
    } finally {
        await gateway.close();
    }
}

export async function glass(watching) {
    const pages = await Pages.serve();
    const chromium = await Chromium.start();
    try {
        const near = await age(chromium, pages, direct, watching);
        const far = await age(chromium, pages, throughRelay, watching);
        row({
            figure: 'glass to RTP output through the relay',
            value: `median ${far} ms`,
            yardstick: `direct ${near} ms`,
            ratio: `${far - near} ms more`,
            aim: '≤ 10 ms more',
            met: far - near <= 10,
        });
    } finally {
        await chromium.close();
        await pages.close();
    }
}
