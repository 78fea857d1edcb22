/** The server's events, followed for as long as the page is open. */

import { request } from './api.js';
import { withToken } from './links.js';

const reopenAfter = 5_000; // ms; EventSource itself gives up on any answer but 200

/**
 * Calls `handlers[type](data)` for each event, `opened` after every (re)connection: what happened
 * in between is not told again. `denied` is called, and nothing more, when this page may not listen.
 * With `whileHidden` false a hidden page holds no connection: browsers allow six to a server.
 */
export function followEvents({ handlers, opened, denied, whileHidden }) {
    let source = null;
    let timer = 0;

    const open = () => {
        close();
        source = new EventSource(withToken('/api/v1/events'));
        source.onopen = () => opened?.();
        source.onerror = () => {
            if (source?.readyState === EventSource.CLOSED) timer = setTimeout(reopen, reopenAfter);
        };
        for (const [type, handle] of Object.entries(handlers)) {
            source.addEventListener(type, (event) => handle(JSON.parse(event.data)));
        }
    };
    // EventSource hides why it was refused, so an ordinary request asks.
    const reopen = () => request('/api/v1/streams').then(open, (error) => {
        if (error.denied) denied?.(error);
        else timer = setTimeout(reopen, reopenAfter);
    });
    const close = () => {
        clearTimeout(timer);
        source?.close();
        source = null;
    };

    if (!whileHidden) {
        document.addEventListener('visibilitychange', () => {
            if (document.hidden) close();
            else open();
        });
    }
    if (whileHidden || !document.hidden) open();
}
