/** The least that publishes: the page's own stream by WHIP to another origin. `ice` is an RTCConfiguration. */

export async function publish(endpoint, stream, { bitrate = 2_500_000, ice = {} } = {}) {
    const peer = new RTCPeerConnection(ice);
    for (const track of stream.getTracks())
        peer.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
    await peer.setLocalDescription();
    await new Promise((resolve) => {
        if (peer.iceGatheringState === 'complete') resolve();
        peer.addEventListener(
            'icegatheringstatechange',
            () => peer.iceGatheringState === 'complete' && resolve(),
        );
    });
    const response = await fetch(endpoint, {
        method: 'POST',
        headers: { 'Content-Type': 'application/sdp' },
        body: peer.localDescription.sdp,
    });
    if (response.status !== 201) throw new Error(`${response.status}: ${await response.text()}`);
    await peer.setRemoteDescription({ type: 'answer', sdp: await response.text() });
    const sender = peer.getSenders().find(({ track }) => track.kind === 'video');
    const parameters = sender.getParameters();
    parameters.degradationPreference = 'maintain-resolution';
    parameters.encodings[0].maxBitrate = bitrate;
    await sender.setParameters(parameters);
    await new Promise((resolve, reject) => {
        const look = () => {
            if (peer.connectionState === 'connected') resolve();
            if (peer.connectionState === 'failed') reject(new Error('connection failed'));
        };
        peer.addEventListener('connectionstatechange', look);
        look();
    });
    return peer;
}
