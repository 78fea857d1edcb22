/** Chromium, by playwright-core. */

import { chromium } from 'playwright-core';

const executable = process.env.CHROMIUM ?? '/usr/bin/chromium';

export class Chromium {
    /** On a `host` of network.mjs, where pages of the origins `secure` may do what others may by https only. */
    static async start({ args = [], host = null, secure = [] } = {}) {
        const self = new Chromium();
        self.browser = await chromium.launch({
            executablePath: host?.executable(executable) ?? executable,
            args: [
                '--no-sandbox',
                '--autoplay-policy=no-user-gesture-required',
                '--use-fake-ui-for-media-stream',
                '--use-fake-device-for-media-stream',
                `--unsafely-treat-insecure-origin-as-secure=${secure.join(',')}`,
                ...args,
            ],
        });
        return self;
    }

    /**
     * A page of its own context; its errors are kept in page.complaints, and requests that the console calls failed
     * in page.failedRequests.
     */
    async open(url, { ignoreHTTPSErrors = false } = {}) {
        const context = await this.browser.newContext({ ignoreHTTPSErrors });
        const page = await context.newPage();
        page.complaints = [];
        page.failedRequests = [];
        page.on('console', (message) => {
            if (message.type() !== 'error') return;
            const list = message.text().startsWith('Failed to load') ? 'failedRequests' : 'complaints';
            page[list].push(`${message.text()} ${message.location().url}`);
        });
        page.on('pageerror', (error) => page.complaints.push(error.message));
        await page.goto(url);
        return page;
    }

    async close() {
        await this.browser.close();
    }
}

/** Waits until the page's body has that data-state; fails at once when it says 'error'. */
export async function pageState(page, state, within = 20_000) {
    const handle = await page
        .waitForFunction(
            (wanted) =>
                [wanted, 'error'].includes(document.body.dataset.state) &&
                document.body.dataset.state,
            state,
            { timeout: within, polling: 50 },
        )
        .catch(async () => {
            const seen = await page.evaluate(
                () => `${document.body.dataset.state}: ${document.body.innerText}`,
            );
            throw new Error(`page is not ${state} within ${within / 1000} s but ${seen}`);
        });
    const reached = await handle.jsonValue();
    if (reached !== state) {
        throw new Error(
            `page says ${await page.evaluate(() => document.getElementById('state')?.innerText)}`,
        );
    }
}

/** Runs in a page: what a playing <video> shows over two seconds. Needs document.querySelector('video'). */
export function watchVideo() {
    const video = document.querySelector('video');
    const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36 });
    const context = canvas.getContext('2d', { willReadFrequently: true });
    const pictures = [];
    return new Promise((resolve) => {
        const began = { media: video.currentTime, wall: performance.now() };
        const tick = () => {
            context.drawImage(video, 0, 0, 64, 36);
            const { data } = context.getImageData(0, 0, 64, 36);
            const grey = [];
            for (let i = 0; i < data.length; i += 4)
                grey.push((data[i] + data[i + 1] + data[i + 2]) / 3);
            pictures.push(grey);
            if (pictures.length < 8) {
                setTimeout(tick, 250);
                return;
            }
            resolve({
                pictures,
                width: video.videoWidth,
                height: video.videoHeight,
                advanced: video.currentTime - began.media,
                elapsed: (performance.now() - began.wall) / 1000,
                sound: video.webkitAudioDecodedByteCount ?? null,
                frames: video.getVideoPlaybackQuality?.().totalVideoFrames ?? null,
            });
        };
        tick();
    });
}
