// @ts-check
// Whether this browser shows the picture and plays the sound of a file, before anybody rates it.

const READY = 3;

/**
 * Waits until the element could play from where it stands. "" where all is well, else what is missing: `picture` (the
 * browser decodes none of it, as of H.265) or `sound`.
 * @param {HTMLVideoElement} video
 * @param {{ picture: boolean, sound: boolean }} has what the file has
 * @returns {Promise<"" | "picture" | "sound">}
 */
export async function checkMedia(video, has) {
  while (video.readyState < READY) {
    await new Promise((done) => video.addEventListener("canplay", done, { once: true }));
  }
  if (has.picture && !(video.videoWidth > 0)) return "picture";
  return has.sound && isSilent(video) ? "sound" : "";
}

// A browser that decodes sound says so: Chromium counts its bytes, Firefox knows whether there is any. What neither
// says is taken to be well.
function isSilent(video) {
  if ("mozHasAudio" in video) return !video.mozHasAudio;
  if ("webkitAudioDecodedByteCount" in video) return video.webkitAudioDecodedByteCount === 0;
  return false;
}
