/** Publishing and stopping, again and again: how fast it starts, and that nothing stays behind. */

import { Gateway } from '../../e2e/support/gateway.mjs';
import { descriptorsOf } from '../../e2e/support/pipelines.mjs';
import { median, quantile } from '../../e2e/support/probe.mjs';
import { Publisher } from '../../e2e/support/publisher.mjs';
import { until } from '../../e2e/support/wait.mjs';
import { row } from '../table.mjs';
import { footprint } from '../usage.mjs';

const warmUp = 10; // cycles before the first look

/** Publishes until the first HLS entry is there, and stops. {answer, entry} in ms after the POST. */
async function cycle(gateway, stream, toFirstEntry) {
    const publisher = await Publisher.start(gateway, stream);
    try {
        const offered = await publisher.event('offered');
        const { ms } = await publisher.event('answered');
        let entry = null;
        if (toFirstEntry) {
            await gateway.listed(stream, 1);
            entry = Date.now() - offered.at;
        } else {
            await gateway.live(stream);
        }
        return { answer: ms, entry };
    } finally {
        await publisher.close();
        await until('end of the stream', async () => !(await gateway.stream(stream)));
    }
}

/** What is left once everything has ended but the spare. */
async function settled(gateway) {
    await until(
        'finished recordings',
        async () => (await gateway.recordings()).every(({ state }) => state === 'finished'),
        { within: 60_000 },
    );
    await until('the spare alone', () => gateway.pipelines().length === 1);
    await until('idle connections to go', () => descriptorsOf(gateway.pid) < 60, {
        within: 60_000,
    }).catch(() => {});
    return footprint(gateway.pid);
}

function reportGrowth(first, last, cycles) {
    const grown = last.memory - first.memory;
    row({
        figure: `gateway after ${cycles} publish/stop cycles`,
        value: `${last.memory.toFixed(1)} MB, ${last.threads} threads, ${last.descriptors} descriptors`,
        yardstick: `after ${warmUp}: ${first.memory.toFixed(1)} MB, ${first.threads}, ${first.descriptors}`,
        aim: 'flat; one spare',
        met: grown < 1.5 && last.threads <= first.threads && last.descriptors <= first.descriptors,
    });
}

export async function start(cycles) {
    const gateway = await Gateway.start();
    try {
        const answers = [];
        const entries = [];
        let first = null;
        for (let n = 0; n < cycles; ++n) {
            const measured = n < 20; // under a name whose playlist holds nothing from before
            const { answer, entry } = await cycle(
                gateway,
                measured ? `new${n}` : `cycle${n % 3}`,
                measured,
            );
            answers.push(answer);
            if (entry !== null) entries.push(entry);
            if (n === warmUp - 1) first = await settled(gateway);
        }
        row({
            figure: 'POST to answer',
            value: `p50 ${median(answers).toFixed(0)} ms, p95 ${quantile(answers, 0.95).toFixed(0)} ms`,
            aim: 'p95 ≤ 150 ms',
            met: quantile(answers, 0.95) <= 150,
        });
        row({
            figure: 'POST to first HLS entry',
            value: `median ${(median(entries) / 1000).toFixed(2)} s`,
            yardstick: 'peers 2.2 to 12 s',
            aim: '≤ 2.2 s',
            met: median(entries) <= 2_200,
        });
        reportGrowth(first, await settled(gateway), cycles);
    } finally {
        await gateway.close();
    }
}

export async function soak(minutes) {
    const gateway = await Gateway.start();
    try {
        const end = performance.now() + minutes * 60_000;
        let first = null;
        let cycles = 0;
        while (performance.now() < end || cycles <= warmUp) {
            await cycle(gateway, `soak${cycles % 3}`, cycles % 5 === 0);
            ++cycles;
            if (cycles === warmUp) first = await settled(gateway);
            if (cycles % 50 === 0)
                console.log(`${cycles} cycles: ${JSON.stringify(footprint(gateway.pid))}`);
        }
        reportGrowth(first, await settled(gateway), cycles);
    } finally {
        await gateway.close();
    }
}
