/** What this browser can do. A page opened inside a chat app often has no camera at all, or no calls. */
export interface Support {
  calls: boolean;
  devices: boolean;
}

export function support(): Support {
  return {
    calls: typeof RTCPeerConnection === "function",
    // Absent on insecure pages and in many in-app browsers, whatever the type says.
    devices: typeof (navigator.mediaDevices as MediaDevices | undefined)?.getUserMedia === "function",
  };
}
